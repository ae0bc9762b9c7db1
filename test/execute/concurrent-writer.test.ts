import { afterEach, beforeEach, expect, test } from 'vitest';
import { SeededRandom } from '../../sandbox/random.ts';
import { undoRecord } from '../undo/undo-record.ts';
import { AFTER_P, BEFORE_P, openStage, planNow, RUN_TIME, run, type Stage } from './harness.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  expect(stage.sandbox.permanentDeletions).toBe(0);
  await stage.end();
});

const KEYS = 300;

/** Keys of all three operations: a third to delete again, a third to bring back, a third to copy over. */
function setUp(): string[] {
  const keys = Array.from({ length: KEYS }, (_, index) => `k${String(index).padStart(4, '0')}`);
  stage.sandbox.clock.set(BEFORE_P);
  for (const [index, key] of keys.entries())
    if (index % 3 !== 0) stage.bucket.put(key, { body: `${key} old` });
  stage.sandbox.clock.set(AFTER_P);
  for (const [index, key] of keys.entries()) {
    if (index % 3 === 1) stage.bucket.addDeleteMarker(key);
    else stage.bucket.put(key, { body: `${key} new` });
  }
  stage.sandbox.clock.set(RUN_TIME);
  return keys;
}

/**
 * A writer that strikes at the worst moment: after the guard, right before the request is carried out. It deletes
 * keys too, but only those with an object version on top: a delete of a deleted key between guard and copy is the
 * one write that no condition of S3 can see.
 */
test.each([1, 2, 3])('no later write is buried (seed %i)', async (seed) => {
  const keys = setUp();
  const record = await planNow(stage);
  const random = new SeededRandom(seed);
  const last = new Map<string, string>();
  stage.sandbox.on('before', (operation) => {
    if (!['DeleteObjects', 'CopyObject', 'ListObjectVersions', 'HeadObject'].includes(operation)) return;
    for (let writes = 0; writes < (operation === 'DeleteObjects' ? 20 : 1); writes += 1) {
      const key = keys[Math.floor(random.fraction() * keys.length)] ?? '';
      const isThere = stage.bucket.current(key)?.isDeleteMarker === false;
      const entry =
        isThere && random.fraction() < 0.3
          ? stage.bucket.addDeleteMarker(key)
          : stage.bucket.put(key, { body: `${key} later ${random.uint32()}` });
      last.set(key, entry.versionId);
    }
  });
  const { rows, outcomes } = await run(stage, record);
  expect(last.size).toBeGreaterThan(50);
  for (const [key, versionId] of last)
    expect([key, stage.bucket.current(key)?.versionId]).toEqual([key, versionId]);
  expect(outcomes.drifted).toBeGreaterThan(20);
  expect(outcomes.done + outcomes.drifted + outcomes.already).toBe(rows);

  // Nor does its undo bury one, written before it or meanwhile.
  stage.sandbox.clock.advance(60);
  const undone = await run(stage, await undoRecord(stage.folder, record));
  for (const [key, versionId] of last)
    expect([key, stage.bucket.current(key)?.versionId]).toEqual([key, versionId]);
  expect(undone.outcomes.done + undone.outcomes.drifted + undone.outcomes.already).toBe(undone.rows);
  expect([undone.outcomes.done > 0, undone.outcomes.drifted > 0]).toEqual([true, true]);
});

test('a key that was deleted meanwhile does not get a second marker', async () => {
  const keys = setUp();
  const record = await planNow(stage, { scenarios: '1' });
  stage.sandbox.on('before', (operation) => {
    if (operation !== 'DeleteObjects') return;
    for (const key of keys)
      if (stage.bucket.current(key)?.isDeleteMarker === false) stage.bucket.addDeleteMarker(key);
  });
  const { outcomes } = await run(stage, record);
  expect(outcomes).toMatchObject({ already: KEYS / 3, done: 0 });
  for (const key of keys)
    expect(stage.bucket.stack(key).filter((entry) => entry.isDeleteMarker).length).toBeLessThan(2);
});
