import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SeededRandom } from '../../sandbox/random.ts';
import { undoRecord } from '../undo/undo-record.ts';
import { startCommand } from './command.ts';
import { AFTER_P, BEFORE_P, openStage, planNow, RUN_TIME, run, type Stage } from './harness.ts';
import { type State, stateOf } from './histories.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.end());

const KEYS = 800;
const KILLS = 3;

function setUp(): { atP: State; before: State; keys: string[] } {
  const keys = Array.from({ length: KEYS }, (_, index) => `k${String(index).padStart(5, '0')}`);
  const { sandbox, bucket } = stage;
  sandbox.clock.set(BEFORE_P);
  for (const [index, key] of keys.entries()) if (index % 8 !== 0) bucket.put(key, { body: `${key} old` });
  const atP = stateOf(bucket);
  sandbox.clock.set(AFTER_P);
  for (const [index, key] of keys.entries()) {
    if (index % 8 === 0) bucket.put(key, { body: `${key} new` });
    else if (index % 8 < 7) {
      bucket.addDeleteMarker(key);
      bucket.addDeleteMarker(key);
    } else bucket.put(key, { body: `${key} new` });
  }
  sandbox.clock.set(RUN_TIME);
  return { atP, before: stateOf(bucket), keys };
}

/** Lets the run get to a request, and kills it right before or after that is carried out. */
async function killAt(args: readonly string[], operation: string, count: number, moment: 'before' | 'after') {
  const { child, result } = startCommand(stage.sandbox, args);
  let seen = 0;
  const off = stage.sandbox.on(moment, async (name) => {
    if (name !== operation) return;
    seen += 1;
    if (seen === count) {
      child.kill('SIGKILL');
      await result;
    }
  });
  const { status } = await result;
  off();
  return status;
}

test.each([1, 2])('killed at any moment, the next run completes it (seed %i)', async (seed) => {
  const { atP, before, keys } = setUp();
  const record = await planNow(stage);
  const random = new SeededRandom(seed);
  const args = ['start-jobs', '--record', record.folder, '--yes', '--json', '--quiet'];
  let killed = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const isCopy = random.fraction() < 0.5;
    const moment = random.fraction() < 0.5 ? 'before' : 'after';
    const count = 1 + Math.floor(random.fraction() * (isCopy ? 100 : 2));
    stage.sandbox.clock.advance(60);
    const status = await killAt(args, isCopy ? 'CopyObject' : 'DeleteObjects', count, moment);
    if (status === null) killed += 1;
    else expect(status).toBe(0);
  }
  expect(killed).toBeGreaterThanOrEqual(KILLS / 2);
  const last = await startCommand(stage.sandbox, args).result;
  expect(last.stderr).toBe('');
  expect(last.status).toBe(0);
  const result = JSON.parse(last.stdout) as { rows: number; outcomes: Record<string, number> };
  // Each row was carried out by one of the runs, and each of them knows it.
  expect(result.outcomes).toMatchObject({ done: result.rows, already: 0 });
  expect(stateOf(stage.bucket)).toEqual(atP);
  for (const [index, key] of keys.entries()) {
    const added = stage.bucket.stack(key).filter((entry) => entry.isDeleteMarker);
    expect([key, added.length]).toEqual([key, index % 8 === 0 ? 1 : 0]);
    expect([key, stage.bucket.stack(key).length]).toEqual([key, index % 8 === 0 ? 2 : index % 8 < 7 ? 1 : 3]);
  }
  for (const { scenario, rows } of record.plan.manifests) {
    const text = await readFile(join(record.folder, `outcomes/scenario${scenario}.csv`), 'utf8');
    const lines = text.trimEnd().split('\n').slice(1);
    expect(lines).toHaveLength(rows);
    expect(new Set(lines.map((line) => line.split(',').slice(0, 3).join())).size).toBe(rows);
  }
  // Its undo is killed too, at a request of any kind.
  stage.sandbox.clock.advance(60);
  const undo = await undoRecord(stage.folder, record);
  const kinds = ['GetBucketVersioning', 'ListObjectVersions', 'DeleteObjects', 'CopyObject'];
  const kind = kinds[Math.floor(random.fraction() * kinds.length)] ?? '';
  const moment = random.fraction() < 0.5 ? 'before' : 'after';
  expect(await killAt(['start-jobs', '--record', undo.folder, ...args.slice(3)], kind, 1, moment)).toBeNull();
  stage.sandbox.clock.advance(60);
  expect((await run(stage, undo)).outcomes).toMatchObject({ done: KEYS, already: 0 });
  expect(stateOf(stage.bucket)).toEqual(before);
  expect(stage.sandbox.losses).toMatchObject({ permanentDeletions: 0, nullVersionReplacements: 0 });
});
