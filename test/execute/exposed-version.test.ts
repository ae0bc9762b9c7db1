import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseOutcomeRow } from '../../src/execute/outcome-file.ts';
import { AFTER_P, BEFORE_P, openStage, RUN_TIME, run, type Stage } from './harness.ts';
import { row, writeRecord } from './written-record.ts';

/** What the outcome of a removed marker says came to the top, which is what undo goes by. */

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.end());

test('where another marker of the key was denied, that one is on top, and not what the plan promised', async () => {
  const { bucket, sandbox } = stage;
  sandbox.clock.set(BEFORE_P);
  const exposedVersionId = bucket.put('k', { body: 'good' }).versionId;
  sandbox.clock.set(AFTER_P);
  const lower = bucket.addDeleteMarker('k').versionId;
  const upper = bucket.addDeleteMarker('k').versionId;
  sandbox.clock.set(RUN_TIME);
  const planned = { currentVersionId: upper, exposedVersionId };
  const rows = [upper, lower].map((versionId) => row('k', { versionId, ...planned }));
  const record = await writeRecord(stage.folder, { '2': rows });
  // The upper one is removed in a round of its own, when the lower one has been settled already.
  sandbox.faults.add({ key: 'k', times: 1, effect: { deleteError: { code: 'PreconditionFailed' } } });
  sandbox.faults.add({ key: 'k', times: 1, effect: { deleteError: { code: 'AccessDenied' } } });

  expect((await run(stage, record)).outcomes).toMatchObject({ done: 1, denied: 1 });
  expect(bucket.current('k')?.versionId).toBe(lower);
  const text = await readFile(join(record.folder, 'outcomes/scenario2.csv'), 'utf8');
  const outcomes = text.split('\n').flatMap((line) => parseOutcomeRow(line) ?? []);
  const [removed] = outcomes.filter(({ result }) => result.outcome === 'done');
  expect(removed?.result.newVersionId).toBe(lower);

  // What was denied is tried again, and then the plan's version is on top.
  expect((await run(stage, record)).outcomes).toMatchObject({ done: 2, denied: 0 });
  expect(bucket.current('k')?.versionId).toBe(exposedVersionId);
});
