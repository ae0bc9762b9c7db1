import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Bucket } from '../../sandbox/bucket.ts';
import { PLAN } from '../../src/actions/contract/plan.ts';
import { readInputs } from '../../src/actions/inputs.ts';
import { setSchema } from '../../src/set/set-file.ts';
import { BOUNDARY, RECORDS, SERVICE_ROLE } from '../aws-end-to-end/account.ts';
import { AFTER_P, BEFORE_P, P, RUN_TIME } from '../execute/harness.ts';
import { readStructure } from '../review/markdown-structure.ts';
import { ENVIRONMENT, openWorkplace, type Workplace } from './step.ts';

/** Two buckets under one pull request, one comment and one approval, on the runner and on AWS. */

let place: Workplace;
let buckets: Bucket[];
beforeEach(async () => {
  place = await openWorkplace();
  const { sandbox } = place.account;
  buckets = ['images', 'tables'].map((name) => sandbox.createBucket(name, { versioning: 'Enabled' }));
  for (const bucket of buckets) {
    sandbox.clock.set(BEFORE_P);
    bucket.put('a|b', { body: 'old' });
    sandbox.clock.set(AFTER_P);
    bucket.addDeleteMarker('a|b');
  }
  sandbox.clock.set(RUN_TIME);
});
afterEach(async () => {
  expect(place.account.sandbox.losses).toMatchObject({ permanentDeletions: 0 });
  expect(place.github.unknown).toEqual([]);
  await place.end();
});

test('planned, shown, refused without an approval, started by one, and stopped by a changed member', async () => {
  const run = place.dispatch();
  const inputs = { bucket: 'images\ntables', timestamp: P, list: 'true', environment: ENVIRONMENT };
  const planned = await place.step(run, 'plan', { ...inputs });
  expect([planned.status, planned.outputs.decision], planned.log).toEqual([0, 'planned']);
  const { 'rollback-id': setId = '', 'plan-digest': digest = '', folder = '' } = planned.outputs;
  const repository = place.github.state.repository('acme', 'data');
  expect(repository.pulls).toHaveLength(1);
  const [head] = [...repository.branches].filter(([name]) => name.includes(setId)).map(([, sha]) => sha);
  const kept = [...(repository.commits.get(head ?? '')?.tree.keys() ?? [])];
  for (const name of ['set.json', 'README.md', '1-images/plan.json', '2-tables/plan.json']) {
    expect(kept).toContain(`rollbacks/${setId}/${name}`);
  }
  const [comment = ''] = place.comments(setId);
  expect(comment).toContain('Roll 2 buckets back');
  expect(comment).toContain(digest);
  expect(readStructure(comment).tables.every((rows) => new Set(rows).size === 1)).toBe(true);
  const start = () =>
    place.step(run, 'start-jobs', {
      record: folder,
      'pull-request': planned.outputs['pull-request'] ?? '',
      'plan-digest': digest,
    });
  const early = await start();
  expect([early.status, early.outputs['reason-code']], early.log).toEqual([2, 'APPROVAL_MISSING']);
  place.approve(run);
  const path = join(folder, 'set.json');
  const text = JSON.stringify(setSchema.parse(JSON.parse(await readFile(path, 'utf8'))));
  await writeFile(path, text.replace('"order":1', '"order":2'));
  expect((await start()).outputs['reason-code']).toBe('RECORD_CHANGED');
  expect(buckets.map((bucket) => bucket.current('a|b')?.isDeleteMarker)).toEqual([true, true]);
  await writeFile(path, text);
  const done = await start();
  expect([done.status, done.outputs.decision], done.log).toEqual([0, 'done']);
  expect(buckets.map((bucket) => bucket.current('a|b')?.isDeleteMarker)).toEqual([false, false]);
  expect(place.comments(setId)).toHaveLength(1);
  expect(place.comments(setId)[0]).toContain('looks right');
  const verified = await place.step(run, 'verify', { record: folder });
  expect([verified.status, verified.outputs.decision], verified.log).toEqual([0, 'agrees']);
  expect(verified.summary).toContain('| tables |');
  const undone = await place.step(run, 'undo', { record: folder, environment: ENVIRONMENT });
  expect([undone.status, undone.outputs.decision], undone.log).toEqual([0, 'planned']);
  expect(undone.summary).toContain('Undo the rollback of 2 buckets');
});

test.each([
  ['one a line', 'images\ntables'],
  ['with commas', 'images, tables,'],
  ['both, and spaces', ' images ,\r\n tables\n'],
])('names %s', (_name, text) => {
  const inputs = readInputs(PLAN, {
    INPUT_BUCKET: text,
    INPUT_TIMESTAMP: P,
    INPUT_REPLICA: 'a-1=b-1,c-1=d-1',
  });
  expect(inputs.arguments()).toEqual([
    ...['--bucket=images', '--bucket=tables', '--replica=a-1=b-1', '--replica=c-1=d-1'],
    `--timestamp=${P}`,
  ]);
});

test('on S3 Batch Operations: hostile names refused, one comment with the jobs of both, one approval, one undo', async () => {
  const run = place.dispatch();
  const inputs = { timestamp: P, list: 'true', 'record-bucket': RECORDS, executor: 'auto' };
  const hostile = { ...inputs, bucket: 'images,--yes\n$(id)' };
  const refused = await place.step(run, 'plan', hostile);
  expect([refused.status, refused.outputs['reason-code']], refused.log).toEqual([2, 'INVALID_BUCKET']);
  const planned = await place.step(run, 'plan', {
    ...inputs,
    bucket: 'images,tables',
    environment: ENVIRONMENT,
  });
  expect([planned.status, planned.outputs.decision], planned.log).toEqual([0, 'planned']);
  const { record = '', executor, 'rollback-id': setId = '' } = planned.outputs;
  expect([record, executor]).toEqual([`s3://${RECORDS}/${setId}/`, 'batch']);
  const pull = { record, 'pull-request': planned.outputs['pull-request'] ?? '', 'poll-seconds': '0.02' };
  const roles = { 'boundary-arn': BOUNDARY, 'service-role-arn': SERVICE_ROLE };
  const deployed = await place.step(run, 'deploy', { ...pull, ...roles, environment: ENVIRONMENT });
  expect([deployed.status, deployed.outputs.decision], deployed.log).toEqual([0, 'suspended']);
  expect(place.github.state.repository('acme', 'data').pulls).toHaveLength(1);
  expect(place.comments(setId)[0]).toContain('### Waiting for approval by `bob`');
  const { jobs } = place.account.batch;
  expect(jobs.size).toBe(2);
  for (const id of jobs.keys()) expect(place.comments(setId)[0]).toContain(`/s3/jobs/${id}?`);

  const proof = { ...pull, 'plan-digest': planned.outputs['plan-digest'] ?? '' };
  const early = await place.step(run, 'start-jobs', proof);
  expect([early.status, early.outputs['reason-code']], early.log).toEqual([2, 'APPROVAL_MISSING']);
  expect(place.account.sandbox.requests.count('TagRole')).toBe(0);
  place.approve(run);
  // The session is over once the first member is through; another run goes on, with an approval of its own.
  const over = { code: 'ExpiredToken', status: 400, message: 'The provided token has expired.' };
  const stop = place.account.sandbox.faults.add({
    ...{ operation: 'UpdateJobStatus', after: 1 },
    effect: { error: over },
  });
  const stopped = await place.step(run, 'start-jobs', proof);
  expect([stopped.status, stopped.outputs['reason-code']], stopped.log).toEqual([1, 'ACCESS_DENIED']);
  stop();
  expect(buckets.map((bucket) => bucket.current('a|b')?.isDeleteMarker)).toEqual([false, true]);
  expect(place.comments(setId)[0]).toContain('### Stopped on the way');
  const goOn = `gh workflow run resume.yml -f bucket=images,tables -f record=${record}`;
  expect(place.comments(setId)[0]).toContain(goOn);
  const next = place.dispatch();
  const shown = await place.step(next, 'resume', { record, environment: ENVIRONMENT });
  expect([shown.status, shown.outputs.decision], shown.log).toEqual([0, 'planned']);
  expect(shown.outputs).toMatchObject({ 'plan-digest': proof['plan-digest'], 'rollback-id': setId });
  expect(place.comments(setId)[0]).toContain('### Waiting for approval by `bob` to go on');
  place.approve(next);
  const done = await place.step(next, 'start-jobs', proof);
  expect([done.status, done.outputs.decision], done.log).toEqual([0, 'done']);
  expect(buckets.map((bucket) => bucket.current('a|b')?.isDeleteMarker)).toEqual([false, false]);
  const ended = await place.step(place.dispatch(), 'resume', { record, environment: ENVIRONMENT });
  expect(ended.outputs.decision, ended.log).toBe('nothing-to-do');
  const [comment = ''] = place.comments(setId);
  expect(comment).toContain('### Done, verified');
  expect(comment).toContain(`gh workflow run undo.yml -f bucket=images,tables -f record=${record}`);
  expect(comment).toMatch(/\| `tables` \| \*\*2\*\* \| .* \| 1 of 1 \| 0 \|/);
  expect(readStructure(comment).tables.every((rows) => new Set(rows).size === 1)).toBe(true);
  expect(place.account.records.current(`${setId}/approval.json`)).toBeDefined();

  const cleaned = await place.step(run, 'cleanup', { record, 'poll-seconds': '0.02' });
  expect([cleaned.status, cleaned.outputs.decision], cleaned.log).toEqual([0, 'cleaned']);
  expect(cleaned.outputs.rollbacks).toBe('2');
  expect(place.comments(setId)[0]).toMatch(
    /Cleaned up:\*\* the stacks `rb-tables-\S+`, `rb-images-\S+` are gone/,
  );
});
