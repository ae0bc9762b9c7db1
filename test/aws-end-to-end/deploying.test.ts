import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Account, contentOf, incident, openAccount, RECORDS } from './account.ts';

/** What `deploy` does beside the whole way: who may write the plan, whose stack it is, starting at once. */

let account: Account;
beforeEach(async () => {
  account = await openAccount();
  incident(account, 3);
});
afterEach(async () => {
  expect(account.sandbox.losses).toMatchObject({ permanentDeletions: 0, nullVersionReplacements: 0 });
  await account.end();
});

/** What the deploy role may not write: all that a plan consists of. */
function denyPlans(): void {
  account.sandbox.faults.add({
    operation: ['PutObject', 'CreateMultipartUpload'],
    bucket: RECORDS,
    key: /^rb-[^/]+\/(plan\.json|comment\.md|report\.html|template\.yaml|sql\/|manifests\/|review\/)/,
    effect: { error: { code: 'AccessDenied', status: 403 } },
  });
}

test('plan --record-bucket writes the record, so that deploy needs no right to write plans', async () => {
  const { folder } = await account.plan('--record-bucket', RECORDS, '--json');
  const written = [...account.records.stacks.from(() => true)].map(([key]) => key);
  expect(written.filter((key) => key.endsWith('/plan.json'))).toHaveLength(1);
  denyPlans();
  const { status, stderr } = await account.deploy(folder);
  expect([status, stderr]).toEqual([0, '']);
  expect([...account.batch.jobs.values()].map((job) => job.status)).toEqual(
    Array.from({ length: 3 }, () => 'Suspended'),
  );
});

test('a folder that is not on S3 yet, under the deploy role: the refusal names the role that may', async () => {
  const { folder } = await account.plan();
  denyPlans();
  const { status, stderr } = await account.deploy(folder);
  expect(status).toBe(2);
  expect(stderr).toMatch(/^ACCESS_DENIED: .*may not write the plan to s3:\/\/records\/rb-/);
  expect(stderr).toMatch(/plan role.*--record-bucket records.*deploy --record s3:\/\/records\/rb-/);
  expect(account.cloudFormation.stacks).toEqual([]);
});

test('a stack of that name of another plan is left alone', async () => {
  const { folder } = await account.plan();
  expect((await account.deploy(folder)).status).toBe(0);
  const [stack] = account.cloudFormation.stacks;
  const digest = stack?.tags.find(([key]) => key === 's3-rewind:digest');
  if (digest === undefined) throw new Error('no stack');
  digest[1] = `sha256:${'b'.repeat(64)}`;
  const { status, stderr } = await account.deploy(folder);
  expect([status, stderr]).toEqual([2, expect.stringMatching(/^STACK_EXISTS: .*bbbb/)]);
  expect(account.batch.jobs.size).toBe(3);
  expect(account.sandbox.requests.count('DeleteStack')).toBe(0);
});

test('deploy --start starts at once, says loudly that nobody approved it, and prints one result', async () => {
  const { folder } = await account.plan();
  const { status, stdout, stderr } = await account.deploy(folder, '--start');
  expect(status).toBe(0);
  expect(stderr).toContain('NOBODY APPROVED THIS');
  // What the estimate of the plan reckons with, since nothing else was asked for.
  expect(account.cloudFormation.stacks[0]?.parameters).toContainEqual(['ReservedConcurrency', '15']);
  expect(JSON.parse(stdout)).toMatchObject({
    command: 'deploy',
    jobs: [{ scenario: '1' }, { scenario: '2' }, { scenario: '3b' }],
    run: { executor: 'batch', outcomes: { done: 9 } },
  });
  expect(Object.keys(contentOf(account)).some((key) => key.startsWith('new/'))).toBe(false);
  expect(
    [...account.cloudFormation.roles.byName.values()].some(({ tags }) => tags.has('s3-rewind:approved')),
  ).toBe(false);
});
