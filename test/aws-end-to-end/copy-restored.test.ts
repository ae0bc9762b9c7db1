import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Account, contentOf, openAccount, RECORDS } from './account.ts';
import { answerOf, leaveArchived } from './archived.ts';

/** Archived versions that jobs ask for, and that the task function copies days later, under the approval. */

let account: Account;
beforeEach(async () => {
  account = await openAccount();
});
afterEach(async () => {
  expect(account.sandbox.losses).toMatchObject({ permanentDeletions: 0, nullVersionReplacements: 0 });
  await account.end();
});

const NOBODY = ['--approval', 'none', '--yes'];
const BY_JOBS = ['--restore-with', 's3-batch-restore'];

const restore = (record: string, ...options: string[]) =>
  account.command(
    ...['restore-archived', '--record', record, '--once', '--json', '--quiet', '--poll-seconds', '0.02'],
    ...options,
  );

function stateOf(record: string): {
  copies?: { scenario: string; attempt: number; splits: number[]; end: object }[];
} {
  const entry = account.records.current(`${record.slice(`s3://${RECORDS}/`.length)}restore.json`);
  if (entry?.isDeleteMarker !== false) throw new Error('no restore.json');
  return JSON.parse(entry.content.bytes?.toString('utf8') ?? '');
}
const copyJobs = () =>
  [...account.batch.jobs.values()].filter(
    ({ definition }) =>
      definition.operation.kind === 'LambdaInvoke' &&
      definition.operation.userArguments.get('operation') === 'copy-restored',
  );
const tagKeys = () =>
  [...account.cloudFormation.roles.byName.values()].flatMap(({ tags }) => [...tags.keys()]);

test('jobs ask, days later the task function copies; verified and undone', async () => {
  const record = await leaveArchived(account);
  const before = contentOf(account);
  const asked = await restore(record, ...BY_JOBS, ...NOBODY);
  expect([asked.status, answerOf(asked)]).toMatchObject([4, { status: 'waiting', requested: 4, waiting: 4 }]);
  expect(copyJobs()).toEqual([]);

  account.sandbox.clock.advance(49 * 3_600);
  account.sandbox.requests.reset();
  const copied = await restore(record);
  expect([copied.status, answerOf(copied)]).toMatchObject([
    0,
    { status: 'copied', outcome: { executor: 'batch', outcomes: { done: 5, archived: 0 } } },
  ]);
  expect(copyJobs().map(({ status }) => status)).toEqual(['Complete', 'Complete']);
  expect(stateOf(record).copies).toMatchObject([
    { scenario: '3a', attempt: 1, splits: [0], end: { status: 'Complete', left: 0 } },
    { scenario: '3b', attempt: 1, splits: [0], end: { status: 'Complete', left: 0 } },
  ]);
  expect(tagKeys()).not.toContain('s3-rewind:approved');
  const verified = await account.command('verify', '--record', record, '--json', '--quiet');
  expect(answerOf(verified)).toMatchObject({ agrees: true, live: { compared: 5, differences: 0 } });
  const again = await account.startJobs(record, ...NOBODY);
  expect([again.status, JSON.parse(again.stdout)]).toMatchObject([0, { outcomes: { done: 5, archived: 0 } }]);

  const planned = await account.command(
    ...['undo', '--record', record, '--record-bucket', RECORDS, '--json'],
    ...['--endpoint-url', account.sandbox.endpoint, '--region', 'us-east-1', '--force-path-style'],
  );
  const back = answerOf(await account.deploy(answerOf(planned).record as string)) as { record: string };
  const undone = await account.startJobs(back.record, ...NOBODY);
  expect([undone.status, JSON.parse(undone.stdout)]).toMatchObject([0, { outcomes: { done: 5 } }]);
  for (const [key, content] of Object.entries(contentOf(account))) {
    if (key !== 'warm') expect(content, key).toBe(before[key]);
  }
});

test('killed while the copies run, another process goes on with the same job; nothing is copied twice', async () => {
  const record = await leaveArchived(account);
  expect((await restore(record, ...NOBODY)).status).toBe(4);
  account.sandbox.clock.advance(49 * 3_600);
  const { child, result } = account.start(
    ...['restore-archived', '--record', record, '--once', '--json', '--quiet', '--poll-seconds', '0.02'],
  );
  const off = account.sandbox.on('after', async (operation) => {
    if (operation !== 'UpdateJobStatus' || child.killed) return;
    child.kill('SIGKILL');
    await result;
  });
  expect((await result).status).toBeNull();
  off();
  const [first] = stateOf(record).copies ?? [];
  expect(first).toMatchObject({ attempt: 1, end: null });
  // Nobody was there to take the approval off, so the job that was confirmed goes on.
  expect(tagKeys()).toContain('s3-rewind:approved');
  // Until its end: tasks that came while the next process checks the stack would be denied, and take another job.
  await account.batch.settle();
  const resumed = await restore(record);
  expect([resumed.status, answerOf(resumed)]).toMatchObject([0, { outcome: { outcomes: { done: 5 } } }]);
  expect(copyJobs().map(({ status }) => status)).toEqual(['Complete', 'Complete']);
  expect(tagKeys()).not.toContain('s3-rewind:approved');
  for (const key of ['flexible', 'deep', 'tiered', 'tiered-deep'])
    expect(account.bucket.stack(key), key).toHaveLength(3);
});

test('what S3 Batch Operations copied by itself and found in an archive is gone on with, and start-jobs leaves it', async () => {
  const record = await leaveArchived(account, '--copy-with', 's3-batch-copy');
  expect((await restore(record, ...NOBODY)).status).toBe(4);
  account.sandbox.clock.advance(49 * 3_600);
  // Written since: the job of S3's own would have copied over it, the task does not.
  account.bucket.put('tiered', { body: 'newer' });
  const copied = await restore(record);
  expect([copied.status, answerOf(copied)]).toMatchObject([
    3,
    { status: 'copied', outcome: { outcomes: { done: 4, drifted: 1, archived: 0 } } },
  ]);
  const verified = await account.command('verify', '--record', record, '--json', '--quiet');
  expect(answerOf(verified)).toMatchObject({ agrees: true });
  // Its report still says that two were archived; the journals know better.
  const again = await account.startJobs(record, ...NOBODY);
  expect([again.status, JSON.parse(again.stdout)]).toMatchObject([3, { outcomes: { done: 4, drifted: 1 } }]);
});

test('refused before anything is asked for: no proof, no stack; this machine copies where it is named', async () => {
  const record = await leaveArchived(account);
  const missing = await restore(record, '--yes');
  expect([missing.status, missing.stderr]).toEqual([
    2,
    expect.stringMatching(/^CONFIRMATION_MISSING.*proof/s),
  ]);
  expect(() => stateOf(record)).toThrow('no restore.json');
  const here = await restore(record, '--yes', '--copy-with', 'direct');
  expect(here.status).toBe(4);
  account.sandbox.clock.advance(49 * 3_600);
  // Agreed to without a proof: the default of a later run is what was agreed to.
  const copied = await restore(record);
  expect([copied.status, copyJobs()]).toEqual([0, []]);
});
