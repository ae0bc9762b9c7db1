import { afterEach, beforeEach, expect, test } from 'vitest';
import { AFTER_P, BEFORE_P, openStage, planNow, RUN_TIME, run, type Stage } from './harness.ts';

/** MinIO keeps keys that end in a slash as folders, without versions: what deletes or overwrites one loses it for good. */
let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.end());

/** Two objects that came after the point in time, one of them a folder. */
async function planMarkers() {
  stage.sandbox.clock.set(AFTER_P);
  for (const key of ['dir/', 'file']) stage.bucket.put(key, { body: key });
  stage.sandbox.clock.set(RUN_TIME);
  return await planNow(stage);
}

const top = (key: string) => stage.bucket.current(key)?.isDeleteMarker;

test('on MinIO no delete marker is asked for under such a key', async () => {
  stage.sandbox.serverName = 'MinIO';
  const { outcomes } = await run(stage, await planMarkers());
  expect(outcomes).toMatchObject({ done: 1, refused: 1 });
  expect([top('dir/'), top('file')]).toEqual([false, true]);
});

test('on Amazon S3 it is a key like any other', async () => {
  const { outcomes } = await run(stage, await planMarkers());
  expect(outcomes).toMatchObject({ done: 2, refused: 0 });
});

test('on MinIO such a key is not copied over', async () => {
  stage.sandbox.clock.set(BEFORE_P);
  stage.bucket.put('dir/', { body: 'old' });
  stage.sandbox.clock.set(AFTER_P);
  const { versionId } = stage.bucket.put('dir/', { body: 'new' });
  stage.sandbox.clock.set(RUN_TIME);
  const record = await planNow(stage);
  stage.sandbox.serverName = 'MinIO';
  expect((await run(stage, record)).outcomes).toMatchObject({ done: 0, refused: 1 });
  expect(stage.bucket.current('dir/')?.versionId).toBe(versionId);
});
