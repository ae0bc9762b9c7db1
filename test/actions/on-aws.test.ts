import { afterEach, beforeEach, expect, test } from 'vitest';
import { BOUNDARY, contentOf, incident, RECORDS, SERVICE_ROLE } from '../aws-end-to-end/account.ts';
import { AFTER_P, P, RUN_TIME } from '../execute/harness.ts';
import { readStructure } from '../review/markdown-structure.ts';
import { ENVIRONMENT, openWorkplace, type StepEnd, type Workplace } from './step.ts';

/** The actions on a plan that S3 Batch Operations carries out, from the dispatch to the cleanup. */

let place: Workplace;
beforeEach(async () => {
  place = await openWorkplace();
  incident(place.account);
});
afterEach(async () => {
  expect(place.account.sandbox.losses).toMatchObject({ permanentDeletions: 0, nullVersionReplacements: 0 });
  expect(place.github.unknown).toEqual([]);
  await place.end();
});

type Run = ReturnType<Workplace['dispatch']>;
const HOSTILE = '<img src=x onerror=alert(1)> @alice | `x` [a](javascript:1)\n\n# Heading';
const FAST = { 'poll-seconds': '0.05' };
const stateOf = () => place.github.state.repository('acme', 'data');
const approvals = () =>
  [...place.account.cloudFormation.roles.byName.values()].map(
    ({ tags }) => tags.get('s3-rewind:approved') ?? null,
  );

const plan = (run: Run, inputs: Record<string, string> = {}) =>
  place.step(run, 'plan', {
    ...{ bucket: 'data', timestamp: P, list: 'true', executor: 'auto' },
    ...{ 'record-bucket': RECORDS, environment: ENVIRONMENT },
    ...inputs,
  });

const deploy = (run: Run, { outputs }: StepEnd, inputs: Record<string, string> = {}) =>
  place.step(run, 'deploy', {
    ...{ record: outputs.record ?? '', 'pull-request': outputs['pull-request'] ?? '' },
    ...{ 'boundary-arn': BOUNDARY, 'service-role-arn': SERVICE_ROLE, environment: ENVIRONMENT },
    ...FAST,
    ...inputs,
  });

const start = (run: Run, { outputs }: StepEnd, inputs: Record<string, string> = {}) =>
  place.step(run, 'start-jobs', {
    ...{ record: outputs.record ?? '', 'pull-request': outputs['pull-request'] ?? '' },
    ...{ 'plan-digest': outputs['plan-digest'] ?? '' },
    ...FAST,
    ...inputs,
  });

const clean = (run: Run, inputs: Record<string, string>) =>
  place.step(run, 'cleanup', { account: '123456789012', ...FAST, ...inputs });

/** The one comment of a rollback. */
function commentOf({ outputs }: StepEnd): string {
  const found = place.comments(outputs['rollback-id'] ?? '');
  expect(found).toHaveLength(1);
  return found[0] ?? '';
}

function expectEnd(end: StepEnd, status: number, decision: string, reasonCode = 'OK'): void {
  expect([end.status, end.outputs.decision, end.outputs['reason-code']], end.log).toEqual([
    status,
    decision,
    reasonCode,
  ]);
}

/** Nobody is notified, nothing is linked to or drawn, and no table is torn. */
function expectInert(...texts: string[]): void {
  for (const text of texts) {
    const { tables, bareLines, headings } = readStructure(text);
    expect(tables.every((rows) => new Set(rows).size === 1)).toBe(true);
    expect(headings).not.toContain('# Heading');
    for (const line of bareLines) expect(line).not.toMatch(/@|<(?!!--)|\]\(/);
  }
}

test('plan, deploy, refused, approved, done, cleaned up; the comment follows', async () => {
  const run = place.dispatch();
  const before = contentOf(place.account);

  const planned = await plan(run);
  expectEnd(planned, 0, 'planned');
  expect(planned.outputs.executor).toBe('batch');
  expect(planned.outputs.record).toBe(`s3://${RECORDS}/${planned.outputs['rollback-id']}/`);
  expect(commentOf(planned)).toContain('### Planned');

  const deployed = await deploy(run, planned);
  expectEnd(deployed, 0, 'suspended');
  expect(deployed.outputs.record).toBe(planned.outputs.record);
  expect(deployed.outputs['comment-url']).toBe(planned.outputs['comment-url']);
  expect(commentOf(planned)).toContain('### Waiting for approval by `bob`');
  const { jobs } = place.account.batch;
  for (const id of jobs.keys()) {
    expect(commentOf(planned)).toContain(`https://us-east-1.console.aws.amazon.com/s3/jobs/${id}?`);
  }
  expect([...jobs.values()].map(({ status }) => status)).toEqual(['Suspended', 'Suspended', 'Suspended']);
  const [stack] = place.account.cloudFormation.stacks;
  expect(Object.fromEntries(stack?.tags ?? [])).toMatchObject({
    's3-rewind:repository': 'acme/data',
    's3-rewind:run': String(run.id),
  });

  place.account.sandbox.requests.reset();
  const refused = await start(run, planned);
  expectEnd(refused, 2, 'refused', 'APPROVAL_MISSING');
  expect(commentOf(planned)).toContain('### Refused to start');
  expect(place.account.sandbox.requests.count('TagRole')).toBe(0);
  expect(place.account.sandbox.requests.count('UpdateJobStatus')).toBe(0);
  expect(place.account.sandbox.requests.count('PutObject')).toBe(0);
  expect(contentOf(place.account)).toEqual(before);

  place.approve(run);
  const done = await start(run, planned);
  expectEnd(done, 0, 'done');
  expect(done.result.command).toMatchObject({ executor: 'batch', rows: 30, outcomes: { done: 30 } });
  expect(commentOf(planned)).toContain('### Done, verified');
  expect(commentOf(planned)).toContain('Approved by `bob`: looks right');
  expect(commentOf(planned)).toContain(
    `gh workflow run undo.yml -f bucket=data -f record=${planned.outputs.record}`,
  );
  expect(approvals()).toEqual([null, null]);
  const id = planned.outputs['rollback-id'] ?? '';
  const approval = place.account.records.current(`${id}/approval.json`);
  if (approval === undefined || approval.isDeleteMarker) throw new Error('no approval.json');
  expect(JSON.parse(String(approval.content.bytes))).toMatchObject({
    digest: planned.outputs['plan-digest'],
    approver: { login: 'bob' },
  });

  const told = await clean(run, { record: planned.outputs.record ?? '', 'dry-run': 'true' });
  expectEnd(told, 0, 'would-clean');
  expect(place.account.cloudFormation.roles.byName.size).toBe(2);
  expect(commentOf(planned)).not.toContain('Cleaned up');
  const expired = { expired: 'true', 'record-bucket': RECORDS };
  const none = await clean(run, expired);
  expectEnd(none, 0, 'nothing-to-do');
  expect(none.summary).toContain('Nothing has expired');
  const tag = stack?.tags.find(([key]) => key === 's3-rewind:expires');
  if (tag === undefined) throw new Error('the stack says nowhere when it expires');
  tag[1] = '2020-01-01T00:00:00Z';
  const cleaned = await clean(run, expired);
  expectEnd(cleaned, 0, 'cleaned');
  expect([cleaned.outputs.rollbacks, cleaned.result.rollbackId]).toEqual(['1', id]);
  expect(cleaned.summary).toContain(id);
  expect(place.account.cloudFormation.roles.byName.size).toBe(0);
  expect(commentOf(planned)).toMatch(/\*\*Cleaned up:\*\* the stack `rb-data-[\w-]+` is gone from AWS/);
  expect(commentOf(planned)).toContain('### Done, verified');
});

test('where Actions may open no pull request: the summary, its code, and a digest that has to fit', async () => {
  stateOf().actionsMayOpenPullRequests = false;
  const run = place.dispatch();
  const planned = await plan(run);
  expectEnd(planned, 0, 'planned', 'PULL_REQUEST_NOT_ALLOWED');
  expect(planned.outputs['pull-request']).toBe('');
  expect(planned.summary).toContain('### Planned');

  const deployed = await deploy(run, planned);
  expectEnd(deployed, 0, 'suspended');
  expect(deployed.outputs['comment-url']).toBe('');
  expect(deployed.summary).toContain('### Waiting for approval by `bob`');

  place.account.sandbox.requests.reset();
  place.approve(run);
  const other = await start(run, planned, { 'plan-digest': `sha256:${'0'.repeat(64)}` });
  expectEnd(other, 2, 'refused', 'APPROVAL_DIGEST_CHANGED');
  expect(place.account.sandbox.requests.count('TagRole')).toBe(0);
  expect(place.account.sandbox.requests.count('UpdateJobStatus')).toBe(0);

  const { sandbox, batch } = place.account;
  const effect = { deleteError: { code: 'AccessDenied' } } as const;
  sandbox.faults.add({ operation: 'DeleteObjects', key: 'new/7', times: 1, effect });
  const done = await start(run, planned, { approval: 'none' });
  expectEnd(done, 0, 'done');
  expect(done.log).toMatch(/^::warning title=NO_APPROVAL::.*approval: none/m);
  expect(done.summary).toContain('**Nobody approved this:**');
  // What was denied was given to another job, which is the one that is linked to.
  const [first, ...others] = [...batch.jobs.keys()];
  expect(others).toHaveLength(3);
  expect(done.summary).toContain(`/s3/jobs/${others.at(-1)}?`);
  expect(done.summary).not.toContain(`/s3/jobs/${first}?`);
  expect(approvals()).toEqual([null, null]);
});

test('a review of a code owner starts the jobs; what people wrote does nothing in the texts', async () => {
  const { sandbox, bucket } = place.account;
  sandbox.clock.set(AFTER_P);
  for (const key of [HOSTILE, '--> | out', '@alice/$(id)']) bucket.put(key, { body: 'new' });
  sandbox.clock.set(RUN_TIME);
  const owners = new Map([['.github/CODEOWNERS', '/rollbacks/ @carol\n']]);
  stateOf().commit('main', owners, 'owners');
  const run = place.dispatch();
  const planned = await plan(run, { 'copy-with': 's3-batch-copy' });
  await deploy(run, planned);
  const review = { approval: 'code-owner-review', commit: planned.outputs.commit ?? '' };

  place.account.sandbox.requests.reset();
  // A required reviewer of the environment is no code owner.
  place.approve(run, HOSTILE);
  expectEnd(await start(run, planned, review), 2, 'refused', 'APPROVAL_REVIEW_MISSING');
  expect(place.account.sandbox.requests.count('TagRole')).toBe(0);

  const pull = Number(planned.outputs['pull-request']);
  place.github.state.reviewPullRequest(stateOf(), pull, 'carol', 'APPROVED');
  const done = await start(run, planned, review);
  expectEnd(done, 0, 'done');
  expect(commentOf(planned)).toContain('Approved by `carol`');
  expect([...place.account.batch.jobs.values()].map(({ definition }) => definition.operation.kind)).toContain(
    'S3PutObjectCopy',
  );

  expectInert(commentOf(planned), done.summary);
});

test('the plan is shown before its record is put into the bucket; where that fails, the comment says so', async () => {
  const error = { code: 'AccessDenied', status: 403, message: 'Access Denied' };
  place.account.sandbox.faults.add({ operation: 'PutObject', times: 1, effect: { error } });
  const planned = await plan(place.dispatch(), { executor: 'direct' });
  expectEnd(planned, 2, 'refused', 'ACCESS_DENIED');
  const [body] = stateOf().comments.map((comment) => comment.body);
  expect(body).toContain('### Refused to start');
  expect(body).toContain('`ACCESS_DENIED`');
  expect(planned.summary).not.toContain('### Planned');

  const again = await plan(place.dispatch(), { executor: 'direct' });
  expectEnd(again, 0, 'planned');
  expect(stateOf().comments.at(-1)?.body).toContain('### Waiting for approval by `bob`');
  expect(again.summary.match(/^### (Planned|Waiting)/gm)).toEqual(['### Waiting']);
});

test('a stack that fails, its cleanup, and a run that stops on the way: each told, the tag taken off', async () => {
  const { cloudFormation, batch, sandbox } = place.account;
  cloudFormation.failures.set('TaskFunction', `${HOSTILE} is too high`);
  const run = place.dispatch();
  const planned = await plan(run);
  const failed = await deploy(run, planned);
  expectEnd(failed, 1, 'failed', 'STACK_FAILED');
  expect(commentOf(planned)).toContain('### Refused to start');
  expect(commentOf(planned)).toContain('`STACK_FAILED`');
  expectInert(commentOf(planned), failed.summary);

  cloudFormation.failures.clear();
  expectEnd(await clean(run, { record: planned.outputs.record ?? '' }), 0, 'cleaned');
  expect(commentOf(planned)).toContain('**Cleaned up:**');
  expectEnd(await deploy(run, planned), 0, 'suspended');
  // Written anew: what was noted is true no more.
  expect(commentOf(planned)).not.toContain('**Cleaned up:**');

  place.approve(run, HOSTILE);
  // A session that is over once the jobs are watched: nine looks at jobs come before.
  const error = { code: 'ExpiredToken', status: 400, message: 'The provided token has expired.' };
  sandbox.faults.add({ operation: 'DescribeJob', after: 12, effect: { error } });
  expectEnd(await start(run, planned), 1, 'failed', 'ACCESS_DENIED');
  await batch.settle();
  expect(commentOf(planned)).toContain('### Stopped on the way');
  expect(commentOf(planned)).toContain('Approved by `bob`');
  expectInert(commentOf(planned));
  expect(approvals()).toEqual([null, null]);
});
