import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Bucket } from '../../sandbox/bucket.ts';
import type { RollbackPlan } from '../../src/plan/plan-file.ts';
import type { CommandResult } from '../execute/command.ts';
import { AFTER_P, BEFORE_P, RUN_TIME } from '../execute/harness.ts';
import { type Account, contentOf, incident, openAccount } from './account.ts';

/** Plans whose copies are made by jobs of S3's own, without the guard, from plan to undo on loopback. */

const NOBODY = ['--approval', 'none', '--yes'];
const COPY_WITH = ['--copy-with', 's3-batch-copy'];

let account: Account;
beforeEach(async () => {
  account = await openAccount();
});
afterEach(async () => {
  expect(account.sandbox.losses).toMatchObject({ permanentDeletions: 0, nullVersionReplacements: 0 });
  await account.end();
});

type Deployed = { record: string; jobs: { scenario: string; id: string; attempt: number; copy?: object }[] };
const resultOf = <T = Deployed>({ status, stdout, stderr }: CommandResult): T => {
  if (status !== 0) throw new Error(`${status}: ${stderr} ${stdout}`);
  return JSON.parse(stdout) as T;
};
function textOf(bucket: Bucket, key: string): string {
  const current = bucket.current(key);
  if (current?.isDeleteMarker !== false) throw new Error(`no object ${key}`);
  return current.content.bytes?.toString('utf8') ?? '';
}
const verify = (record: string) => account.command('verify', '--record', record, '--quiet', '--json');

async function undo(record: string): Promise<Deployed> {
  const planned = await account.command(
    ...['undo', '--record', record, '--record-bucket', 'records', '--json'],
    ...['--endpoint-url', account.sandbox.endpoint, '--region', 'us-east-1', '--force-path-style'],
  );
  return resultOf(await account.deploy(resultOf(planned).record));
}

/** Three classes, with a redirect and a tag; the last one was deleted and written again. */
function overwrite(): void {
  const { sandbox, bucket } = account;
  incident(account);
  for (const [key, storageClass] of [
    ['ia/1', 'STANDARD_IA'],
    ['ia/2', 'STANDARD_IA'],
    ['glacier-ir/1', 'GLACIER_IR'],
  ] as const) {
    sandbox.clock.set(BEFORE_P);
    bucket.put(key, {
      body: `good ${key}`,
      attributes: { storageClass, websiteRedirect: '/elsewhere', tags: new Map([['team', 'a']]) },
    });
    sandbox.clock.set(AFTER_P);
    bucket.put(key, { body: 'bad' });
  }
  sandbox.clock.set(RUN_TIME);
}

async function deployed(...options: string[]): Promise<Deployed & { folder: string; plan: RollbackPlan }> {
  overwrite();
  const { folder } = await account.plan(...COPY_WITH, ...options);
  const plan = JSON.parse(await readFile(join(folder, 'plan.json'), 'utf8')) as RollbackPlan;
  return { folder, plan, ...resultOf(await account.deploy(folder)) };
}

test('a job a storage class; verify, undo and verify afterwards', async () => {
  const { record, jobs, plan, folder } = await deployed();
  const before = contentOf(account);
  expect(plan.copyManifests?.map(({ storageClass, rows, path }) => [storageClass, rows, path])).toEqual([
    ['GLACIER_IR', 1, 'manifests/scenario3b_GLACIER_IR.csv'],
    ['STANDARD', 10, 'manifests/scenario3b_STANDARD.csv'],
    ['STANDARD_IA', 2, 'manifests/scenario3b_STANDARD_IA.csv'],
  ]);
  expect(jobs.map(({ scenario, copy }) => [scenario, copy !== undefined])).toEqual([
    ['1', false],
    ['2', false],
    ['3b', true],
    ['3b', true],
    ['3b', true],
  ]);
  expect([...account.batch.jobs.values()].map(({ status }) => status)).toEqual(Array(5).fill('Suspended'));
  // Again: the same jobs.
  expect(resultOf(await account.deploy(record)).jobs).toEqual(jobs);

  const run = resultOf<{ outcomes: object }>(await account.startJobs(record, ...NOBODY));
  expect(run).toMatchObject({ rows: 33, outcomes: { done: 33 } });
  for (const [key, storageClass] of [
    ['ia/1', 'STANDARD_IA'],
    ['glacier-ir/1', 'GLACIER_IR'],
    ['overwritten/3', 'STANDARD'],
  ] as const) {
    const current = account.bucket.current(key);
    expect(textOf(account.bucket, key)).toMatch(/^good/);
    expect(current?.isDeleteMarker === false && current.attributes.storageClass).toBe(storageClass);
  }
  expect(resultOf(await verify(record))).toMatchObject({ live: { differences: 0, agrees: true } });

  // Run again: nothing is copied a second time.
  expect(resultOf(await account.startJobs(record, ...NOBODY))).toMatchObject({ outcomes: { done: 33 } });
  expect(account.bucket.stack('ia/1')).toHaveLength(3);

  // This machine does not make them.
  const direct = await account.command('start-jobs', '--record', folder, '--yes', '--quiet');
  expect([direct.status, direct.stderr]).toEqual([2, expect.stringContaining('COPY_WITH_NOT_POSSIBLE')]);

  const back = await undo(record);
  expect(back.jobs.some(({ copy }) => copy !== undefined)).toBe(false);
  expect(resultOf(await account.startJobs(back.record, ...NOBODY))).toMatchObject({ outcomes: { done: 33 } });
  expect(contentOf(account)).toEqual(before);
  resultOf(await verify(back.record));
});

test('rows that fail: tried again by a job of their own, and told with their reason where they fail again', async () => {
  const { record } = await deployed();
  const error = (code: string, status: number) => ({ error: { code, status, message: `${code}.` } });
  account.sandbox.faults.add({
    operation: 'CopyObject',
    key: 'ia/2',
    times: 1,
    effect: error('InternalError', 500),
  });
  account.sandbox.faults.add({
    operation: 'CopyObject',
    key: 'overwritten/4',
    effect: error('AccessDenied', 403),
  });
  account.sandbox.faults.add({
    operation: 'CopyObject',
    key: 'overwritten/5',
    effect: error('NoSuchVersion', 404),
  });
  const first = await account.startJobs(record, ...NOBODY);
  expect([first.status, JSON.parse(first.stdout)]).toMatchObject([
    3,
    { rows: 33, outcomes: { done: 31, denied: 1, missing: 1 } },
  ]);
  // Two classes had a failure: a second job each, and a third for what was denied again.
  expect(account.batch.jobs.size).toBe(8);
  const text = textOf(account.records, `${record.split('/')[3]}/outcomes/scenario3b.csv`);
  expect(
    text.split('\n').filter((line) => line.includes('AccessDenied') && line.includes('denied')),
  ).toHaveLength(1);
  expect(text.trimEnd().split('\n')).toHaveLength(14);

  account.sandbox.faults.clear();
  const again = await account.startJobs(record, ...NOBODY);
  expect(JSON.parse(again.stdout)).toMatchObject({ outcomes: { done: 32, missing: 1 } });
  expect(account.bucket.stack('overwritten/1')).toHaveLength(3);
});

test('no guard: what was written after the plan is buried, told, and undo brings it back', async () => {
  const { record } = await deployed('--storage-class', 'STANDARD');
  account.bucket.put('overwritten/3', { body: 'by someone else' });
  account.sandbox.clock.set(Date.parse(RUN_TIME) + 60_000);
  const run = resultOf<{ outcomes: object }>(await account.startJobs(record, ...NOBODY));
  expect(run).toMatchObject({ outcomes: { done: 33 } });
  expect(textOf(account.bucket, 'overwritten/3')).toBe('good 3');
  const back = await undo(record);
  resultOf(await account.startJobs(back.record, ...NOBODY));
  expect(textOf(account.bucket, 'overwritten/3')).toBe('by someone else');
});

test('a runner that is lost: the jobs go on, and the next run copies only what is left', async () => {
  const { record } = await deployed();
  const { child, result } = account.start(
    ...['start-jobs', '--record', record, '--poll-seconds', '0.02', '--quiet', '--json', ...NOBODY],
  );
  const off = account.sandbox.on('after', (operation) => {
    if (operation === 'UpdateJobStatus') child.kill('SIGKILL');
  });
  await result;
  off();
  await account.batch.settle();
  const run = resultOf<{ outcomes: object }>(await account.startJobs(record, ...NOBODY));
  expect(run).toMatchObject({ rows: 33, outcomes: { done: 33 } });
  expect(account.bucket.stack('ia/1')).toHaveLength(3);
  expect(account.bucket.stack('overwritten/1')).toHaveLength(3);
});

test('a job that is not what the plan asks for is not started; one confirmed early changes nothing', async () => {
  const { record, jobs } = await deployed();
  const before = contentOf(account);
  const copy = jobs.find(({ scenario }) => scenario === '3b');
  const job = account.batch.find(copy?.id ?? '');
  const { operation } = job.definition;
  if (operation.kind !== 'S3PutObjectCopy') throw new Error('no copy job');
  operation.targetKeyPrefix = 'elsewhere/';
  const { status, stderr } = await account.startJobs(record, ...NOBODY);
  expect([status, stderr]).toEqual([2, expect.stringContaining('STACK_CHANGED')]);
  account.batch.updateStatus(job, 'Ready', undefined);
  await account.batch.settle();
  expect(job.ends.every(({ succeeded }) => !succeeded)).toBe(true);
  expect(contentOf(account)).toEqual(before);
});

test('to another bucket, all of it by one job', async () => {
  const copies = account.sandbox.createBucket('copies', { versioning: 'Enabled' });
  copies.put('overwritten/1', { body: 'was there' });
  const { record, jobs } = await deployed(
    ...['--mode', 'copy-to-bucket', '--destination-bucket', 'copies', '--storage-class', 'STANDARD_IA'],
  );
  expect(jobs.map(({ scenario }) => scenario)).toEqual(['5b']);
  expect(resultOf(await account.startJobs(record, ...NOBODY))).toMatchObject({
    rows: 23,
    outcomes: { done: 23 },
  });
  resultOf(await verify(record));
  const back = await undo(record);
  resultOf(await account.startJobs(back.record, ...NOBODY));
  expect(textOf(copies, 'overwritten/1')).toBe('was there');
  expect(copies.current('ia/1')?.isDeleteMarker).toBe(true);
});
