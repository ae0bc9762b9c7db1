import { afterEach, beforeEach, expect, test } from 'vitest';
import { BOUNDARY, incident, RECORDS, SERVICE_ROLE } from '../aws-end-to-end/account.ts';
import { P } from '../execute/harness.ts';
import { ENVIRONMENT, openWorkplace, type StepEnd, type Workplace } from './step.ts';

/** A rollback whose runner was lost is gone on with by another run, on the record that is there. */

let place: Workplace;
beforeEach(async () => {
  place = await openWorkplace();
  incident(place.account, 3);
});
afterEach(async () => {
  expect(place.account.sandbox.losses).toMatchObject({ permanentDeletions: 0, nullVersionReplacements: 0 });
  expect(place.github.unknown).toEqual([]);
  await place.end();
});

type Run = ReturnType<Workplace['dispatch']>;
const FAST = { 'poll-seconds': '0.02' };

const plan = (run: Run, executor: string) =>
  place.step(run, 'plan', {
    ...{ bucket: 'data', timestamp: P, list: 'true', executor },
    ...{ 'record-bucket': RECORDS, environment: ENVIRONMENT },
  });
const startInputs = (record: string, shown: StepEnd) => ({
  ...{ record, 'pull-request': shown.outputs['pull-request'] ?? '' },
  ...{ 'plan-digest': shown.outputs['plan-digest'] ?? '' },
  ...FAST,
});
const resume = (run: Run, record: string) => place.step(run, 'resume', { record, environment: ENVIRONMENT });
const approvals = () =>
  [...place.account.cloudFormation.roles.byName.values()].map(
    ({ tags }) => tags.get('s3-rewind:approved') ?? null,
  );

/** The one comment of a rollback. */
function commentOf({ outputs }: StepEnd): string {
  const found = place.comments(outputs['rollback-id'] ?? '');
  expect(found).toHaveLength(1);
  return found[0] ?? '';
}

function expectEnd({ status, outputs, log }: StepEnd, ...expected: [number, string, string?]): void {
  const [wanted, decision, code = 'OK'] = expected;
  expect([status, outputs.decision, outputs['reason-code']], log).toEqual([wanted, decision, code]);
}

test('jobs whose runner was lost: shown again, refused without an approval of its own, approved, done', async () => {
  const lost = place.dispatch();
  const planned = await plan(lost, 'auto');
  const record = planned.outputs.record ?? '';
  const deployed = await place.step(lost, 'deploy', {
    ...{ record, 'pull-request': planned.outputs['pull-request'] ?? '', environment: ENVIRONMENT },
    ...{ 'boundary-arn': BOUNDARY, 'service-role-arn': SERVICE_ROLE, ...FAST },
  });
  expectEnd(deployed, 0, 'suspended');
  place.approve(lost);
  await place.lose(lost, 'start-jobs', startInputs(record, planned), {
    operation: 'UpdateJobStatus',
    calls: 2,
  });
  await place.account.batch.settle();
  expect(commentOf(planned)).toContain('### Running');
  expect(commentOf(planned)).toContain(`gh workflow run resume.yml -f bucket=data -f record=${record}`);
  expect(approvals()).toEqual([planned.outputs['plan-digest'], planned.outputs['plan-digest']]);

  const run = place.dispatch();
  const shown = await resume(run, record);
  expectEnd(shown, 0, 'planned');
  expect(shown.outputs).toMatchObject({
    'pull-request': planned.outputs['pull-request'],
    'plan-digest': planned.outputs['plan-digest'],
    'comment-url': planned.outputs['comment-url'],
  });
  expect(commentOf(planned)).toContain('### Waiting for approval by `bob` to go on');

  // The approval of the lost run is for what that run showed.
  place.account.sandbox.requests.reset();
  const before = await place.step(run, 'start-jobs', startInputs(record, shown));
  expectEnd(before, 2, 'refused', 'APPROVAL_MISSING');
  for (const operation of ['TagRole', 'UpdateJobStatus']) {
    expect(place.account.sandbox.requests.count(operation)).toBe(0);
  }

  place.approve(run);
  const done = await place.step(run, 'start-jobs', startInputs(record, shown));
  expectEnd(done, 0, 'done');
  expect(done.result.command).toMatchObject({ executor: 'batch', rows: 9, outcomes: { done: 9 } });
  expect(commentOf(planned)).toContain('### Done, verified');
  expect(approvals()).toEqual([null, null]);

  const ended = await resume(place.dispatch(), record);
  expectEnd(ended, 0, 'nothing-to-do');
  expect(commentOf(planned)).toContain('### Done, verified');
});

test('a runner that carried the plan out itself and was lost; neither a comment of another plan nor a folder will do', async () => {
  const { sandbox } = place.account;
  const lost = place.dispatch();
  const planned = await plan(lost, 'direct');
  const record = planned.outputs.record ?? '';
  place.approve(lost);
  await place.lose(lost, 'start-jobs', startInputs(record, planned), { operation: 'CopyObject', calls: 1 });
  sandbox.clock.advance(3_600);

  const [comment] = place.github.state.repository('acme', 'data').comments;
  if (comment === undefined) throw new Error('no comment');
  const folder = await resume(place.dispatch(), 's3-rewind-record');
  expectEnd(folder, 2, 'refused', 'INVALID_OPTION');
  expect(folder.summary).toContain('plan again');
  const { body } = comment;
  comment.body = body.replace(/sha256:[0-9a-f]{64}/, `sha256:${'0'.repeat(64)}`);
  const run = place.dispatch();
  const other = comment.body;
  expectEnd(await resume(run, record), 2, 'refused', 'APPROVAL_DIGEST_CHANGED');
  expect(comment.body).toBe(other);
  comment.body = body;

  const shown = await resume(run, record);
  expectEnd(shown, 0, 'planned');
  place.approve(run);
  const done = await place.step(run, 'start-jobs', startInputs(record, shown));
  expectEnd(done, 0, 'done');
  expect(done.result.command).toMatchObject({ executor: 'direct', rows: 9, outcomes: { done: 9 } });
  expect(commentOf(planned)).toContain('### Done, verified');
});
