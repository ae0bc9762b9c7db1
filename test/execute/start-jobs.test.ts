import { mkdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PlanRecord } from '../../src/execute/record.ts';
import type { Check } from '../../src/plan/plan-file.ts';
import { startCommand } from './command.ts';
import { AFTER_P, BEFORE_P, openStage, RUN_TIME, run, type Stage } from './harness.ts';
import { runCommand } from './run-command.ts';
import { row, writeRecord } from './written-record.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  expect(stage.sandbox.losses).toMatchObject({ permanentDeletions: 0, nullVersionReplacements: 0 });
  await stage.end();
});

/** A record that adds a delete marker to some keys. */
async function addingRecord(count = 3, checks: Check[] = []): Promise<PlanRecord> {
  stage.sandbox.clock.set(AFTER_P);
  const rows = Array.from({ length: count }, (_, index) => {
    const key = `k${String(index).padStart(4, '0')}`;
    return row(key, { currentVersionId: stage.bucket.put(key, { body: key }).versionId });
  });
  stage.sandbox.clock.set(RUN_TIME);
  return await writeRecord(stage.folder, { '1': rows }, { checks });
}

const startArgs = ({ folder }: PlanRecord) => ['start-jobs', '--record', folder, '--yes', '--quiet'];
const markers = () =>
  [...stage.bucket.stacks.from(() => true)].filter(([key]) => stage.bucket.current(key)?.isDeleteMarker)
    .length;

describe('exit status and result', () => {
  test('0 when every row is done; once more, there is nothing left to do', async () => {
    const record = await addingRecord();
    const first = await runCommand(stage.sandbox, [...startArgs(record), '--json']);
    expect([first.status, first.stderr]).toEqual([0, '']);
    expect(JSON.parse(first.stdout)).toMatchObject({
      command: 'start-jobs',
      rows: 3,
      outcomes: { done: 3 },
      planDigest: record.plan.digest,
    });
    stage.sandbox.requests.reset();
    const second = await runCommand(stage.sandbox, [...startArgs(record), '--json']);
    expect(second.status).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({ outcomes: { done: 3 } });
    expect(stage.sandbox.requests.counts()).toEqual({ GetBucketVersioning: 1 });
  });

  test('3 when rows were left, with the counts and the next step', async () => {
    const record = await addingRecord();
    stage.bucket.put('k0001', { body: 'later' });
    const { status, stdout } = await runCommand(stage.sandbox, startArgs(record));
    expect(status).toBe(3);
    expect(stdout).toMatch(/^1 drifted: .*plan again with a fresh inventory$/m);
    expect(stdout).toContain(
      `\nWhich rows: grep -hE ',(drifted),' ${record.folder}/outcomes/scenario*.csv\n`,
    );
  });

  test('a person who starts it once more is told that nothing was left to do', async () => {
    const record = await addingRecord();
    const first = await runCommand(stage.sandbox, startArgs(record));
    expect(first.stdout).not.toMatch(/come to its end|Went on|Started again/);
    const second = await runCommand(stage.sandbox, startArgs(record));
    expect(second.stdout).toContain(`\nIt had come to its end at ${RUN_TIME}: nothing was left to do.\n`);
    await rm(join(record.folder, 'outcome.json'));
    const third = await runCommand(stage.sandbox, startArgs(record));
    expect(third.stdout).toContain(`\nWent on with the run that was started at ${RUN_TIME}.\n`);
  });

  test('rows that failed or were denied are tried again, the others are not', async () => {
    const record = await addingRecord();
    const off = stage.sandbox.faults.add({ key: 'k0001', effect: { deleteError: { code: 'AccessDenied' } } });
    expect((await run(stage, record)).outcomes).toMatchObject({ done: 2, denied: 1 });
    off();
    stage.sandbox.requests.reset();
    expect((await run(stage, record)).outcomes).toMatchObject({ done: 3, denied: 0 });
    expect(stage.sandbox.requests.count('DeleteObjects')).toBe(1);
    expect(markers()).toBe(3);
    const text = await readFile(join(record.folder, 'outcomes/scenario1.csv'), 'utf8');
    expect(text.trimEnd().split('\n')).toHaveLength(4);
  });

  test('rows that no request can be got through for end failed', async () => {
    const record = await addingRecord();
    stage.sandbox.faults.add({ key: 'k0001', effect: { deleteError: { code: 'InternalError' } } });
    expect((await run(stage, record)).outcomes).toMatchObject({ done: 2, failed: 1 });
  });
});

test('--requester-pays goes with every request of the run', async () => {
  const record = await addingRecord();
  const payers = new Set<string | undefined>();
  const note = (_: string, request: { headers: ReadonlyMap<string, string> }) =>
    void payers.add(request.headers.get('x-amz-request-payer'));
  stage.sandbox.on('before', note);
  expect((await runCommand(stage.sandbox, [...startArgs(record), '--requester-pays'])).status).toBe(0);
  expect([...payers]).toEqual(['requester']);
  payers.clear();
  expect((await runCommand(stage.sandbox, startArgs(record))).status).toBe(0);
  expect([...payers]).toEqual([undefined]);
});

describe('refusals change nothing', () => {
  const refused = async (
    record: PlanRecord,
    code: string,
    options: { args?: string[]; env?: Record<string, string> } = {},
  ) => {
    const before = markers();
    const { status, stderr, stdout } = await runCommand(
      stage.sandbox,
      options.args ?? startArgs(record),
      options.env,
    );
    expect([status, stderr.split(':')[0], stdout]).toEqual([2, code, '']);
    expect(stderr).toMatch(/\nNext: \S/);
    expect(markers()).toBe(before);
  };

  test('without --yes', async () => {
    const record = await addingRecord();
    await refused(record, 'CONFIRMATION_MISSING', { args: ['start-jobs', '--record', record.folder] });
  });
  test('versioning suspended since the plan', async () => {
    const record = await addingRecord();
    stage.bucket.versioning = 'Suspended';
    await refused(record, 'VERSIONING_NOT_ENABLED');
  });
  test('a bucket that is gone', async () => {
    const record = await addingRecord();
    stage.sandbox.store.buckets.delete('data');
    const { status, stderr } = await runCommand(stage.sandbox, startArgs(record));
    expect([status, stderr.split(':')[0]]).toEqual([2, 'BUCKET_NOT_FOUND']);
  });
  test('no credentials', async () => {
    await refused(await addingRecord(), 'CREDENTIALS_MISSING', {
      env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
    });
  });
  test('credentials that the store does not know', async () => {
    stage.sandbox.deniedKeys.set('AKIASANDBOX', 'InvalidAccessKeyId');
    await refused(await addingRecord(), 'ACCESS_DENIED');
  });
  test('credentials without permission', async () => {
    stage.sandbox.deniedKeys.set('AKIASANDBOX', 'AccessDenied');
    await refused(await addingRecord(), 'ACCESS_DENIED');
  });
  test('an endpoint where nothing answers', async () => {
    const record = await addingRecord();
    await refused(record, 'ENDPOINT_UNREACHABLE', {
      args: [...startArgs(record), '--endpoint-url', 'http://127.0.0.1:9'],
    });
  });
  test('a blocking check', async () => {
    const check: Check = {
      code: 'OBJECT_LOCK',
      level: 'blocking',
      message: 'It blocks.',
      hint: 'do something',
    };
    await refused(await addingRecord(1, [check]), 'CHECKS_BLOCK');
  });
  test('MFA delete, where markers are to be removed', async () => {
    const marker = stage.bucket.addDeleteMarker('k');
    const { versionId } = marker;
    const record = await writeRecord(stage.folder, {
      '2': [row('k', { versionId, currentVersionId: versionId })],
    });
    stage.bucket.mfaDelete = true;
    await refused(record, 'MFA_DELETE_ENABLED');
  });
  test('a record that another command works on', async () => {
    const record = await addingRecord();
    const holder = { host: hostname(), pid: process.pid };
    await writeFile(join(record.folder, 'in-use.json'), JSON.stringify(holder));
    await refused(record, 'RECORD_IN_USE');
  });
  test('an option that is no number', async () => {
    const record = await addingRecord();
    await refused(record, 'INVALID_OPTION', { args: [...startArgs(record), '--concurrency', 'many'] });
  });
  test('outcomes of another plan', async () => {
    const [record, other] = [await addingRecord(1), await addingRecord(2)];
    await run(stage, record);
    await writeFile(join(other.folder, 'run.json'), await readFile(join(record.folder, 'run.json')));
    await refused(other, 'RECORD_CHANGED');
  });
});

describe('interrupted', () => {
  test('a lock that a killed command left is taken over', async () => {
    const record = await addingRecord();
    await writeFile(
      join(record.folder, 'in-use.json'),
      JSON.stringify({ host: hostname(), pid: 2 ** 22 + 1 }),
    );
    expect((await runCommand(stage.sandbox, startArgs(record))).status).toBe(0);
  });

  test('a signal finishes what was begun, says how to go on, and the next run completes it', async () => {
    const record = await addingRecord(12_000);
    stage.sandbox.latencyMs = 20;
    const { child, result } = startCommand(stage.sandbox, startArgs(record));
    const off = stage.sandbox.on('after', (operation) => {
      if (operation !== 'DeleteObjects') return;
      off();
      child.kill('SIGTERM');
    });
    const { status, stderr } = await result;
    expect([status, stderr.split(':')[0]]).toEqual([1, 'INTERRUPTED']);
    expect(stderr).toContain(`start-jobs --endpoint-url ${stage.sandbox.endpoint} `);
    expect(stderr).toContain(` --record ${record.folder} --yes`);
    expect(markers()).toBeLessThan(12_000);
    stage.sandbox.latencyMs = 0;
    expect((await run(stage, record)).outcomes).toMatchObject({ done: 12_000, already: 0 });
    for (const [key] of stage.bucket.stacks.from(() => true)) {
      if (stage.bucket.stack(key).length !== 2) expect(key).toBe('with one marker');
    }
  });

  test('versioning suspended while it runs stops it; enabled again, it goes on', async () => {
    stage.sandbox.clock.set(BEFORE_P);
    const rows = Array.from({ length: 200 }, (_, index) => {
      const key = `c${String(index).padStart(4, '0')}`;
      const { versionId } = stage.bucket.put(key, { body: `${key} old` });
      return row(key, {
        versionId,
        currentVersionId: stage.bucket.put(key, { body: `${key} new` }).versionId,
      });
    });
    stage.sandbox.clock.set(RUN_TIME);
    const record = await writeRecord(stage.folder, { '3b': rows });
    let copies = 0;
    const off = stage.sandbox.on('before', (operation) => {
      if (operation === 'CopyObject') copies += 1;
      if (copies === 20) stage.bucket.versioning = 'Suspended';
    });
    await expect(run(stage, record)).rejects.toMatchObject({ code: 'VERSIONING_NOT_ENABLED' });
    off();
    expect(copies).toBeLessThan(200);
    stage.bucket.versioning = 'Enabled';
    const { outcomes } = await run(stage, record);
    expect(outcomes.done + outcomes.already).toBe(200);
    for (const { key } of rows) expect(stage.bucket.stack(key)).toHaveLength(3);
  });

  test('a full disk stops it before anything is done that is not noted', async () => {
    const record = await addingRecord();
    const journal = join(record.folder, 'outcomes/journal/scenario1');
    await mkdir(journal, { recursive: true });
    stage.sandbox.on('before', async (operation) => {
      // The guard's request: the journal has been read by then. A device that is always full (full(4)).
      if (operation === 'HeadObject')
        await symlink('/dev/full', join(journal, '0000000.open.csv')).catch(() => {});
    });
    await expect(run(stage, record)).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(markers()).toBe(0);
  });

  test('an open journal that was cut anywhere loses nothing', async () => {
    const record = await addingRecord(20);
    await run(stage, record);
    const journal = join(record.folder, 'outcomes/journal/scenario1');
    const text = await readFile(join(journal, '0000000.csv'), 'utf8');
    for (const share of [0.05, 0.3, 0.5, 0.7, 0.95]) {
      await writeFile(join(journal, '0000000.open.csv'), text);
      await truncate(join(journal, '0000000.open.csv'), Math.floor(text.length * share));
      await rm(join(journal, '0000000.csv'), { force: true });
      const { outcomes } = await run(stage, record);
      expect(outcomes.done + outcomes.already).toBe(20);
    }
    expect(markers()).toBe(20);
    for (const [key] of stage.bucket.stacks.from(() => true)) expect(stage.bucket.stack(key)).toHaveLength(2);
  });

  test('versioning suspended right before the request that adds the markers stops it there', async () => {
    const record = await addingRecord();
    const off = stage.sandbox.on('before', (operation) => {
      if (operation === 'DeleteObjects') stage.bucket.versioning = 'Suspended';
    });
    await expect(run(stage, record)).rejects.toMatchObject({ code: 'VERSIONING_NOT_ENABLED' });
    off();
    stage.bucket.versioning = 'Enabled';
    expect((await run(stage, record)).outcomes).toMatchObject({ done: 3 });
    for (const [key] of stage.bucket.stacks.from(() => true)) expect(stage.bucket.stack(key)).toHaveLength(2);
  });

  test('without its journals a run that has ended is not run again: undo would lose what it did', async () => {
    const record = await addingRecord();
    await run(stage, record);
    const outcomes = join(record.folder, 'outcomes/scenario1.csv');
    const text = await readFile(outcomes, 'utf8');
    await rm(join(record.folder, 'outcomes/journal'), { recursive: true });
    const { status, stderr } = await runCommand(stage.sandbox, startArgs(record));
    expect([status, stderr.split(':')[0]]).toEqual([2, 'OUTCOMES_DAMAGED']);
    expect(await readFile(outcomes, 'utf8')).toBe(text);

    // As the message says, for who has lost them.
    await rm(join(record.folder, 'outcome.json'));
    expect((await run(stage, record)).outcomes).toMatchObject({ already: 3 });
    expect(markers()).toBe(3);
  });
});
