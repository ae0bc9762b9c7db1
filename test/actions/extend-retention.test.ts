import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Run } from '../../sandbox/github/repository.ts';
import { type GitHubDouble, startGitHubDouble } from '../../sandbox/github/server.ts';
import { ALL, REPOSITORY } from '../github/double.ts';
import { type Aws, BOUNDARY, openAws, RECORDS, SERVICE_ROLE } from '../retention/aws-stage.ts';
import { DAY_MS, inDays, locksOf } from '../retention/stage.ts';
import { ENVIRONMENT, runStep, type StepEnd } from './step.ts';

/** The action as its workflow runs it: each step a process of its own, S3, AWS and GitHub on loopback. */

let aws: Aws;
let github: GitHubDouble;
beforeEach(async () => {
  aws = await openAws();
  github = await startGitHubDouble();
});
afterEach(async () => {
  expect(github.unknown).toEqual([]);
  await github.stop();
  await aws.end();
});

const step = (run: Run, inputs: Record<string, string>): Promise<StepEnd> =>
  runStep({ folder: aws.folder, endpoint: aws.sandbox.endpoint, github, run }, 'extend-retention', {
    'poll-seconds': '0.02',
    ...inputs,
  });

function expectEnd({ status, outputs, log }: StepEnd, ...expected: [number, string, string]): void {
  expect([status, outputs.decision, outputs['reason-code']], log).toEqual(expected);
}

test('planned, deployed, refused, approved once, and the next week by itself', async () => {
  const { state } = github;
  const repository = state.addRepository(REPOSITORY);
  for (const login of ['alice', 'bob']) state.addPerson(login);
  state.addWorkflowToken('job', ALL);
  state.addEnvironment(repository, ENVIRONMENT, {
    canAdminsBypass: false,
    reviewers: [{ type: 'User', reviewer: state.account('bob') }],
    preventSelfReview: true,
  });
  const config = join(aws.folder, 'settings.yml');
  await writeFile(
    config,
    'bucket: locked\nbudgetTasks: 5 # a run\nrules:\n  - minimumRetentionDays: 90\n    extensionFrequencyDays: 28\n',
  );
  const plan = (run: Run) => step(run, { step: 'plan', config, list: 'true', 'record-bucket': RECORDS });
  for (const key of ['a', 'b', 'c']) aws.bucket.put(key);

  const run = state.startRun(repository, 'alice');
  state.reachEnvironment(repository, run, ENVIRONMENT);
  const planned = await plan(run);
  expectEnd(planned, 0, 'planned', 'REVIEW_REQUIRED');
  expect(planned.outputs['review-required']).toBe('true');
  expect(planned.summary).toContain('Extends');
  const { record = '' } = planned.outputs;
  expect(record).toMatch(/^s3:\/\/records\/rt-locked-.+\/$/);

  const deployed = await step(run, {
    step: 'deploy',
    record,
    'boundary-arn': BOUNDARY,
    'service-role-arn': SERVICE_ROLE,
  });
  expectEnd(deployed, 0, 'planned', 'OK');
  const begin = { step: 'start', record, 'plan-digest': planned.outputs['plan-digest'] ?? '' };
  expectEnd(await step(run, begin), 2, 'refused', 'APPROVAL_MISSING');
  expectEnd(await step(run, { ...begin, approval: 'earlier' }), 2, 'refused', 'REVIEW_REQUIRED');
  expect(aws.approvals()).toEqual([null]);

  state.reviewDeployment(repository, run, { by: 'bob', environment: ENVIRONMENT, comment: 'yes' });
  expectEnd(
    await step(run, { ...begin, 'plan-digest': `sha256:${'0'.repeat(64)}` }),
    2,
    'refused',
    'APPROVAL_DIGEST_CHANGED',
  );
  const done = await step(run, begin);
  expectEnd(done, 0, 'done', 'OK');
  expect(done.summary).toContain('| done | 3 |');
  expect(aws.records.current(`${record.slice('s3://records/'.length)}approval.json`)).toBeDefined();

  aws.sandbox.clock.advance((7 * DAY_MS) / 1000);
  aws.bucket.put('new');
  const next = state.startRun(repository, 'alice');
  const again = await plan(next);
  expectEnd(again, 0, 'planned', 'OK');
  expect(again.outputs['review-required']).toBe('false');
  expectEnd(
    await step(next, { step: 'start', record: again.outputs.record ?? '', approval: 'earlier' }),
    0,
    'done',
    'OK',
  );
  for (const found of locksOf(aws.bucket).values()) {
    expect(found?.retainUntil).toBeGreaterThanOrEqual(inDays(aws, 97));
  }
});

test('what a step lacks is refused', async () => {
  const run = github.state.startRun(
    github.state.addRepository(REPOSITORY),
    github.state.addPerson('alice').login,
  );
  expectEnd(await step(run, { step: 'plan', config: 'x.yml', list: 'true' }), 2, 'refused', 'INVALID_OPTION');
  expectEnd(await step(run, { step: 'start', record: 'folder' }), 2, 'refused', 'INVALID_OPTION');
  expectEnd(await step(run, { step: 'other' }), 2, 'refused', 'INVALID_OPTION');
});
