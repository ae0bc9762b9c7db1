import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Account, openAccount, RECORDS } from './account.ts';
import { answerOf, leaveArchived } from './archived.ts';

/** Archived versions that jobs of S3's own ask for: one a class, under the tag of the approval. */

let account: Account;
beforeEach(async () => {
  account = await openAccount();
});
afterEach(async () => {
  expect(account.sandbox.losses).toMatchObject({ permanentDeletions: 0, nullVersionReplacements: 0 });
  await account.end();
});

const restore = (record: string, ...options: string[]) =>
  account.command('restore-archived', '--record', record, '--once', '--json', '--quiet', ...options);
const BY_JOBS = ['--restore-with', 's3-batch-restore', '--approval', 'none', '--poll-seconds', '0.02'];

function stateOf(record: string): Record<string, unknown> {
  const key = `${record.slice(`s3://${RECORDS}/`.length)}restore.json`;
  const entry = account.records.current(key);
  if (entry?.isDeleteMarker !== false) throw new Error(`no ${key}`);
  return JSON.parse(entry.content.bytes?.toString('utf8') ?? '');
}

const restoreJobs = () =>
  [...account.batch.jobs.values()].filter(
    ({ definition }) => definition.operation.kind === 'S3InitiateRestoreObject',
  );
/** Which tags the roles of the stack bear. */
const tagKeys = () =>
  [...account.cloudFormation.roles.byName.values()].flatMap(({ tags }) => [...tags.keys()]);
const APPROVED = 's3-rewind:approved';

test('jobs ask for GLACIER and DEEP_ARCHIVE, this machine for the rest; hours later all is copied', async () => {
  const record = await leaveArchived(account);
  account.sandbox.requests.reset();
  const asked = await restore(record, '--yes', ...BY_JOBS);
  // The tiers of Intelligent-Tiering are not in this inventory, so its versions are rows of 3b.
  expect([asked.status, answerOf(asked)]).toMatchObject([4, { status: 'waiting', requested: 4, waiting: 4 }]);
  expect(account.sandbox.requests.count('RestoreObject')).toBe(2);
  expect(restoreJobs().map(({ status, definition }) => [status, definition.operation])).toEqual([
    ['Complete', { kind: 'S3InitiateRestoreObject', tier: 'BULK', days: '7' }],
    ['Complete', { kind: 'S3InitiateRestoreObject', tier: 'BULK', days: '7' }],
  ]);
  const end = { status: 'Complete', succeeded: 1, failures: {} };
  expect(stateOf(record)).toMatchObject({
    jobs: expect.arrayContaining([
      expect.objectContaining({ scenario: '3a', storageClass: 'GLACIER', attempt: 1, rows: 1, end }),
      expect.objectContaining({ scenario: '3a', storageClass: 'DEEP_ARCHIVE', attempt: 1, rows: 1, end }),
    ]),
  });
  expect(tagKeys()).not.toContain(APPROVED);

  account.sandbox.clock.advance(49 * 3_600);
  const copied = await restore(record, ...BY_JOBS, '--yes');
  expect([copied.status, answerOf(copied)]).toMatchObject([
    0,
    { status: 'copied', requested: 0, outcome: { outcomes: { done: 5, archived: 0 } } },
  ]);
  expect(restoreJobs()).toHaveLength(2);
  const verified = await account.command('verify', '--record', record, '--json', '--quiet');
  expect(answerOf(verified)).toMatchObject({ agrees: true, live: { compared: 5, differences: 0 } });
});

test('what a job may not do, this machine asks for; the report says why', async () => {
  const record = await leaveArchived(account);
  account.batch.mayInvoke = () => false;
  const asked = await restore(record, '--yes', ...BY_JOBS);
  expect([asked.status, answerOf(asked)]).toMatchObject([4, { requested: 4, waiting: 4 }]);
  expect(stateOf(record)).toMatchObject({
    jobs: [
      { end: { succeeded: 0, failures: { AccessDenied: 1 } } },
      { end: { succeeded: 0, failures: { AccessDenied: 1 } } },
    ],
  });
});

test('refused before anything is asked for: no proof, a tier that jobs have not, a stack that somebody changed', async () => {
  const record = await leaveArchived(account);
  const refusals: [string, number, string[]][] = [
    ['CONFIRMATION_MISSING', 2, ['--yes', '--restore-with', 's3-batch-restore']],
    ['RESTORE_TIER_UNAVAILABLE', 2, ['--yes', '--tier', 'Expedited', ...BY_JOBS]],
  ];
  for (const [code, status, options] of refusals) {
    const refused = await restore(record, ...options);
    expect([refused.status, refused.stderr]).toEqual([status, expect.stringContaining(code)]);
  }
  expect(account.records.current(`${record.slice(`s3://${RECORDS}/`.length)}restore.json`)).toBeUndefined();
  for (const role of account.cloudFormation.roles.byName.values()) role.attached.push('arn:aws:iam::aws:x');
  const changed = await restore(record, '--yes', ...BY_JOBS);
  expect([changed.status, changed.stderr]).toEqual([2, expect.stringContaining('STACK_CHANGED')]);
  expect(restoreJobs()).toEqual([]);
  expect(tagKeys()).not.toContain(APPROVED);
});

test('stopped before its jobs were confirmed, it goes on with the same ones', async () => {
  const record = await leaveArchived(account);
  const remove = account.sandbox.faults.add({
    operation: 'UpdateJobStatus',
    effect: { error: { code: 'AccessDenied', status: 403 } },
  });
  const stopped = await restore(record, '--yes', ...BY_JOBS);
  expect([stopped.status, stopped.stderr]).toEqual([
    expect.any(Number),
    expect.stringContaining('ACCESS_DENIED'),
  ]);
  expect(stopped.status).not.toBe(0);
  expect(restoreJobs().map(({ status }) => status)).toEqual(['Suspended', 'Suspended']);
  expect(stateOf(record)).toMatchObject({ jobs: [{ end: null }, { end: null }] });
  expect(tagKeys()).not.toContain(APPROVED);
  remove();
  const asked = await restore(record, '--yes', ...BY_JOBS);
  expect([asked.status, answerOf(asked)]).toMatchObject([4, { requested: 4, waiting: 4 }]);
  expect(restoreJobs().map(({ status }) => status)).toEqual(['Complete', 'Complete']);
  expect(stateOf(record)).toMatchObject({ jobs: [{ end: { succeeded: 1 } }, { end: { succeeded: 1 } }] });
});
