import assert from 'node:assert/strict';
import { currentContents } from '../../demo/contents.ts';
import type { Bucket } from '../../sandbox/bucket.ts';
import type { Sandbox } from '../../sandbox/server.ts';
import { parseMarker } from '../../src/review/marker.ts';
import {
  BOOTSTRAPPED,
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

/** The workflows rollback, undo and cleanup. */

const P = '2025-08-22T11:01:00Z';
const BUCKET = 'data';
const APPROVED_TAG = 's3-rewind:approved';
export const ROLLBACK_INPUTS = {
  bucket: BUCKET,
  timestamp: P,
  inventory: 'list',
  mode: 'bucket-rollback',
  'storage-class': 'as-source',
  executor: 'auto',
  environment: ENVIRONMENT,
};

/** A bucket with a bad deploy in it, and the variables of the repository that rolls it back. */
type Damaged = { bucket: Bucket; good: Map<string, string>; variables: Record<string, string> };

/** Refused without an approval, done with one, undone with another one. */
export async function playRollback(one: Case, stage: Stage): Promise<void> {
  const damaged = { ...prepareBucket(stage.sandbox), variables: DIRECT };
  const before = currentContents(damaged.bucket);
  await playRefused(one, stage, damaged);
  const { runId } = await playDone(one, stage, damaged);
  await playUndone(one, stage, damaged, { run: String(runId) }, before);
}

/** The same by suspended jobs and a tag that only an approval sets; cleaned up, and undone after that. */
export async function playRollbackOnAws(one: Case, stage: Stage): Promise<void> {
  const { sandbox, double, batch, cloudFormation } = stage;
  const damaged = { ...prepareBucket(sandbox), variables: BOOTSTRAPPED };
  const roles = () => [...cloudFormation.roles.byName.values()];
  const before = currentContents(damaged.bucket);
  const refused = await playRefused(one, stage, damaged);
  assert.equal(sandbox.requests.count('TagRole'), 0, 'the tag of the approval was set without a proof');
  assert.deepEqual(new Set([...batch.jobs.values()].map(({ status }) => status)), new Set(['Suspended']));
  told('its jobs are suspended, and the tag of the approval was never set');

  // Planned anew in one of the two repositories, gone on with in the other.
  const { runId } = one.isThorough
    ? await playDone(one, stage, damaged)
    : await playResumed(one, stage, damaged, refused.runId);
  const deployed = roles().length;
  assert.ok(
    roles().every(({ tags }) => !tags.has(APPROVED_TAG)),
    'the tag of the approval was left',
  );
  const { rollbackId } = parseMarker(commentOf(double, runId)) ?? {};
  const record = `s3://${RECORDS}/${rollbackId}/`;

  const cleanUp = (isTrial: boolean) =>
    play(one, stage, {
      workflow: 'cleanup.yml',
      variables: BOOTSTRAPPED,
      inputs: { record, 'dry-run': String(isTrial) },
    });
  const looked = await cleanUp(true);
  assert.equal(looked.end.status, 0, looked.end.log);
  assert.equal(roles().length, deployed, 'a dry run removed something');
  const cleaned = await cleanUp(false);
  assert.equal(cleaned.end.status, 0, cleaned.end.log);
  assert.equal(roles().length, deployed - 2, 'the roles of the rollback, and no others, are gone');
  assert.match(commentOf(double, runId), /Cleaned up/);
  assert.match(commentOf(double, runId), /Done, verified/);
  told('cleaned up; the comment says so');

  await playUndone(one, stage, damaged, { record }, before);
}

async function playRefused(
  one: Case,
  stage: Stage,
  { bucket, variables }: Damaged,
): Promise<{ runId: number }> {
  const before = currentContents(bucket);
  const { end, runId } = await play(one, stage, {
    workflow: 'rollback.yml',
    variables,
    inputs: ROLLBACK_INPUTS,
  });
  assert.notEqual(end.status, 0, end.log);
  assert.match(end.log, /APPROVAL_MISSING/);
  assert.deepEqual(currentContents(bucket), before, 'a refused run changed the bucket');
  assert.match(commentOf(stage.double, runId), /Refused to start/);
  told('refused without an approval, nothing changed');
  return { runId };
}

/** The record of a run that started nothing is gone on with by a run of its own. */
async function playResumed(
  one: Case,
  stage: Stage,
  { bucket, good, variables }: Damaged,
  refusedRun: number,
): Promise<{ runId: number }> {
  const { rollbackId } = parseMarker(commentOf(stage.double, refusedRun)) ?? {};
  const inputs = { record: `s3://${RECORDS}/${rollbackId}/`, bucket: BUCKET, environment: ENVIRONMENT };
  const run = { workflow: 'resume.yml', variables, inputs, approvesOnce: isAsked };
  const { end, runId } = await play(one, stage, run);
  assert.equal(end.status, 0, end.log);
  assert.deepEqual(currentContents(bucket), good);
  assert.match(commentOf(stage.double, runId), /Done, verified/);
  told('gone on with by another run, approved, done, verified');
  return { runId };
}

async function playDone(
  one: Case,
  stage: Stage,
  { bucket, good, variables }: Damaged,
): Promise<{ runId: number }> {
  const run = { workflow: 'rollback.yml', variables, inputs: ROLLBACK_INPUTS, approvesOnce: isAsked };
  const { end, runId } = await play(one, stage, run);
  assert.equal(end.status, 0, end.log);
  assert.deepEqual(currentContents(bucket), good);
  assert.match(commentOf(stage.double, runId), /Done, verified/);
  assert.match(commentOf(stage.double, runId), /Approved by `bob`/);
  told('dispatch, pull request, comment, approval, done, verified');
  return { runId };
}

async function playUndone(
  one: Case,
  stage: Stage,
  { bucket, variables }: Damaged,
  from: { run: string } | { record: string },
  before: Map<string, string>,
): Promise<void> {
  const inputs = { ...from, bucket: BUCKET, executor: 'auto', environment: ENVIRONMENT };
  const { end, runId } = await play(one, stage, {
    workflow: 'undo.yml',
    variables,
    inputs,
    approvesOnce: isAsked,
  });
  assert.equal(end.status, 0, end.log);
  assert.deepEqual(currentContents(bucket), before, 'undo did not bring back what was there');
  assert.match(commentOf(stage.double, runId), /Done, verified/);
  told('undone, approved and verified in turn');
}

/** bob is asked by the comment of the run. */
export function isAsked({ comment }: Shown): boolean {
  return /Waiting for approval by `bob`/.test(comment ?? '');
}

/** @returns the bucket, and what its readers saw at P */
function prepareBucket(sandbox: Sandbox): { bucket: Bucket; good: Map<string, string> } {
  sandbox.clock.set('2025-08-22T11:00:00Z');
  const bucket = sandbox.createBucket(BUCKET, { versioning: 'Enabled' });
  bucket.put('a', { body: 'good a' });
  bucket.put('b', { body: 'good b' });
  const good = currentContents(bucket);
  sandbox.clock.set('2025-08-22T11:02:00Z');
  bucket.addDeleteMarker('a');
  bucket.put('b', { body: 'bad b' });
  bucket.put('c', { body: 'junk' });
  sandbox.clock.release();
  return { bucket, good };
}
