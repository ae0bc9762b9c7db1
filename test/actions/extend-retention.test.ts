import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Repository, Run } from '../../sandbox/github/repository.ts';
import { type GitHubDouble, startGitHubDouble } from '../../sandbox/github/server.ts';
import { parseMarker } from '../../src/review/marker.ts';
import { ALL, REPOSITORY } from '../github/double.ts';
import { type Aws, BOUNDARY, openAws, RECORDS, SERVICE_ROLE } from '../retention/aws-stage.ts';
import { DAY_MS, inDays, locksOf } from '../retention/stage.ts';
import { readStructure } from '../review/markdown-structure.ts';
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

/** A repository whose environment bob reviews. */
function prepareRepository(): Repository {
  const { state } = github;
  const repository = state.addRepository(REPOSITORY);
  for (const login of ['alice', 'bob']) state.addPerson(login);
  state.addWorkflowToken('job', ALL);
  state.addEnvironment(repository, ENVIRONMENT, {
    canAdminsBypass: false,
    reviewers: [{ type: 'User', reviewer: state.account('bob') }],
    preventSelfReview: true,
  });
  return repository;
}

/** The step `plan`, of settings that are written for it. */
async function preparePlan(
  rule = '',
): Promise<(run: Run, more?: Record<string, string>) => Promise<StepEnd>> {
  const config = join(aws.folder, 'settings.yml');
  const days = 'minimumRetentionDays: 90\n    extensionFrequencyDays: 28\n';
  await writeFile(config, `bucket: locked\nbudgetTasks: 5 # a run\nrules:\n${rule}  - ${days}`);
  return (run, more = {}) =>
    step(run, { step: 'plan', config, list: 'true', 'record-bucket': RECORDS, ...more });
}

/** The one comment of the one pull request. */
function commentOf({ pulls, comments }: Repository, { outputs }: StepEnd): string {
  const [comment] = comments;
  expect([pulls.length, comments.length]).toEqual([1, 1]);
  expect(parseMarker(comment?.body ?? '')).toMatchObject({
    rollbackId: outputs.record?.split('/').at(-2),
    digest: outputs['plan-digest'],
  });
  return comment?.body ?? '';
}

test('planned, deployed, refused, approved once, and the next week by itself', async () => {
  const { state } = github;
  const repository = prepareRepository();
  const plan = await preparePlan();
  for (const key of ['a', 'b', 'c']) aws.bucket.put(key);

  const run = state.startRun(repository, 'alice');
  state.reachEnvironment(repository, run, ENVIRONMENT);
  const planned = await plan(run);
  expectEnd(planned, 0, 'planned', 'REVIEW_REQUIRED');
  expect(planned.outputs['review-required']).toBe('true');
  expect(planned.summary).toContain('Extends');
  const { record = '' } = planned.outputs;
  expect(record).toMatch(/^s3:\/\/records\/rt-locked-.+\/$/);
  expect(commentOf(repository, planned)).toContain('### Planned');
  expect(commentOf(repository, planned)).toContain('The run goes on to deploy the stack');
  expect(commentOf(repository, planned)).not.toContain('start-jobs --record');
  const [pull] = repository.pulls;
  const id = record.split('/').at(-2) ?? '';
  expect(pull?.title).toBe(`Extend retention in locked (${id})`);
  expect(planned.result).toMatchObject({
    pullRequest: { number: pull?.number },
    commentUrl: planned.outputs['comment-url'],
  });
  const head = repository.branches.get(pull?.head ?? '') ?? '';
  const kept = repository.commits.get(head)?.tree ?? new Map();
  for (const name of ['README.md', 'retention.json', 'template.yaml']) {
    expect([...kept.keys()]).toContain(`retentions/${id}/${name}`);
  }
  const shown = { 'pull-request-number': planned.outputs['pull-request'] ?? '' };

  const deployed = await step(run, {
    step: 'deploy',
    record,
    'boundary-arn': BOUNDARY,
    'service-role-arn': SERVICE_ROLE,
    ...shown,
  });
  expectEnd(deployed, 0, 'planned', 'OK');
  expect(deployed.outputs['comment-url']).toBe(planned.outputs['comment-url']);
  expect(commentOf(repository, planned)).toContain('### Waiting for approval by `bob`');
  const begin = { step: 'start', record, 'plan-digest': planned.outputs['plan-digest'] ?? '', ...shown };
  expectEnd(await step(run, begin), 2, 'refused', 'APPROVAL_MISSING');
  expect(commentOf(repository, planned)).toMatch(/### Refused to start\n\n`APPROVAL_MISSING`/);
  expectEnd(await step(run, { ...begin, approval: 'earlier' }), 2, 'refused', 'REVIEW_REQUIRED');
  expect(aws.approvals()).toEqual([null]);

  state.reviewDeployment(repository, run, { by: 'bob', environment: ENVIRONMENT, comment: 'yes' });
  expectEnd(
    await step(run, { ...begin, 'plan-digest': `sha256:${'0'.repeat(64)}` }),
    2,
    'refused',
    'APPROVAL_DIGEST_CHANGED',
  );
  expect(commentOf(repository, planned)).toContain('`APPROVAL_DIGEST_CHANGED`');
  const done = await step(run, begin);
  expectEnd(done, 0, 'done', 'OK');
  expect(done.summary).toContain('| done | 3 |');
  const told = commentOf(repository, planned);
  expect(told).toMatch(/### Extended\n\nApproved by `bob`: yes\n\n\*\*Outcomes:\*\* 3 versions extended\n/);
  expect(told).not.toMatch(/Undo|Not verified/);
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
  expect(again.outputs['pull-request']).toBe('');
  expect(commentOf(repository, planned), 'a run without a review wrote a comment').toBe(told);
});

test('what is refused on AWS is told in the comment, and hostile keys stay text', async () => {
  const repository = prepareRepository();
  const hostile = '<img src=x>`@bob`|[a](http://b) ```';
  aws.bucket.put(`${hostile}/key`);
  const plan = await preparePlan(
    `  - prefixes: ['${hostile}']\n    minimumRetentionDays: 30\n    extensionFrequencyDays: 7\n`,
  );
  const run = github.state.startRun(repository, 'alice');
  const planned = await plan(run);
  expectEnd(planned, 0, 'planned', 'REVIEW_REQUIRED');
  const comment = commentOf(repository, planned);
  expect(comment).toContain('img src=x');
  const { tables, codeBlocks, bareLines } = readStructure(comment);
  expect(codeBlocks).toBe(0);
  expect(tables.every((rows) => new Set(rows).size === 1)).toBe(true);
  for (const line of bareLines) expect(line).not.toMatch(/@|<img|\]\(http:\/\/b/);

  const refusal = { code: 'AccessDenied', status: 403, message: '@bob <b>no</b>' };
  aws.sandbox.faults.add({ operation: 'CreateStack', effect: { error: refusal } });
  const deployed = await step(run, {
    step: 'deploy',
    record: planned.outputs.record ?? '',
    'boundary-arn': BOUNDARY,
    'service-role-arn': SERVICE_ROLE,
    'pull-request-number': planned.outputs['pull-request'] ?? '',
  });
  expectEnd(deployed, 2, 'refused', 'ACCESS_DENIED');
  const told = commentOf(repository, planned);
  expect(told).toMatch(/### Refused to start\n\n`ACCESS_DENIED`/);
  for (const line of readStructure(told).bareLines) expect(line).not.toMatch(/@|<b>/);
});

test('a run that stops on the way is told, and goes on', async () => {
  const repository = prepareRepository();
  aws.bucket.put('a');
  const plan = await preparePlan();
  const run = github.state.startRun(repository, 'alice');
  github.state.reachEnvironment(repository, run, ENVIRONMENT);
  const planned = await plan(run);
  const { record = '', 'plan-digest': digest = '', 'pull-request': pull = '' } = planned.outputs;
  const later = { record, 'pull-request-number': pull };
  const roles = { 'boundary-arn': BOUNDARY, 'service-role-arn': SERVICE_ROLE };
  expectEnd(await step(run, { step: 'deploy', ...later, ...roles }), 0, 'planned', 'OK');
  github.state.reviewDeployment(repository, run, { by: 'bob', environment: ENVIRONMENT, comment: 'yes' });
  aws.sandbox.faults.add({
    operation: 'PutObject',
    key: `${record.slice('s3://records/'.length)}outcomes/compliance.csv`,
    times: 1,
    effect: { error: { code: 'AccessDenied', status: 403 } },
  });
  const begin = { step: 'start', ...later, 'plan-digest': digest };
  const stopped = await step(run, begin);
  expectEnd(stopped, 1, 'failed', 'ACCESS_DENIED');
  expect(stopped.summary).toContain('`ACCESS_DENIED`');
  expect(commentOf(repository, planned)).toMatch(/### Stopped on the way\n\nApproved by `bob`: yes/);
  expectEnd(await step(run, begin), 0, 'done', 'OK');
  expect(commentOf(repository, planned)).toContain('### Extended\n');
});

test('no pull request where none is wanted, or none can be opened', async () => {
  const repository = prepareRepository();
  aws.bucket.put('a');
  const plan = await preparePlan();
  const run = github.state.startRun(repository, 'alice');
  expectEnd(await plan(run, { 'pull-request': 'false' }), 0, 'planned', 'REVIEW_REQUIRED');
  aws.sandbox.clock.advance(60);
  expectEnd(await plan(run, { 'report-only': 'true' }), 0, 'planned', 'REVIEW_REQUIRED');
  expect([repository.pulls, [...repository.branches.keys()]]).toEqual([[], ['main']]);

  aws.sandbox.clock.advance(60);
  repository.actionsMayOpenPullRequests = false;
  const planned = await plan(run);
  expectEnd(planned, 0, 'planned', 'PULL_REQUEST_NOT_ALLOWED');
  expect(planned.outputs).toMatchObject({ 'review-required': 'true', 'pull-request': '', 'comment-url': '' });
  expect(planned.summary).toContain('### Planned');
  expect(planned.summary).toContain('Extends');
  expect(repository.comments).toEqual([]);
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
