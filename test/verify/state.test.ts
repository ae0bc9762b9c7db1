import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  AFTER_P,
  BEFORE_P,
  inventoryOf,
  openStage,
  planNow,
  RUN_TIME,
  run,
  type Stage,
} from '../execute/harness.ts';
import { stateAfter } from './state-of.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
  const { bucket, sandbox } = stage;
  sandbox.clock.set(BEFORE_P);
  for (const key of ['quiet', 'shown', 'copied']) bucket.put(key, { body: 'old' });
  bucket.put('gone', { body: 'old' });
  bucket.addDeleteMarker('gone');
  sandbox.clock.set(AFTER_P);
  bucket.addDeleteMarker('shown');
  bucket.put('copied', { body: 'new' });
  bucket.put('hidden', { body: 'new' });
  sandbox.clock.set(RUN_TIME);
});
afterEach(() => stage.end());

test('every key of the scope agrees after a run', async () => {
  const record = await planNow(stage);
  await run(stage, record);
  expect(await stateAfter(stage.folder, record, stage.bucket)).toMatchObject({
    compared: 5,
    excluded: 0,
    agrees: true,
  });
});

test.each<[string, (stage: Stage) => void]>([
  ['quiet', ({ bucket }) => void bucket.put('quiet', { body: 'later' })],
  ['gone', ({ bucket }) => void bucket.put('gone', { body: 'later' })],
  ['unknown', ({ bucket }) => void bucket.put('unknown', { body: 'later' })],
  ['copied', ({ bucket }) => void bucket.addDeleteMarker('copied')],
])('a key that was written since differs: %s', async (key, change) => {
  const record = await planNow(stage);
  await run(stage, record);
  change(stage);
  const state = await stateAfter(stage.folder, record, stage.bucket);
  expect(state).toMatchObject({ differences: 1, agrees: false, examples: [{ key }] });
});

test('versions of one second under the markers: whichever came to the top is what S3 had there', async () => {
  const { bucket, sandbox } = stage;
  sandbox.clock.set(BEFORE_P);
  // An inventory without an order goes by the version ID; the true top is the other one.
  for (const versionId of ['a-older', 'b-newer']) bucket.put('tied', { body: versionId, versionId });
  sandbox.clock.set(AFTER_P);
  bucket.addDeleteMarker('tied');
  sandbox.clock.set(RUN_TIME);
  const unordered = inventoryOf(bucket).replaceAll(/,[^,\n]*$/gm, '');
  const record = await planNow(stage, { mode: 'delete-marker-removal' }, unordered);
  await run(stage, record);
  expect(bucket.current('tied')?.versionId).toBe('b-newer');
  expect(await stateAfter(stage.folder, record, bucket)).toMatchObject({ differences: 0, excluded: 1 });
});

test('keys that the run left alone, and scenarios that were not asked for, are excluded', async () => {
  const record = await planNow(stage, { scenarios: '1,2' });
  stage.bucket.put('hidden', { body: 'later' });
  await run(stage, record);
  expect(await stateAfter(stage.folder, record, stage.bucket)).toMatchObject({
    compared: 3,
    excluded: 2,
    agrees: true,
  });
});
