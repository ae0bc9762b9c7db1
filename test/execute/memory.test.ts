import { afterAll, beforeAll, expect, it } from 'vitest';
import { runInChild } from './command.ts';
import { openStage, type Stage } from './harness.ts';
import { row, writeRecord } from './written-record.ts';

/** Rows enough that a kilobyte kept of each would not fit into the heap, which the work on a few splits does. */
const ROWS = 20_000;
const SMALL_HEAP = { NODE_OPTIONS: '--max-old-space-size=48 --max-semi-space-size=4' };

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.end());

it('start-jobs, verify and undo keep no row once it is done', async () => {
  const rows = Array.from({ length: ROWS }, (_, index) => {
    const key = `data/${String(index).padStart(9, '0')}`;
    return row(key, { currentVersionId: stage.bucket.put(key, { body: 'x' }).versionId });
  });
  const { folder } = await writeRecord(stage.folder, { '1': rows });
  const run = async (...args: string[]) => {
    const { status, stdout, stderr } = await runInChild(stage.sandbox, args, SMALL_HEAP);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return JSON.parse(stdout);
  };
  const record = ['--record', folder, '--json'];
  const started = await run('start-jobs', ...record, '--yes', '--quiet');
  expect(started.outcomes.done).toBe(ROWS);
  const verified = await run('verify', ...record, '--quiet');
  expect(verified.live).toMatchObject({ compared: ROWS, differences: 0 });
  const undo = await run('undo', ...record, '--out', `${folder}-undo`);
  expect(undo.manifests).toMatchObject([{ scenario: '2', rows: ROWS }]);
});
