import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readRecord } from '../../src/execute/record.ts';
import { planSchema, type RollbackPlan } from '../../src/plan/plan-file.ts';
import { AFTER_P, BEFORE_P, openStage, planNow, RUN_TIME, run, type Stage } from '../execute/harness.ts';
import { stateOf } from '../execute/histories.ts';
import { runCommand } from '../execute/run-command.ts';
import { undoRecord } from './undo-record.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  expect(stage.sandbox.permanentDeletions).toBe(0);
  await stage.end();
});

function setUp(): void {
  const { bucket, sandbox } = stage;
  sandbox.clock.set(BEFORE_P);
  for (const key of ['shown', 'copied', 'copied-over-marker']) bucket.put(key, { body: `${key} old` });
  sandbox.clock.set(AFTER_P);
  bucket.put('hidden', { body: 'new' });
  bucket.addDeleteMarker('shown');
  bucket.addDeleteMarker('shown');
  bucket.put('copied', { body: 'new' });
  bucket.put('copied-over-marker', { body: 'new' });
  bucket.addDeleteMarker('copied-over-marker');
  sandbox.clock.set(RUN_TIME);
}

const manifestRows = async (folder: string, scenario: string) =>
  (await readFile(join(folder, `manifests/scenario${scenario}.csv`), 'utf8')).trimEnd().split('\n');

test('each operation is taken back by the one of the table', async () => {
  setUp();
  const record = await planNow(stage);
  await run(stage, record);
  const undo = await undoRecord(stage.folder, record);
  const current = (key: string) => stage.bucket.current(key)?.versionId;
  expect(undo.plan.origin).toBe('undo');
  expect(undo.plan.inputs).toMatchObject({ bucket: 'data', mode: 'bucket-rollback', timestamp: RUN_TIME });
  expect(await manifestRows(undo.folder, '1')).toEqual([
    `data,copied-over-marker,,${current('copied-over-marker')},22,STANDARD`,
    `data,shown,,${current('shown')},,`,
  ]);
  expect(await manifestRows(undo.folder, '2')).toEqual([
    `data,hidden,${current('hidden')},${current('hidden')},,,${stage.bucket.stack('hidden')[1]?.versionId}`,
  ]);
  const overwritten = stage.bucket.stack('copied')[1]?.versionId;
  expect(await manifestRows(undo.folder, '3b')).toEqual([
    `data,copied,${overwritten},${current('copied')},3,STANDARD`,
  ]);
});

test('the way back takes nothing over of how the run copied', async () => {
  setUp();
  const record = await planNow(stage, { storageClass: 'STANDARD_IA' });
  await run(stage, record);
  const { plan } = record;
  const copied = {
    ...record,
    plan: { ...plan, inputs: { ...plan.inputs, copyWith: 's3-batch-copy' as const } },
  };
  const { inputs } = (await undoRecord(stage.folder, copied)).plan;
  expect([inputs.storageClass, inputs.copyWith, inputs.bucket]).toEqual(['as-source', undefined, 'data']);
  await run(stage, await undoRecord(stage.folder, record));
  expect(stage.bucket.current('copied')).toMatchObject({ attributes: { storageClass: 'STANDARD' } });
});

test('undo of undo is the state after the rollback', async () => {
  setUp();
  const before = stateOf(stage.bucket);
  let record = await planNow(stage);
  await run(stage, record);
  const after = stateOf(stage.bucket);
  for (const expected of [before, after, before, after]) {
    stage.sandbox.clock.advance(60);
    record = await undoRecord(stage.folder, record);
    expect((await run(stage, record)).outcomes).toMatchObject({ done: 4, drifted: 0 });
    expect(stateOf(stage.bucket)).toEqual(expected);
  }
});

test('keys that were written since the run are left alone', async () => {
  setUp();
  const record = await planNow(stage);
  await run(stage, record);
  for (const key of ['hidden', 'shown', 'copied']) stage.bucket.put(key, { body: 'later' });
  stage.bucket.addDeleteMarker('copied-over-marker');
  const { outcomes } = await run(stage, await undoRecord(stage.folder, record));
  expect(outcomes).toMatchObject({ drifted: 3, already: 1, done: 0 });
  for (const key of ['hidden', 'shown', 'copied'])
    expect(stage.bucket.current(key)).toMatchObject({ content: { size: 5 } });
});

test('only what was done is taken back', async () => {
  setUp();
  const record = await planNow(stage);
  stage.bucket.addDeleteMarker('hidden');
  stage.bucket.put('copied', { body: 'later' });
  expect((await run(stage, record)).outcomes).toMatchObject({ already: 1, drifted: 1, done: 3 });
  const { plan } = await undoRecord(stage.folder, record);
  expect(plan.manifests.map(({ scenario, rows }) => [scenario, rows])).toEqual([['1', 2]]);
  expect(plan.classes.find((found) => found.class === 'unchanged')?.keys).toBe(2);
});

describe('the command', () => {
  test('writes a plan folder that keeps every promise of one', async () => {
    setUp();
    const record = await planNow(stage);
    await run(stage, record);
    const out = join(stage.folder, 'my-undo');
    const { status, stdout, stderr } = await runCommand(stage.sandbox, [
      'undo',
      '--record',
      record.folder,
      '--out',
      out,
      '--json',
    ]);
    expect([status, stderr]).toEqual([0, '']);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      command: 'undo',
      manifests: [{ scenario: '1' }, { scenario: '2' }, { scenario: '3b' }],
    });
    const plan = planSchema.parse(JSON.parse(await readFile(join(out, 'plan.json'), 'utf8'))) as RollbackPlan;
    expect(plan.digest).toBe(result.planDigest);
    const keys = plan.classes.reduce((total, found) => total + found.keys, 0);
    expect(keys).toBe(plan.inventory.keysInScope);
    expect((await readRecord(out)).plan.manifests).toHaveLength(3);
    const comment = await readFile(join(out, 'comment.md'), 'utf8');
    expect(comment).toContain('Undo the run of 2025-08-22 12:00:00 UTC in `data`');
    expect(comment).toContain('start-jobs --record');
    const started = await runCommand(stage.sandbox, [
      'start-jobs',
      '--record',
      out,
      '--yes',
      '--quiet',
      '--json',
    ]);
    expect(JSON.parse(started.stdout)).toMatchObject({ outcomes: { done: 4 } });
    const verified = await runCommand(stage.sandbox, ['verify', '--record', out, '--quiet']);
    expect(verified.status).toBe(0);
  });

  test('refuses a record that has not run, and one whose folder is taken', async () => {
    setUp();
    const record = await planNow(stage);
    const args = ['undo', '--record', record.folder, '--out', join(stage.folder, 'my-undo')];
    expect((await runCommand(stage.sandbox, args)).stderr).toMatch(/^RECORD_NOT_RUN: .*\nNext: .*start-jobs/);
    await run(stage, record);
    const taken = await runCommand(stage.sandbox, [...args.slice(0, 4), record.folder]);
    expect([taken.status, taken.stderr.split(':')[0]]).toEqual([2, 'OUTPUT_NOT_EMPTY']);
  });
});
