import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startCommand } from '../execute/command.ts';
import { runCommand } from '../execute/run-command.ts';
import { DAY_MS, inDays, inventoryOf, lock, locksOf, openStage, type Stage } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.end());

const RULE = ['--bucket', 'locked', '--minimum-retention-days', '90', '--extension-frequency-days', '28'];

function extend(out: string, ...args: string[]) {
  return runCommand(stage.sandbox, [
    'extend-retention',
    ...args,
    '--out',
    join(stage.folder, out),
    '--quiet',
  ]);
}

function start(out: string, ...args: string[]) {
  return runCommand(stage.sandbox, ['start-jobs', '--record', join(stage.folder, out), '--quiet', ...args]);
}

const codeOf = ({ stderr }: { stderr: string }) => stderr.split(':')[0];

test('a small bucket is listed, reviewed once, and then extended unattended', async () => {
  const { bucket } = stage;
  bucket.put('a+b %/ü', { attributes: lock(stage, 'GOVERNANCE', 3) });
  bucket.put('null', { versionId: 'null' });
  bucket.put('held', { attributes: { legalHold: true } });
  bucket.put('old');
  bucket.put('old', { attributes: lock(stage, 'COMPLIANCE', 300) });
  bucket.put('gone');
  bucket.addDeleteMarker('gone');
  const budget = [...RULE, '--list', '--budget-tasks', '2'];
  const planned = await extend('one', ...budget);
  expect(planned).toMatchObject({ status: 0, stderr: '' });
  expect(planned.stdout).toContain('3 of 4 current versions are due');
  expect((await readdir(join(stage.folder, 'one'))).toSorted()).toEqual([
    'comment.md',
    'inventory.parquet',
    'manifests',
    'retention.json',
    'sql',
  ]);
  // Without a yes nothing runs; unattended neither, as nobody has reviewed it.
  expect(await start('one')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^CONFIRMATION_MISSING/),
  });
  expect(codeOf(await start('one', '--unattended'))).toBe('REVIEW_REQUIRED');
  expect(await start('one', '--yes')).toMatchObject({ status: 0, stderr: '' });
  const locks = [...locksOf(bucket)].map(([name, found]) => [
    name.split('\n')[0],
    found?.mode,
    found?.retainUntil,
  ]);
  expect(locks).toEqual([
    ['a+b %/ü', 'GOVERNANCE', inDays(stage, 118)],
    ['gone', undefined, undefined],
    ['held', 'COMPLIANCE', inDays(stage, 118)],
    ['null', 'COMPLIANCE', inDays(stage, 118)],
    ['old', 'COMPLIANCE', inDays(stage, 300)],
    ['old', undefined, undefined],
  ]);

  stage.sandbox.clock.advance((7 * DAY_MS) / 1000);
  bucket.put('new');
  const previous = ['--previous', join(stage.folder, 'one')];
  expect((await extend('two', ...budget, ...previous)).stdout).toContain('--unattended');
  expect(await start('two', '--unattended', '--json')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('"startedBy":"unattended"'),
  });

  // Above the budget, and with other settings, it stops for a person.
  for (const key of ['x', 'y', 'z']) bucket.put(key);
  await extend('three', ...budget, '--previous', join(stage.folder, 'two'));
  expect(codeOf(await start('three', '--unattended'))).toBe('REVIEW_REQUIRED');
  await extend('four', ...RULE, '--list', '--budget-tasks', '3', '--previous', join(stage.folder, 'two'));
  expect(codeOf(await start('four', '--unattended'))).toBe('REVIEW_REQUIRED');
});

test('from a report, killed at any moment, the next run completes it', async () => {
  for (let index = 0; index < 600; index += 1) stage.bucket.put(`k${String(index).padStart(5, '0')}`);
  const inventory = join(stage.folder, 'inventory.csv');
  await writeFile(inventory, inventoryOf(stage.bucket));
  expect(await extend('record', ...RULE, '--inventory', inventory)).toMatchObject({ status: 0, stderr: '' });
  const args = ['start-jobs', '--record', join(stage.folder, 'record'), '--yes', '--json', '--quiet'];
  for (const [moment, count] of [
    ['before', 120],
    ['after', 200],
  ] as const) {
    const { child, result } = startCommand(stage.sandbox, args);
    let seen = 0;
    const off = stage.sandbox.on(moment, async (name) => {
      if (name !== 'PutObjectRetention') return;
      seen += 1;
      if (seen === count) {
        child.kill('SIGKILL');
        await result;
      }
    });
    expect((await result).status).toBeNull();
    off();
  }
  const last = await runCommand(stage.sandbox, args);
  expect(last).toMatchObject({ status: 0, stderr: '' });
  expect(JSON.parse(last.stdout).outcomes).toMatchObject({ done: 600, already: 0 });
  for (const found of locksOf(stage.bucket).values()) {
    expect(found).toEqual({ mode: 'COMPLIANCE', retainUntil: inDays(stage, 118) });
  }
  const text = await readFile(join(stage.folder, 'record/outcomes/compliance.csv'), 'utf8');
  expect(new Set(text.trimEnd().split('\n').slice(1)).size).toBe(600);
});

test('rows that were left end with status 3', async () => {
  stage.bucket.put('k');
  await extend('record', ...RULE, '--list');
  stage.bucket.put('k');
  const result = await start('record', '--yes');
  expect(result).toMatchObject({ status: 3, stdout: expect.stringContaining('no longer current') });
});

test('is refused for what cannot be, and writes nothing', async () => {
  stage.sandbox.createBucket('unlocked', { versioning: 'Enabled' });
  const asked = ['--minimum-retention-days', '90', '--extension-frequency-days', '28', '--list'];
  const refusals = [
    await extend('no', '--bucket', 'unlocked', ...asked),
    await extend('no', '--bucket', 'no-such-bucket', ...asked),
    await extend('no', ...RULE),
    await extend('no', ...RULE, '--list', '--inventory', 'x.csv'),
    await extend('no', ...RULE, '--list', '--previous', stage.folder),
  ];
  expect(refusals.map((result) => [result.status, codeOf(result)])).toEqual([
    [2, 'OBJECT_LOCK_NOT_ENABLED'],
    [2, 'BUCKET_NOT_FOUND'],
    [2, 'INVALID_OPTION'],
    [2, 'INVALID_OPTION'],
    [2, 'RECORD_NOT_FOUND'],
  ]);
  expect(await readdir(stage.folder)).toEqual([]);
});
