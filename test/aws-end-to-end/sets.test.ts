import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Bucket } from '../../sandbox/bucket.ts';
import type { Approval } from '../../src/approve/approval-file.ts';
import { runCommand } from '../cli/run-command.ts';
import { AFTER_P, BEFORE_P, P, RUN_TIME } from '../execute/harness.ts';
import { replicate, replicationXml } from '../set/replicated.ts';
import { type Account, BOUNDARY, openAccount, RECORDS, SERVICE_ROLE } from './account.ts';

/** Sets whose record is on S3: deployed, started by one approval, interrupted, verified, taken back, cleaned up. */

const HOSTILE = '-->|`a` <b> "c",\n@alice $(id) {{e}} =cmd';

let account: Account;
beforeEach(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIASANDBOX');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  account = await openAccount();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  expect(account.sandbox.losses).toMatchObject({ permanentDeletions: 0, nullVersionReplacements: 0 });
  await account.end();
});

/** In this process, which is quicker than one of its own. */
function command(name: string, ...args: string[]) {
  const reach = ['--endpoint-url', account.sandbox.endpoint, '--region', 'us-east-1', '--force-path-style'];
  const quiet = name === 'undo' ? [] : ['--quiet'];
  return runCommand(name, ...reach, ...quiet, ...args);
}

async function answer(name: string, ...args: string[]) {
  const { status, stdout, stderr } = await command(name, '--json', ...args);
  expect([status, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

async function refusal(name: string, ...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await command(name, '--json', ...args);
  expect([stderr, status]).toEqual([expect.stringMatching(/\nNext: \S/), expect.any(Number)]);
  return `${status} ${JSON.parse(stdout).error.code}`;
}

let plans = 0;
function plan(...args: string[]) {
  plans += 1;
  const out = join(account.folder, `set-${plans}`);
  return answer('plan', '--list', '--timestamp', P, '--out', out, '--record-bucket', RECORDS, ...args);
}

const DEPLOY = ['--boundary-arn', BOUNDARY, '--service-role-arn', SERVICE_ROLE, '--poll-seconds', '0.02'];
const NOBODY = ['--approval', 'none', '--yes', '--poll-seconds', '0.02'];
const deploy = (record: string) => answer('deploy', '--record', record, ...DEPLOY);

/** `images` and `tables`, each with what went wrong after P. */
function openPair(): Bucket[] {
  const { sandbox } = account;
  return ['images', 'tables'].map((name) => {
    const bucket = sandbox.createBucket(name, { versioning: 'Enabled' });
    sandbox.clock.set(BEFORE_P);
    for (const key of ['gone', HOSTILE]) bucket.put(key, { body: `${key} old` });
    sandbox.clock.set(AFTER_P);
    for (const key of ['gone', HOSTILE]) bucket.addDeleteMarker(key);
    bucket.put('new', { body: 'new' });
    sandbox.clock.set(RUN_TIME);
    return bucket;
  });
}

const PAIR = ['--bucket', 'images', '--bucket', 'tables'];

function contents(bucket: Bucket): Record<string, string> {
  return Object.fromEntries(
    [...bucket.stacks.from(() => true)].flatMap(([key]) => {
      const entry = bucket.current(key);
      return entry === undefined || entry.isDeleteMarker ? [] : [[key, String(entry.content.bytes)]];
    }),
  );
}

const AT_P = { gone: 'gone old', [HOSTILE]: `${HOSTILE} old` };
const textOf = (key: string) =>
  (account.records.current(key) as { content: { bytes: Buffer } } | undefined)?.content.bytes.toString(
    'utf8',
  );
const roles = () => [...account.cloudFormation.roles.byName.values()].map(({ tags }) => tags);
const approvals = () => roles().map((tags) => tags.get('s3-rewind:approved') ?? null);

async function approvalOf({ setId, setDigest }: { setId: string; setDigest: string }): Promise<string> {
  const approval: Approval = {
    schemaVersion: 1,
    kind: 'environment',
    ...{ rollbackId: setId, digest: setDigest, repository: 'o/r' },
    run: {
      id: 7,
      attempt: 1,
      url: 'https://x/7',
      event: 'workflow_dispatch',
      startedBy: { login: 'alice', id: 1 },
    },
    environment: { name: 'rollback', id: 3, adminsCanBypass: false, preventSelfReview: true },
    approver: { login: 'bob', id: 2 },
    ...{ remark: null, commentUrl: null, review: null, timeEvidence: null },
    provedAt: '2025-08-22T12:00:00Z',
    checks: [{ check: 'reviewer', found: 'bob' }],
  };
  const file = join(account.folder, `${setDigest.slice(-8)}.json`);
  await writeFile(file, JSON.stringify(approval));
  return file;
}

test('one approval of the set starts the jobs of every member, each under the digest of its own plan', async () => {
  const buckets = openPair();
  const planned = await plan(...PAIR);
  const { recordUrl: record, setId, members } = planned;
  expect(record).toBe(`s3://${RECORDS}/${setId}/`);
  expect(JSON.parse(textOf(`${setId}/set.json`) ?? '').digest).toBe(planned.setDigest);
  for (const { rollbackId } of members) expect(textOf(`${rollbackId}/plan.json`)).toBeDefined();

  const made = await deploy(record);
  expect(made).toMatchObject({ setId, members: [{ bucket: 'images' }, { bucket: 'tables' }] });
  expect([...account.batch.jobs.values()].map(({ status }) => status)).toEqual(Array(4).fill('Suspended'));
  // From the folder too: the same record is there already, and the same jobs.
  const again = await answer('deploy', '--record', planned.record, '--record-bucket', RECORDS, ...DEPLOY);
  expect(again.record).toBe(record);
  expect(again.members).toEqual(made.members);
  expect(account.batch.jobs.size).toBe(4);

  const start = ['--record', record, '--poll-seconds', '0.02'];
  expect(await refusal('start-jobs', ...start)).toBe('2 CONFIRMATION_MISSING');
  // That of a member is not that of the set, and that of the set is not that of a member.
  const [first] = members;
  const foreign = await approvalOf({ setId, setDigest: first.planDigest });
  expect(await refusal('start-jobs', ...start, '--approval', foreign)).toBe('2 APPROVAL_DIGEST_CHANGED');
  const approval = await approvalOf(planned);
  const alone = ['--record', first.recordUrl, '--approval', approval];
  expect(await refusal('start-jobs', ...alone)).toBe('2 APPROVAL_DIGEST_CHANGED');
  expect(account.sandbox.requests.count('TagRole')).toBe(0);
  expect(contents(buckets[0] as Bucket)).toEqual({ new: 'new' });

  const seen = new Set<string>();
  account.sandbox.on('after', (operation) => {
    if (operation !== 'UpdateJobStatus') return;
    for (const tags of roles()) {
      const tag = tags.get('s3-rewind:approved');
      if (tag !== undefined) seen.add(`${tag} ${tags.get('s3-rewind:digest')}`);
    }
  });
  const run = await answer('start-jobs', ...start, '--approval', approval);
  expect(run).toMatchObject({ setId, outcomes: { done: 6 }, notStarted: [] });
  expect(run.members.map((one: { executor: string }) => one.executor)).toEqual(['batch', 'batch']);
  // Never was more than one member approved at a time, and each by the digest of its own plan.
  const digests = members.map(({ planDigest }: { planDigest: string }) => planDigest);
  expect([...seen]).toEqual(digests.map((digest: string) => `${digest} ${digest}`));
  expect(approvals()).toEqual([null, null, null, null]);
  for (const id of [setId, ...members.map((one: { rollbackId: string }) => one.rollbackId)]) {
    expect(JSON.parse(textOf(`${id}/approval.json`) ?? '{}')).toMatchObject({ digest: planned.setDigest });
  }
  expect(buckets.map(contents)).toEqual([AT_P, AT_P]);

  // Members that are through repeat nothing, though their stacks are gone.
  const cleaned = await answer('cleanup', '--record', record, '--poll-seconds', '0.02');
  expect(cleaned.cleaned.map(({ bucket }: { bucket: string }) => bucket)).toEqual(['tables', 'images']);
  expect(roles()).toEqual([]);
  const repeated = await answer('start-jobs', ...start, '--approval', approval);
  expect(repeated.outcomes).toEqual(run.outcomes);
  expect(await answer('verify', '--record', record)).toMatchObject({ setId, agrees: true });

  const undo = await answer('undo', '--record', record, '--record-bucket', RECORDS);
  expect(undo.members.map((one: { bucket: string }) => one.bucket)).toEqual(['tables', 'images']);
  await deploy(undo.recordUrl);
  const { stdout, status } = await command('start-jobs', '--record', undo.recordUrl, ...NOBODY);
  expect([status, stdout]).toEqual([0, expect.stringContaining('All 2 members were run.')]);
  expect(stdout).toMatch(/1 .*tables .*3 .*3 .*done/);
  expect(buckets.map(contents)).toEqual([{ new: 'new' }, { new: 'new' }]);
});

test('stopped between two members, deploy and start go on where they were; half a deployment does not start', async () => {
  const buckets = openPair();
  const { recordUrl: record } = await plan(...PAIR);
  const { sandbox, batch } = account;
  const error = { code: 'ExpiredToken', status: 400, message: 'The provided token has expired.' };
  const stop = sandbox.faults.add({ operation: 'CreateJob', after: 2, effect: { error } });
  const { status, stderr } = await command('deploy', '--record', record, ...DEPLOY);
  expect([status, stderr]).toEqual([2, expect.stringContaining('Deployed so far, and waiting: images.')]);
  expect(stderr).toContain(`deploy of ${record} then goes on where it stopped`);
  stop();
  expect(await refusal('start-jobs', '--record', record, ...NOBODY)).toBe('2 NOT_DEPLOYED');
  expect(sandbox.requests.count('TagRole')).toBe(0);
  await deploy(record);
  expect(batch.jobs.size).toBe(4);

  // The session is over once the first member is through.
  let ended = false;
  const end = sandbox.on('after', (operation, request) => {
    if (operation === 'PutObject' && request.key?.endsWith('/outcome.json')) ended = true;
  });
  const lost = sandbox.faults.add({ operation: 'UpdateJobStatus', after: 2, effect: { error } });
  expect(await refusal('start-jobs', '--record', record, ...NOBODY)).toBe('2 ACCESS_DENIED');
  expect(ended).toBe(true);
  end();
  lost();
  expect(approvals()).toEqual([null, null, null, null]);
  expect(buckets.map(contents)).toEqual([AT_P, { new: 'new' }]);
  sandbox.requests.reset();
  const run = JSON.parse((await command('start-jobs', '--json', '--record', record, ...NOBODY)).stdout);
  expect(run).toMatchObject({ outcomes: { done: 6 }, notStarted: [] });
  expect(sandbox.requests.count('UpdateJobStatus')).toBe(2);
  expect(buckets.map(contents)).toEqual([AT_P, AT_P]);
});

test('a set with a member that was changed since, or that is somewhere else, is refused', async () => {
  openPair();
  const { recordUrl: record, setId, members } = await plan(...PAIR);
  await deploy(record);
  const [, second] = members;
  const key = `${second.rollbackId}/plan.json`;
  const text = textOf(key) ?? '';
  account.records.put(key, { body: text.replace('"scenario": "1"', '"scenario": "2"') });
  expect(await refusal('start-jobs', '--record', record, ...NOBODY)).toBe('2 RECORD_CHANGED');
  account.records.put(key, { body: text });
  const set = textOf(`${setId}/set.json`) ?? '';
  account.records.put(`${setId}/set.json`, { body: set.replace('"order": 1', '"order": 2') });
  expect(await refusal('deploy', '--record', record, ...DEPLOY)).toBe('2 RECORD_CHANGED');
  account.records.put(`${setId}/set.json`, { body: set });
  account.records.put('rs-2-buckets-00000000/set.json', { body: set });
  const elsewhere = `s3://${RECORDS}/rs-2-buckets-00000000/`;
  expect(await refusal('verify', '--record', elsewhere)).toBe('2 RECORD_CHANGED');
  expect(await refusal('verify', '--record', `s3://${RECORDS}/rs-9-buckets-00000000/`)).toBe(
    '2 RECORD_NOT_FOUND',
  );
  expect(await refusal('deploy', '--record', record, ...DEPLOY, '--scenarios', '2')).toBe('2 SET_INVALID');
  expect(await refusal('deploy', '--record', record, ...DEPLOY, '--start')).toBe('2 SET_INVALID');
  expect(await refusal('restore-archived', '--record', record, '--offer')).toBe('2 SET_INVALID');
  expect(account.sandbox.requests.count('TagRole')).toBe(0);
});

test('a replication pair, named from either side, on S3 Batch Operations', async () => {
  const { sandbox, bucket } = account;
  const replica = sandbox.createBucket('copy', { versioning: 'Enabled' });
  bucket.configurations.set('replication', replicationXml('copy'));
  const seen = new Set<string>();
  const follow = () => replicate(bucket, replica, { markers: true, seen });
  sandbox.on('after', follow);
  sandbox.clock.set(BEFORE_P);
  for (const key of ['gone', HOSTILE]) bucket.put(key, { body: `${key} old` });
  follow();
  sandbox.clock.set(AFTER_P);
  bucket.addDeleteMarker('gone');
  bucket.put(HOSTILE, { body: 'bad' });
  follow();
  sandbox.clock.set(RUN_TIME);
  const order = [
    { bucket: 'data', replicaOf: [] },
    { bucket: 'copy', replicaOf: ['data'] },
  ];
  expect((await plan('--bucket', 'data', '--with-replicas')).members).toMatchObject(order);
  const { recordUrl: record, members } = await plan('--bucket', 'copy', '--with-replicas');
  expect(members).toMatchObject(order);
  await deploy(record);
  // What the source leaves `denied` keeps the replica from starting.
  const refuse = { error: { code: 'AccessDenied', status: 403 } };
  const stop = sandbox.faults.add({ operation: 'CopyObject', effect: refuse });
  const held = await command('start-jobs', '--json', '--record', record, ...NOBODY);
  expect([held.status, JSON.parse(held.stdout)]).toMatchObject([
    3,
    { outcomes: { denied: 1 }, notStarted: ['copy'] },
  ]);
  stop();
  const run = JSON.parse((await command('start-jobs', '--json', '--record', record, ...NOBODY)).stdout);
  expect(run).toMatchObject({ outcomes: { done: 3 }, notStarted: [] });
  expect([bucket, replica].map(contents)).toEqual([AT_P, AT_P]);
  const inventories = members.map(
    (one: { bucket: string; record: string }) => `${one.bucket}=${one.record}/inventory.parquet`,
  );
  const listed = ['--list', '--plan-inventory', ...inventories];
  const verified = await answer('verify', '--record', record, ...listed);
  expect(verified).toMatchObject({ agrees: true, members: [{ state: {} }, { state: {} }] });
});

test('the record on S3 with this machine at work: one set, one `--yes`, and `verify` from anywhere', async () => {
  const buckets = openPair();
  const { recordUrl: record } = await plan(...PAIR);
  expect(await refusal('start-jobs', '--record', record)).toBe('2 CONFIRMATION_MISSING');
  const approval = await approvalOf({ setId: 'rs', setDigest: `sha256:${'a'.repeat(64)}` });
  expect(await refusal('start-jobs', '--record', record, '--approval', approval)).toBe('2 NOT_DEPLOYED');
  const run = await answer('start-jobs', '--record', record, '--yes');
  expect(run).toMatchObject({ outcomes: { done: 6 } });
  expect(run.members.map((one: { executor: string }) => one.executor)).toEqual(['direct', 'direct']);
  expect(buckets.map(contents)).toEqual([AT_P, AT_P]);
  const { status, stdout } = await command('verify', '--record', record);
  expect([status, stdout]).toEqual([0, expect.stringContaining('All members agree.')]);
});
