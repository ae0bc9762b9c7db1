import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Bucket } from '../../sandbox/bucket.ts';
import type { PlanRecord } from '../../src/execute/record.ts';
import type { RawPlanInputs } from '../../src/plan/inputs.ts';
import { MODE_SCENARIOS, type Mode } from '../../src/s3/rollback.ts';
import { verifyRun } from '../../src/verify/verify.ts';
import { propertyRuns } from '../property-runs.ts';
import { undoRecord } from '../undo/undo-record.ts';
import { stateAfter } from '../verify/state-of.ts';
import { inventoryOf, openStage, P, planNow, RUN_TIME, run, type Stage } from './harness.ts';
import { contentOf, histories, type Played, playHistory, type State, stateOf } from './histories.ts';

type Case = {
  mode: Mode;
  markers: 'remove' | 'copy';
  isOrdered: boolean;
  withFaults: boolean;
  /** Copy to Bucket goes over what a history of its own left in the destination. */
  overwrite?: boolean;
};

/** Every mode in every way that changes what is planned for a key. */
const PLAIN_CASES: Case[] = (['bucket-rollback', 'delete-marker-removal', 'copy-to-bucket'] as const).flatMap(
  (mode) =>
    [
      { markers: 'remove', isOrdered: true, withFaults: false } as const,
      { markers: 'remove', isOrdered: true, withFaults: true } as const,
      { markers: 'remove', isOrdered: false, withFaults: true } as const,
      { markers: 'copy', isOrdered: true, withFaults: true } as const,
    ]
      .filter(({ markers }) => markers === 'remove' || mode !== 'copy-to-bucket')
      .map((one) => ({ mode, ...one })),
);

const CASES: Case[] = [
  ...PLAIN_CASES,
  ...[false, true].map((withFaults) => ({
    ...({ mode: 'copy-to-bucket', markers: 'remove', isOrdered: true, overwrite: true } as const),
    withFaults,
  })),
];

const inputsOf = ({ mode, markers, overwrite }: Case): Partial<RawPlanInputs> => ({
  mode,
  markers,
  ...(overwrite && { overwrite }),
  ...(mode === 'copy-to-bucket' && { destinationBucket: 'copy' }),
  ...(mode === 'bucket-rollback' && { scenarios: MODE_SCENARIOS[mode].join(',') }),
});

/** The same inventory as one that tells nothing of the order: without the ordinal, its rows in disorder. */
function disordered(inventory: string): string {
  const [header = '', ...rows] = inventory.trimEnd().split('\n');
  const bare = [header, ...rows.toReversed()].map((line) => line.slice(0, line.lastIndexOf(',')));
  return `${bare.join('\n')}\n`;
}

async function keysOf(record: PlanRecord, path: string, column: number): Promise<string[]> {
  const lines = (await readFile(join(record.folder, path), 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => decodeURIComponent(line.split(',')[column] ?? ''));
}

/** Keys of the archived versions, which are listed and never attempted. */
async function listedKeys(record: PlanRecord): Promise<Set<string>> {
  const listed = record.plan.manifests.filter(({ operation }) => operation === 'copy-after-restore');
  return new Set((await Promise.all(listed.map(({ path }) => keysOf(record, path, 1)))).flat());
}

/** Keys of the classes that are never acted on silently. */
async function excludedKeys(record: PlanRecord): Promise<Set<string>> {
  const lists = record.plan.reviewLists.map(async ({ path }) => (await keysOf(record, path, 0)).slice(1));
  return new Set((await Promise.all(lists)).flat());
}

/** Keys with several entries of one second, which an inventory without an order cannot tell apart. */
function tiedKeys(bucket: Bucket): Set<string> {
  const tied = [...bucket.stacks.from(() => true)].filter(([, stack]) => {
    const seconds = stack.map(({ lastModified }) => lastModified);
    return new Set(seconds).size < seconds.length;
  });
  return new Set(tied.map(([key]) => key));
}

function without(state: State, ...keys: ReadonlySet<string>[]): [string, string][] {
  return [...state].filter(([key]) => !keys.some((some) => some.has(key))).toSorted();
}

/** What Delete Marker Removal promises: the first entry under the run of markers on top that are newer than P. */
function withoutNewMarkers(bucket: Bucket): State {
  const state: State = new Map();
  for (const [key] of bucket.stacks.from(() => true)) {
    const top = bucket
      .stack(key)
      .find((entry) => !entry.isDeleteMarker || entry.lastModified <= Date.parse(P));
    if (top?.isDeleteMarker === false) state.set(key, contentOf(top));
  }
  return state;
}

function addFaults({ sandbox }: Stage): void {
  const faults = ['slow-down', 'internal-error', 'reset', 'reset-after'] as const;
  for (const effect of faults) sandbox.faults.add({ effect, probability: 0.04 });
  sandbox.faults.add({ operation: 'CopyObject', effect: 'copy-200-error', probability: 0.1 });
  sandbox.faults.add({ effect: { deleteError: { code: 'InternalError' } }, probability: 0.1 });
}

async function runWith(stage: Stage, record: PlanRecord, { withFaults }: Case) {
  stage.sandbox.clock.advance(60);
  if (withFaults) addFaults(stage);
  const outcome = await run(stage, record);
  stage.sandbox.faults.clear();
  const { done, already, archived } = outcome.outcomes;
  expect(done + already + archived).toBe(outcome.rows);
  return outcome;
}

/** What has to be excluded, and what may be: neither less nor more than the history accounts for. */
function expectExcluded(excluded: ReadonlySet<string>, { begun }: Played, ties: ReadonlySet<string>): void {
  for (const key of excluded) expect([key, begun.has(key) || ties.has(key)]).toEqual([key, true]);
}

test.each(CASES)(
  '$mode, overwrite: $overwrite, markers: $markers, order known: $isOrdered, faults: $withFaults: the state at P, and by undo the state before',
  async (one) => {
    await fc.assert(
      fc.asyncProperty(
        histories,
        histories,
        fc.integer({ min: 1, max: 1000 }),
        async (history, other, seed) => {
          const stage = await openStage({ seed });
          const { sandbox, bucket } = stage;
          try {
            const copy = sandbox.createBucket('copy', { versioning: 'Enabled' });
            const played = playHistory(sandbox, bucket, history);
            if (one.overwrite) playHistory(sandbox, copy, other);
            const there = stateOf(copy);
            const losses = { ...sandbox.losses };
            const before = stateOf(bucket);
            const isMarkers = one.mode === 'delete-marker-removal';
            const expected = isMarkers ? withoutNewMarkers(bucket) : played.atP;
            sandbox.clock.set(RUN_TIME);
            const inventory = inventoryOf(bucket);
            const record = await planNow(
              stage,
              inputsOf(one),
              one.isOrdered ? inventory : disordered(inventory),
            );
            const [listed, excluded] = await Promise.all([listedKeys(record), excludedKeys(record)]);
            expectExcluded(excluded, played, one.isOrdered ? new Set() : tiedKeys(bucket));
            const left = [...excluded].map((key) => bucket.stack(key));

            const outcome = await runWith(stage, record, one);
            const written = one.mode === 'copy-to-bucket' ? copy : bucket;
            expect(outcome.outcomes.archived).toBe(listed.size);
            // What was lost while versioning was suspended can be no part of the promise.
            const after = stateOf(written);
            const aside = isMarkers ? [listed, excluded] : [listed, excluded, played.lost];
            // What the destination has under other keys stays.
            const whole: State = one.mode === 'copy-to-bucket' ? new Map([...there, ...expected]) : expected;
            expect(without(after, ...aside)).toEqual(without(whole, ...aside));
            expect([...excluded].map((key) => bucket.stack(key))).toEqual(left);
            const options = { record, calls: stage.calls, progress: () => {}, pause: async () => {} };
            expect(await verifyRun(options)).toMatchObject({
              reconcile: { agrees: true },
              live: { agrees: true },
            });
            expect(await stateAfter(stage.folder, record, written)).toMatchObject({ differences: 0 });

            const undo = await undoRecord(stage.folder, record);
            await runWith(stage, undo, one);
            const stuck = await listedKeys(undo);
            const original = one.mode === 'copy-to-bucket' ? there : before;
            expect(without(stateOf(written), stuck)).toEqual(without(original, stuck));
            expect(await verifyRun({ ...options, record: undo })).toMatchObject({ live: { agrees: true } });

            const redo = await undoRecord(stage.folder, undo);
            await runWith(stage, redo, one);
            const stuckAgain = await listedKeys(redo);
            expect(without(stateOf(written), stuck, stuckAgain)).toEqual(without(after, stuck, stuckAgain));
            expect(sandbox.losses).toEqual(losses);
          } finally {
            await stage.end();
          }
        },
      ),
      // Shrinking takes longer than a test may; the seed and path that are printed play a failure again.
      { numRuns: propertyRuns(2), endOnFailure: true },
    );
  },
);
