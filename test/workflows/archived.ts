import assert from 'node:assert/strict';
import { currentContents } from '../../demo/contents.ts';
import { parseMarker } from '../../src/review/marker.ts';
import { isAsked, ROLLBACK_INPUTS } from './rollback.ts';
import {
  type Case,
  commentOf,
  DIRECT,
  ENVIRONMENT,
  play,
  RECORDS,
  type Shown,
  type Stage,
  told,
} from './stage.ts';

/** The workflow restore-archived, over the days that S3 takes, for what a rollback by the runner left. */

const HOUR_SECONDS = 3_600;

export async function playArchived(one: Case, stage: Stage): Promise<void> {
  const { sandbox, double } = stage;
  sandbox.clock.set('2025-08-22T11:00:00Z');
  const bucket = sandbox.createBucket(ROLLBACK_INPUTS.bucket, { versioning: 'Enabled' });
  bucket.put('deep', { body: 'good deep', attributes: { storageClass: 'DEEP_ARCHIVE' } });
  bucket.put('warm', { body: 'good warm' });
  const good = currentContents(bucket);
  sandbox.clock.set('2025-08-22T11:02:00Z');
  for (const key of ['deep', 'warm']) bucket.put(key, { body: 'bad' });
  sandbox.clock.set(new Date().toISOString().replace(/\.\d+Z/, 'Z'));

  const variables = { ...DIRECT, S3_REWIND_RECORD_BUCKET: RECORDS };
  const rolledBack = await play(one, stage, {
    ...{ workflow: 'rollback.yml', variables, inputs: ROLLBACK_INPUTS, approvesOnce: isAsked },
  });
  assert.notEqual(rolledBack.end.status, 0, rolledBack.end.log);
  assert.match(rolledBack.end.log, /ROWS_LEFT/);
  assert.equal(currentContents(bucket).get('warm'), good.get('warm'));
  const { rollbackId } = parseMarker(commentOf(double, rolledBack.runId)) ?? {};
  const record = `s3://${RECORDS}/${rollbackId}/`;
  const pull = double.state.repository('acme', 'data').pulls[0]?.number;
  const comment = () =>
    double.state
      .repository('acme', 'data')
      .comments.find(({ body }) => parseMarker(body)?.rollbackId === rollbackId)?.body ?? '';
  told('a rollback leaves what is archived');

  const workflow = 'restore-archived.yml';
  const inputs = { record, tier: 'Bulk', 'pull-request': String(pull), environment: ENVIRONMENT };
  if (one.isThorough) {
    const { end } = await play(one, stage, { workflow, variables, inputs });
    assert.notEqual(end.status, 0, end.log);
    assert.match(end.log, /APPROVAL_MISSING/);
    assert.equal(sandbox.requests.count('RestoreObject'), 0, 'S3 was asked without an approval');
    told('refused without an approval, nothing is asked of S3');
  }
  const asked = await play(one, stage, { workflow, variables, inputs, approvesOnce: isOffered });
  assert.equal(asked.end.status, 0, asked.end.log);
  assert.equal(sandbox.requests.count('RestoreObject'), 1);
  assert.match(comment(), /Approved by `bob`/);
  told('cost and time are shown, approved, and S3 is asked');

  const scheduled = {
    ...variables,
    S3_REWIND_ARCHIVED_RECORD: record,
    S3_REWIND_ARCHIVED_PULL_REQUEST: String(pull),
  };
  if (one.isThorough) {
    sandbox.clock.advance(6 * HOUR_SECONDS);
    const { end } = await play(one, stage, { workflow, variables: scheduled, inputs: null });
    assert.equal(end.status, 0, end.log);
    assert.match(end.log, /The next look is worth it at/);
    assert.notEqual(currentContents(bucket).get('deep'), good.get('deep'));
    told('the schedule looks, and waits');
  }
  sandbox.clock.advance(49 * HOUR_SECONDS);
  const copied = await play(one, stage, { workflow, variables: scheduled, inputs: null });
  assert.equal(copied.end.status, 0, copied.end.log);
  assert.deepEqual(currentContents(bucket), good);
  assert.equal(sandbox.requests.count('RestoreObject'), 1, 'S3 was asked twice');
  told('two days later the schedule copies what is ready: done');
}

/** bob reads cost and time in the summary of the job before. */
function isOffered({ log }: Shown): boolean {
  return /Summary - [\s\S]*Archived versions of rb-/.test(log);
}
