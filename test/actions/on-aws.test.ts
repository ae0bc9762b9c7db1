import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BOUNDARY, contentOf, incident, RECORDS, SERVICE_ROLE } from '../aws-end-to-end/account.ts';
import { P } from '../execute/harness.ts';
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
const FAST = { 'poll-seconds': '0.02' };
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
  const cleaned = await clean(run, { record: planned.outputs.record ?? '' });
  expectEnd(cleaned, 0, 'cleaned');
  expect(cleaned.outputs.rollbacks).toBe('1');
  expect(cleaned.summary).toContain(id);
  expect(place.account.cloudFormation.roles.byName.size).toBe(0);
  expect(commentOf(planned)).toMatch(/\*\*Cleaned up:\*\* the stack `rb-data-[\w-]+` is gone from AWS/);
  expect(commentOf(planned)).toContain('### Done, verified');
}, 120_000);
