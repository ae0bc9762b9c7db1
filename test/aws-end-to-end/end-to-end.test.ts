import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CommandResult } from '../execute/command.ts';
import { AFTER_P } from '../execute/harness.ts';
import { type Account, contentOf, incident, openAccount } from './account.ts';

/** From a plan to a stack, suspended jobs, a run under an approval, and the way back, on loopback. */

const APPROVED = 's3-rewind:approved';
const NOBODY = ['--approval', 'none', '--yes'];

let account: Account;
beforeEach(async () => {
  account = await openAccount();
});
afterEach(async () => {
  expect(account.sandbox.losses).toMatchObject({ permanentDeletions: 0, nullVersionReplacements: 0 });
  await account.end();
});

type Deployed = {
  record: string;
  planDigest: string;
  jobs: { scenario: string; id: string; attempt: number }[];
  renewed: string[];
};
const resultOf = <T = Deployed>({ status, stdout, stderr }: CommandResult): T => {
  if (status !== 0) throw new Error(`${status}: ${stderr}`);
  return JSON.parse(stdout) as T;
};
const approvals = () =>
  [...account.cloudFormation.roles.byName.values()].map(({ tags }) => tags.get(APPROVED) ?? null);

async function deployed(...options: string[]): Promise<Deployed> {
  incident(account);
  const { folder } = await account.plan();
  return resultOf(await account.deploy(folder, ...options));
}

describe('the whole way', () => {
  test('plan, deploy, start-jobs, verify, undo, deploy, start-jobs, verify', async () => {
    const before = (() => {
      incident(account);
      return contentOf(account);
    })();
    const { folder } = await account.plan();
    const first = resultOf(await account.deploy(folder));
    expect(first.jobs.map(({ scenario }) => scenario)).toEqual(['1', '2', '3b']);
    expect([...account.batch.jobs.values()].map(({ status }) => status)).toEqual([
      'Suspended',
      'Suspended',
      'Suspended',
    ]);
    expect(contentOf(account)).toEqual(before);
    expect(approvals()).toEqual([null, null]);

    // Again: the same stack, the same jobs.
    const again = resultOf(await account.deploy(first.record));
    expect(again.jobs).toEqual(first.jobs);
    expect(account.cloudFormation.stacks).toHaveLength(1);
    expect(account.batch.jobs.size).toBe(3);

    const run = resultOf<{ outcomes: object; executor: string }>(
      await account.startJobs(first.record, ...NOBODY),
    );
    expect(run).toMatchObject({ executor: 'batch', rows: 30, outcomes: { done: 30 } });
    expect(approvals()).toEqual([null, null]);
    expect(Object.keys(contentOf(account)).filter((key) => key.startsWith('new/'))).toEqual([]);
    expect((await account.command('verify', '--record', first.record, '--quiet')).status).toBe(0);

    const undo = resultOf(
      await account.command(
        ...['undo', '--record', first.record, '--record-bucket', 'records', '--json'],
        ...['--endpoint-url', account.sandbox.endpoint, '--region', 'us-east-1', '--force-path-style'],
      ),
    );
    resultOf(await account.deploy(undo.record));
    expect(resultOf(await account.startJobs(undo.record, ...NOBODY))).toMatchObject({
      outcomes: { done: 30 },
    });
    expect((await account.command('verify', '--record', undo.record, '--quiet')).status).toBe(0);
    expect(contentOf(account)).toEqual(before);
  });
});

describe('cleanup', () => {
  test('cancels, deletes and empties work/, keeps the record, can be repeated; undo works afterwards', async () => {
    const { record } = await deployed();
    const id = record.split('/')[3] ?? '';
    account.records.put(`work/${id}/tables/1`, { body: 'x' });
    account.records.put('work/rb-other/1', { body: 'x' });
    const clean = (...options: string[]) =>
      account.command(
        ...['cleanup', '--record', record, '--json', '--quiet', '--poll-seconds', '0.02'],
        ...options,
      );
    const expected = { cleaned: [{ rollbackId: id, jobs: expect.anything(), stack: id, workObjects: 1 }] };
    const strange = await clean('--account', '999999999999');
    expect([strange.status, strange.stderr]).toEqual([2, expect.stringContaining('INVALID_OPTION')]);
    expect(resultOf(await clean('--dry-run'))).toMatchObject(expected);
    expect(account.cloudFormation.roles.byName.size).toBe(2);
    expect(resultOf(await clean())).toMatchObject(expected);
    expect(account.cloudFormation.roles.byName.size).toBe(0);
    expect([...account.batch.jobs.values()].map(({ status }) => status)).toEqual([
      'Cancelled',
      'Cancelled',
      'Cancelled',
    ]);
    expect(resultOf(await clean())).toMatchObject({ cleaned: [{ jobs: [], stack: null, workObjects: 0 }] });
    expect(account.records.current('work/rb-other/1')?.isDeleteMarker).toBe(false);

    const { status, stderr } = await account.startJobs(record, ...NOBODY);
    expect([status, stderr]).toEqual([2, expect.stringContaining('NOT_DEPLOYED')]);
    const again = resultOf(await account.deploy(record));
    expect(again.jobs.map(({ attempt }) => attempt)).toEqual([2, 2, 2]);
    resultOf(await account.startJobs(record, ...NOBODY));
    resultOf(await clean());
    const undo = resultOf(
      await account.command(
        ...['undo', '--record', record, '--record-bucket', 'records', '--json'],
        ...['--endpoint-url', account.sandbox.endpoint, '--region', 'us-east-1', '--force-path-style'],
      ),
    );
    resultOf(await account.deploy(undo.record));
    expect(resultOf(await account.startJobs(undo.record, ...NOBODY))).toMatchObject({
      outcomes: { done: 30 },
    });
  });

  test('--expired takes what has expired, and nothing else', async () => {
    const { record } = await deployed('--expires-days', '0');
    const clean = () =>
      account.command(
        ...['cleanup', '--expired', '--record-bucket', 'records'],
        ...['--json', '--quiet', '--poll-seconds', '0.02'],
      );
    const [stack] = account.cloudFormation.stacks;
    const expires = stack?.tags.find(([key]) => key === 's3-rewind:expires');
    if (stack === undefined || expires === undefined) throw new Error('no stack');
    const time = expires[1];
    expires[1] = '2000-01-01T00:00:00Z';
    const { status, stderr } = await account.startJobs(record, ...NOBODY);
    expect([status, stderr]).toEqual([2, expect.stringMatching(/STACK_EXPIRED: .*cleanup/s)]);
    expect(account.sandbox.requests.count('TagRole')).toBe(0);
    expires[1] = '2999-01-01T00:00:00Z';
    const lost = { 's3-rewind:record-bucket': 'records', 's3-rewind:bucket': 'data' };
    const fields = { Name: 's3_rewind_plan_0a1b2c3d', Parameters: lost, CreateTime: 0 };
    account.glue.databases.set('s3_rewind_plan_0a1b2c3d', { fields, tables: new Map() });
    expect(resultOf(await clean())).toMatchObject({
      cleaned: [],
      plans: [{ database: 's3_rewind_plan_0a1b2c3d', workObjects: 0 }],
    });
    expect(account.glue.databases.size).toBe(0);
    expires[1] = time;
    expect(resultOf(await clean())).toMatchObject({ cleaned: [{ stack: stack.name }] });
  });
});

describe('AWS holds the approval', () => {
  test('without a proof nothing is asked of IAM, and no job is confirmed', async () => {
    const { record } = await deployed();
    account.sandbox.requests.reset();
    for (const options of [[], ['--yes'], ['--approval', 'none'], ['--approval', '/nowhere.json']]) {
      const { status, stderr } = await account.startJobs(record, ...options);
      expect(status).not.toBe(0);
      expect(stderr).toMatch(/^(CONFIRMATION_MISSING|APPROVAL_UNREADABLE)/);
    }
    expect(account.sandbox.requests.count('TagRole')).toBe(0);
    expect(account.sandbox.requests.count('UpdateJobStatus')).toBe(0);
  });

  test('a job that is confirmed early changes nothing', async () => {
    const { jobs } = await deployed();
    const before = contentOf(account);
    for (const { id } of jobs) account.batch.updateStatus(account.batch.find(id), 'Ready', undefined);
    await account.batch.settle();
    expect(contentOf(account)).toEqual(before);
    expect(
      [...account.batch.jobs.values()].every(({ ends }) => ends.every(({ succeeded }) => !succeeded)),
    ).toBe(true);
  });

  test.each(['policy', 'digest', 'boundary', 'further policy', 'trust'])(
    'a role whose %s was changed: nothing starts',
    async (what) => {
      const { record } = await deployed();
      const [role] = account.cloudFormation.roles.byName.values();
      if (role === undefined) throw new Error('no role');
      if (what === 'policy') role.policies.set('more', { Statement: [] });
      if (what === 'digest') role.tags.set('s3-rewind:digest', `sha256:${'b'.repeat(64)}`);
      if (what === 'boundary') role.boundaryArn = `${role.boundaryArn}2`;
      if (what === 'further policy') role.attached.push('arn:aws:iam::aws:policy/AdministratorAccess');
      if (what === 'trust') role.trust = { Statement: [] };
      const { status, stderr } = await account.startJobs(record, ...NOBODY);
      expect([status, stderr]).toEqual([2, expect.stringContaining('STACK_CHANGED')]);
      expect(account.sandbox.requests.count('UpdateJobStatus')).toBe(0);
      expect(approvals()).toEqual([null, null]);
    },
    60_000,
  );
});

describe('bad days', () => {
  test('a stack that fails says why, by its first failed event', async () => {
    account.cloudFormation.failures.set('TaskFunction', 'Specified ReservedConcurrentExecutions is too high');
    incident(account);
    const { folder } = await account.plan();
    const { status, stderr } = await account.deploy(folder);
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/STACK_FAILED.*ReservedConcurrentExecutions is too high/),
    ]);
  });

  test('throttled calls are sent again', async () => {
    const effect = { error: { code: 'Throttling', status: 400, message: 'Rate exceeded' } };
    account.sandbox.faults.add({
      operation: ['CreateStack', 'DescribeStacks', 'TagRole', 'GetRole'],
      times: 3,
      effect,
    });
    const { record } = await deployed();
    expect(resultOf(await account.startJobs(record, ...NOBODY))).toMatchObject({ outcomes: { done: 30 } });
  });

  test('an expired token: told as such, the tag is off, and the next run goes on', async () => {
    const { record } = await deployed();
    const effect = {
      error: { code: 'ExpiredToken', status: 400, message: 'The provided token has expired.' },
    };
    const off = account.sandbox.faults.add({ operation: 'DescribeJob', after: 8, effect });
    const { status, stderr } = await account.startJobs(record, ...NOBODY);
    expect([status, stderr]).toEqual([2, expect.stringContaining('ACCESS_DENIED')]);
    expect(approvals()).toEqual([null, null]);
    off();
    await account.batch.settle();
    expect(resultOf(await account.startJobs(record, ...NOBODY))).toMatchObject({ outcomes: { done: 30 } });
  });

  test('a job that was cancelled by hand is made again, by deploy and by start-jobs', async () => {
    const { record, jobs } = await deployed();
    const cancel = (id = '') => account.batch.updateStatus(account.batch.find(id), 'Cancelled', 'by hand');
    cancel(jobs[0]?.id);
    const again = resultOf(await account.deploy(record));
    expect(again.renewed).toEqual(['1']);
    expect(again.jobs[0]?.attempt).toBe(2);
    cancel(again.jobs[1]?.id);
    expect(resultOf(await account.startJobs(record, ...NOBODY))).toMatchObject({ outcomes: { done: 30 } });
  });

  test('a runner that is lost: the jobs go on, and so does the next run', async () => {
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
    expect(resultOf(await account.startJobs(record, ...NOBODY))).toMatchObject({
      rows: 30,
      outcomes: { done: 30 },
    });
    expect(approvals()).toEqual([null, null]);
  });

  test('a task delivered twice, and one whose answer was lost, act once', async () => {
    const { record } = await deployed();
    account.batch.faults.add({ effect: 'duplicated', times: 2 });
    account.batch.faults.add({ effect: 'answer-lost', times: 1 });
    const run = resultOf(await account.startJobs(record, ...NOBODY));
    expect(run).toMatchObject({ outcomes: { done: 30 } });
    expect(account.bucket.stack('new/1')).toHaveLength(2);
    expect(account.bucket.stack('overwritten/1')).toHaveLength(3);
  });

  test('rows that are denied are tried again by a job of their own', async () => {
    const { record } = await deployed();
    account.sandbox.faults.add({
      operation: 'DeleteObjects',
      key: 'new/7',
      times: 1,
      effect: { deleteError: { code: 'AccessDenied' } },
    });
    expect(resultOf(await account.startJobs(record, ...NOBODY))).toMatchObject({ outcomes: { done: 30 } });
    expect(account.batch.jobs.size).toBe(4);
  });

  test('keys that were written meanwhile are left alone, with exit status 3', async () => {
    const { record } = await deployed();
    account.sandbox.clock.set(AFTER_P);
    account.bucket.put('new/3', { body: 'by someone else' });
    const { status, stdout } = await account.startJobs(record, ...NOBODY);
    expect([status, JSON.parse(stdout)]).toMatchObject([3, { outcomes: { done: 29, drifted: 1 } }]);
  });
});
