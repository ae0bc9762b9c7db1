import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Approval } from '../../src/approve/approval-file.ts';
import { type Account, incident, openAccount } from './account.ts';

/** What `start-jobs` does beside the whole way: the proof in a file, signals, functions that are killed, old jobs. */

const NOBODY = ['--approval', 'none', '--yes'];
const DAY_SECONDS = 86_400;

let account: Account;
beforeEach(async () => {
  account = await openAccount();
  incident(account, 3);
});
afterEach(async () => {
  expect(account.sandbox.losses).toMatchObject({ permanentDeletions: 0, nullVersionReplacements: 0 });
  await account.end();
});

type Deployed = { record: string; planDigest: string; rollbackId: string; jobs: { id: string }[] };

async function deployed(...options: string[]): Promise<Deployed> {
  const { folder } = await account.plan(...options);
  const { status, stdout, stderr } = await account.deploy(folder);
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Deployed;
}

const approvals = () =>
  [...account.cloudFormation.roles.byName.values()].map(({ tags }) => tags.get('s3-rewind:approved') ?? null);
const lines = (key: string) =>
  (account.records.current(key) as { content: { bytes: Buffer } }).content.bytes
    .toString('utf8')
    .trim()
    .split('\n')
    .slice(1);

function approvalOf({ rollbackId, planDigest }: Deployed): Approval {
  const alice = { login: 'alice', id: 1 };
  return {
    schemaVersion: 1,
    kind: 'environment',
    ...{ rollbackId, digest: planDigest, repository: 'o/r' },
    run: { id: 7, attempt: 1, url: 'https://x/7', event: 'workflow_dispatch', startedBy: alice },
    environment: { name: 'rollback', id: 3, adminsCanBypass: false, preventSelfReview: true },
    approver: { login: 'bob', id: 2 },
    ...{ remark: null, commentUrl: null, review: null, timeEvidence: null },
    provedAt: '2025-08-22T12:00:00Z',
    checks: [{ check: 'reviewer', found: 'bob' }],
  };
}

test('--approval FILE: that of the plan starts it and is kept; that of another plan starts nothing', async () => {
  const own = await deployed();
  const file = join(account.folder, 'approval.json');
  const give = async (approval: Approval) => {
    await writeFile(file, JSON.stringify(approval));
    return await account.startJobs(own.record, '--approval', file);
  };
  const other = await give({ ...approvalOf(own), digest: `sha256:${'b'.repeat(64)}` });
  expect([other.status, other.stderr]).toEqual([2, expect.stringMatching(/^APPROVAL_DIGEST_CHANGED/)]);
  const nobody = await give({ ...approvalOf(own), kind: 'none', approver: null });
  expect([nobody.status, nobody.stderr]).toEqual([2, expect.stringMatching(/^APPROVAL_MISSING/)]);
  expect(account.sandbox.requests.count('TagRole')).toBe(0);
  expect(account.records.current(`${own.rollbackId}/approval.json`)).toBeUndefined();

  const { status, stdout, stderr } = await give(approvalOf(own));
  expect([status, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout)).toMatchObject({ outcomes: { done: 9 } });
  expect(account.records.current(`${own.rollbackId}/approval.json`)).toBeDefined();
  expect([...account.batch.jobs.values()].map((job) => job.statusUpdateReason)).toEqual(
    Array.from({ length: 3 }, () => expect.stringContaining('bob')),
  );
  for (const { tags } of account.batch.jobs.values()) {
    expect(tags).toContainEqual({ key: 's3-rewind:digest', value: own.planDigest });
    expect(tags).toContainEqual({ key: 's3-rewind:approved-by', value: 'bob' });
    expect(tags).toContainEqual({ key: 's3-rewind:approved-in', value: 'https://x/7' });
  }
  expect(approvals()).toEqual([null, null]);
});

test('a signal takes the approval off, and the next run goes on', async () => {
  const { record } = await deployed();
  const { child, result } = account.start(
    ...['start-jobs', '--record', record, '--poll-seconds', '0.02', '--quiet', '--json', ...NOBODY],
  );
  account.sandbox.on('after', (operation) => {
    // Once: a second one ends the process at once.
    if (operation === 'UpdateJobStatus' && !child.killed) child.kill('SIGINT');
  });
  const { status, stderr } = await result;
  expect([status, stderr]).toEqual([1, expect.stringContaining('INTERRUPTED')]);
  expect(approvals()).toEqual([null, null]);
  await account.batch.settle();
  const again = await account.startJobs(record, ...NOBODY);
  expect(JSON.parse(again.stdout)).toMatchObject({ rows: 9, outcomes: { done: 9 } });
  expect(approvals()).toEqual([null, null]);
});

test('copies to another bucket, with a function that is killed in the middle: one outcome a row', async () => {
  const copies = account.sandbox.createBucket('copies', { versioning: 'Enabled' });
  const { record, rollbackId } = await deployed(
    ...['--mode', 'copy-to-bucket', '--destination-bucket', 'copies'],
  );
  // S3 has made the second copy when the environment of the function is killed; the lease that it leaves ends on the
  // store's clock.
  account.batch.settings.redeliveries = 1_000;
  account.batch.settings.stepMs = 20;
  let copied = 0;
  account.sandbox.on('after', async (operation) => {
    if (operation !== 'CopyObject') return;
    copied += 1;
    if (copied !== 2) return;
    const [lambda] = account.cloudFormation.stacks[0]?.functions ?? [];
    await lambda?.crash();
    account.sandbox.clock.advance(2 * ((lambda?.timeoutMs ?? 0) / 1_000));
  });
  const { status, stdout, stderr } = await account.startJobs(record, ...NOBODY);
  expect([status, stderr]).toEqual([0, expect.stringContaining('NOBODY APPROVED THIS')]);
  expect(JSON.parse(stdout)).toMatchObject({ rows: 6, outcomes: { done: 6 } });
  const [lambda] = account.cloudFormation.stacks[0]?.functions ?? [];
  expect(lambda?.invocations).toBeGreaterThan(1);
  const outcomes = lines(`${rollbackId}/outcomes/scenario5b.csv`).map((line) => line.split(',')[1]);
  expect(outcomes).toHaveLength(6);
  expect(new Set(outcomes).size).toBe(6);
  for (const key of ['deleted/0', 'overwritten/2']) expect(copies.stack(key)).toHaveLength(1);
  expect((await account.command('verify', '--record', record, '--quiet')).status).toBe(0);
});

test('jobs that nobody confirmed for a month have expired, and are made again', async () => {
  const { record, jobs } = await deployed();
  account.sandbox.clock.advance(31 * DAY_SECONDS);
  const { status, stdout } = await account.startJobs(record, ...NOBODY);
  expect([status, JSON.parse(stdout)]).toMatchObject([0, { rows: 9, outcomes: { done: 9 } }]);
  expect(jobs.map(({ id }) => account.batch.jobs.get(id)?.status)).toEqual(['Failed', 'Failed', 'Failed']);
  expect(account.batch.jobs.size).toBe(6);
});
