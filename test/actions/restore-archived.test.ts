import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Run } from '../../sandbox/github/repository.ts';
import { type GitHubDouble, startGitHubDouble } from '../../sandbox/github/server.ts';
import { RESTORE_ARCHIVED } from '../../src/actions/contract/restore-archived.ts';
import { type InputSpec, inputVariable } from '../../src/actions/contract.ts';
import { type ActionResult, actionResultSchema } from '../../src/actions/result.ts';
import { type Account, openAccount, RECORDS } from '../aws-end-to-end/account.ts';
import { planNow, run, type Stage } from '../execute/harness.ts';
import { overwriteArchived } from '../execute/restore-stage.ts';
import { ALL, REPOSITORY } from '../github/double.ts';
import { runEntry } from './run-entry.ts';

const ENVIRONMENT = 's3-rewind';

let account: Account;
let stage: Stage;
let github: GitHubDouble;
let repository: ReturnType<GitHubDouble['state']['addRepository']>;

beforeEach(async () => {
  account = await openAccount();
  stage = account;
  github = await startGitHubDouble();
  const { state } = github;
  repository = state.addRepository(REPOSITORY);
  for (const login of ['alice', 'bob']) state.addPerson(login);
  state.addWorkflowToken('job', ALL);
  const reviewers = [{ type: 'User' as const, reviewer: state.account('bob') }];
  state.addEnvironment(repository, ENVIRONMENT, {
    canAdminsBypass: false,
    reviewers,
    preventSelfReview: true,
  });
});
afterEach(async () => {
  await github.stop();
  await account.end();
});

/** A dispatch by alice, whose job waits for bob. */
function dispatch(approves: boolean): Run {
  const { state } = github;
  const started = state.startRun(repository, 'alice');
  state.reachEnvironment(repository, started, ENVIRONMENT);
  if (approves) {
    const review = { by: 'bob', environment: ENVIRONMENT, comment: 'worth it' };
    state.reviewDeployment(repository, started, review);
  }
  return started;
}

type StepEnd = { status: number; result: ActionResult; outputs: string; summary: string };

/** A step as the runner makes it, with the defaults of action.yml. */
async function step(started: Run, inputs: Record<string, string>): Promise<StepEnd> {
  const folder = await mkdtemp(join(stage.folder, 'step-'));
  const specs = Object.entries<InputSpec>(RESTORE_ARCHIVED.inputs);
  const given = {
    ...Object.fromEntries(specs.map(([name, spec]) => [name, spec.default ?? ''])),
    'github-token': 'job',
    'endpoint-url': stage.sandbox.endpoint,
    'force-path-style': 'true',
    ...inputs,
  };
  const files = { GITHUB_OUTPUT: join(folder, 'output'), GITHUB_STEP_SUMMARY: join(folder, 'summary') };
  for (const file of Object.values(files)) await writeFile(file, '');
  const environment = {
    AWS_REGION: 'us-east-1',
    GITHUB_REPOSITORY: REPOSITORY,
    GITHUB_RUN_ID: String(started.id),
    GITHUB_API_URL: github.url,
    RUNNER_TEMP: folder,
    ...files,
    ...Object.fromEntries(Object.entries(given).map(([name, value]) => [inputVariable(name), value])),
  };
  const { status } = await runEntry('restore-archived', environment, folder);
  const outputs = await readFile(files.GITHUB_OUTPUT, 'utf8');
  const result = /^result<<(\S+)\n(.*)\n\1$/m.exec(outputs)?.[2] ?? '';
  return {
    status,
    result: actionResultSchema.parse(JSON.parse(result)),
    outputs,
    summary: await readFile(files.GITHUB_STEP_SUMMARY, 'utf8'),
  };
}

const stateIn = ({ outputs }: StepEnd) => /^state<<(\S+)\n(.*)\n\1$/m.exec(outputs)?.[2];

test('look, approve, restore, look, copy: each step asks for what it may', async () => {
  overwriteArchived(stage);
  const { folder, plan } = await planNow(stage);
  const record = { record: folder };
  await run(stage, { folder, plan, name: folder });
  stage.sandbox.requests.reset();

  const looked = await step(dispatch(false), record);
  expect([looked.status, looked.result.decision, stateIn(looked)]).toEqual([0, 'restoring', 'new']);
  expect(looked.summary).toMatch(/\| DEEP\\?_ARCHIVE \| 1 \|.*24 h to 2 d/);
  expect(looked.summary).toContain(plan.digest);
  expect(stage.sandbox.requests.count('RestoreObject')).toBe(0);

  const start = { ...record, step: 'start', 'plan-digest': plan.digest };
  const unapproved = await step(dispatch(false), start);
  expect([unapproved.status, unapproved.result.reasonCode]).toEqual([2, 'APPROVAL_MISSING']);
  const other = await step(dispatch(true), { ...start, 'plan-digest': 'sha256:0' });
  expect([other.status, other.result.reasonCode]).toEqual([2, 'APPROVAL_DIGEST_CHANGED']);
  const early = await step(dispatch(false), { ...record, step: 'go-on' });
  expect([early.status, early.result.reasonCode]).toEqual([2, 'CONFIRMATION_MISSING']);
  expect(stage.sandbox.requests.count('RestoreObject')).toBe(0);

  const started = await step(dispatch(true), start);
  expect([started.status, started.result.decision, stateIn(started)]).toEqual([0, 'restoring', 'waiting']);
  expect(stage.sandbox.requests.count('RestoreObject')).toBe(4);
  expect(started.summary).toMatch(/Approved by `bob`.*worth it/);
  expect(JSON.parse(await readFile(join(folder, 'restore-approval.json'), 'utf8'))).toMatchObject({
    digest: plan.digest,
    approver: { login: 'bob' },
  });

  stage.sandbox.clock.advance(49 * 3_600);
  expect(stateIn(await step(dispatch(false), record))).toBe('ready');
  const copied = await step(dispatch(false), { ...record, step: 'go-on' });
  expect([copied.status, copied.result.decision]).toEqual([0, 'done']);
  expect(stateIn(await step(dispatch(false), record))).toBe('none');
  expect(github.unknown).toEqual([]);
});

test('a deployed plan: jobs ask and, days later, the task function copies, with what bob approved', async () => {
  overwriteArchived(stage);
  const planned = await account.plan();
  const deployed = await account.deploy(planned.folder);
  const { record } = JSON.parse(deployed.stdout) as { record: string };
  expect((await account.startJobs(record, '--approval', 'none', '--yes')).status).toBe(3);
  const inputs = { record, 'restore-with': 's3-batch-restore', 'poll-seconds': '0.02' };

  // Whoever looks may see neither versions nor the stack.
  for (const operation of ['HeadObject', 'DescribeStacks'])
    stage.sandbox.faults.add({
      operation,
      effect: { error: { code: 'AccessDenied', status: 403 } },
      times: 8,
    });
  const looked = await step(dispatch(false), inputs);
  expect([looked.status, stateIn(looked)]).toEqual([0, 'new']);
  expect(looked.summary).toMatch(/Asking by 2 jobs of S3 Batch Operations: \$0\.50.*by the task function/);
  stage.sandbox.faults.clear();
  const digest = looked.result.planDigest ?? '';

  const started = await step(dispatch(true), { ...inputs, step: 'start', 'plan-digest': digest });
  expect([started.status, started.result.decision, stateIn(started)]).toEqual([0, 'restoring', 'waiting']);
  expect(stage.sandbox.requests.count('RestoreObject')).toBe(2);
  stage.sandbox.clock.advance(49 * 3_600);
  const copied = await step(dispatch(false), { record, 'poll-seconds': '0.02', step: 'go-on' });
  expect([copied.status, copied.result.decision]).toEqual([0, 'done']);
  const copies = [...account.batch.jobs.values()].filter(
    ({ definition: { operation } }) =>
      operation.kind === 'LambdaInvoke' && operation.userArguments.get('operation') === 'copy-restored',
  );
  expect(copies.map(({ status, statusUpdateReason }) => [status, statusUpdateReason])).toEqual(
    ['3a', '3b'].map(() => ['Complete', 'approved by bob (environment)']),
  );
  expect(
    account.records.current(`${record.slice(`s3://${RECORDS}/`.length)}restore-approval.json`),
  ).toBeDefined();
});
