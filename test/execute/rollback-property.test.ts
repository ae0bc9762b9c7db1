import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PlanRecord } from '../../src/execute/record.ts';
import { MODE_SCENARIOS, type Mode } from '../../src/s3/rollback.ts';
import { verifyRun } from '../../src/verify/verify.ts';
import { propertyRuns } from '../property-runs.ts';
import { undoRecord } from '../undo/undo-record.ts';
import { stateAfter } from '../verify/state-of.ts';
import { openStage, planNow, RUN_TIME, run, type Stage } from './harness.ts';
import { histories, playHistory, type State, stateOf } from './histories.ts';

const inputsOf = (mode: Mode) => ({
  mode,
  ...(mode === 'copy-to-bucket' && { destinationBucket: 'copy' }),
  ...(mode === 'bucket-rollback' && { scenarios: MODE_SCENARIOS[mode].join(',') }),
});

/** Keys of the archived versions, which are listed and never attempted. */
async function listedKeys(record: PlanRecord): Promise<Set<string>> {
  const listed = record.plan.manifests.filter(({ operation }) => operation === 'copy-after-restore');
  const texts = await Promise.all(listed.map(({ path }) => readFile(join(record.folder, path), 'utf8')));
  const lines = texts.flatMap((text) => text.split('\n').filter((line) => line !== ''));
  return new Set(lines.map((line) => decodeURIComponent(line.split(',')[1] ?? '')));
}

function without(state: State, keys: ReadonlySet<string>): [string, string][] {
  return [...state].filter(([key]) => !keys.has(key)).toSorted();
}

/** What Delete Marker Removal promises: the first entry under the run of markers on top that are newer than P. */
function withoutNewMarkers(stage: Stage): State {
  const state: State = new Map();
  for (const [key] of stage.bucket.stacks.from(() => true)) {
    const stack = stage.bucket.stack(key);
    const top = stack.find(
      (entry) => !entry.isDeleteMarker || entry.lastModified <= Date.parse('2025-08-22T11:01:00Z'),
    );
    if (top?.isDeleteMarker === false) state.set(key, top.content.identity);
  }
  return state;
}

function addFaults({ sandbox }: Stage): void {
  const faults = ['slow-down', 'internal-error', 'reset', 'reset-after'] as const;
  for (const effect of faults) sandbox.faults.add({ effect, probability: 0.04 });
  sandbox.faults.add({ operation: 'CopyObject', effect: 'copy-200-error', probability: 0.1 });
  sandbox.faults.add({ effect: { deleteError: { code: 'InternalError' } }, probability: 0.1 });
}

describe.each<Mode>(['bucket-rollback', 'delete-marker-removal', 'copy-to-bucket'])('%s', (mode) => {
  test.each([false, true])(
    'reaches the state at P, and undo the state before; faults: %s',
    async (withFaults) => {
      await fc.assert(
        fc.asyncProperty(histories, fc.integer({ min: 1, max: 1000 }), async (steps, seed) => {
          const stage = await openStage({ seed });
          try {
            const copy = stage.sandbox.createBucket('copy', { versioning: 'Enabled' });
            const atP = playHistory(stage.sandbox, stage.bucket, steps);
            const before = stateOf(stage.bucket);
            const expected = mode === 'delete-marker-removal' ? withoutNewMarkers(stage) : atP;
            stage.sandbox.clock.set(RUN_TIME);
            const record = await planNow(stage, inputsOf(mode));
            const listed = await listedKeys(record);
            if (withFaults) addFaults(stage);
            const outcome = await run(stage, record);
            stage.sandbox.faults.clear();
            const written = mode === 'copy-to-bucket' ? copy : stage.bucket;
            const { done, already, archived } = outcome.outcomes;
            expect(done + already + archived).toBe(outcome.rows);
            expect(archived).toBe(listed.size);
            expect(without(stateOf(written), listed)).toEqual(without(expected, listed));
            const options = { record, calls: stage.calls, progress: () => {}, pause: async () => {} };
            expect(await verifyRun(options)).toMatchObject({
              reconcile: { agrees: true },
              live: { agrees: true },
            });

            expect(await stateAfter(stage.folder, record, written)).toMatchObject({ differences: 0 });

            stage.sandbox.clock.advance(60);
            const undo = await undoRecord(stage.folder, record);
            if (withFaults) addFaults(stage);
            const undone = await run(stage, undo);
            stage.sandbox.faults.clear();
            expect(undone.rows - undone.outcomes.archived).toBe(
              undone.outcomes.done + undone.outcomes.already,
            );
            const stuck = await listedKeys(undo);
            const original = mode === 'copy-to-bucket' ? new Map<string, string>() : before;
            expect(without(stateOf(written), stuck)).toEqual(without(original, stuck));
            expect(stage.sandbox.losses).toMatchObject({ permanentDeletions: 0, nullVersionReplacements: 0 });
          } finally {
            await stage.end();
          }
        }),
        { numRuns: propertyRuns(4) },
      );
    },
  );
});
