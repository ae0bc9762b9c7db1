import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Bucket } from '../../sandbox/bucket.ts';
import {
  arnOf,
  BOOTSTRAPPED,
  type Case,
  commentOf,
  ENVIRONMENT,
  play,
  type Shown,
  type Stage,
  told,
} from './stage.ts';

/** The workflow extend-retention, over the weeks of a schedule. */

const BUCKET = 'locked';
const SETTINGS = '.github/retention.yml';
const DAY_MS = 86_400_000;
const WEEK_SECONDS = 7 * 86_400;
const VARIABLES = {
  ...BOOTSTRAPPED,
  S3_REWIND_EXTEND_ROLE: arnOf('role/extend'),
  S3_REWIND_RETENTION_CONFIG: SETTINGS,
};

export async function playRetention(one: Case, stage: Stage): Promise<void> {
  const { sandbox, cloudFormation, double } = stage;
  sandbox.clock.set('2026-01-05T03:00:00Z');
  const bucket = sandbox.createBucket(BUCKET, { objectLock: true });
  const inDays = (days: number) => sandbox.clock.now() + days * DAY_MS;
  bucket.put('no lock');
  bucket.put('governance', { attributes: { retention: { mode: 'GOVERNANCE', retainUntil: inDays(3) } } });
  bucket.put('longer', { attributes: { retention: { mode: 'COMPLIANCE', retainUntil: inDays(500) } } });
  const longer = lockOf(bucket, 'longer');
  const workflow = 'extend-retention.yml';
  const inputs = { environment: ENVIRONMENT, 'report-only': 'false' };
  const byHand = (approvesOnce?: (shown: Shown) => boolean) =>
    play(one, stage, {
      ...{ workflow, variables: VARIABLES, inputs },
      ...(approvesOnce === undefined ? {} : { approvesOnce }),
    });
  const onSchedule = () => play(one, stage, { workflow, variables: VARIABLES, inputs: null });
  const approvals = () =>
    [...cloudFormation.roles.byName.values()].filter(({ tags }) => tags.has('s3-rewind:approved')).length;

  const assertNoComment = (runId: number) =>
    assert.throws(() => commentOf(double, runId), /has no comment/, 'nobody is asked on a schedule');

  await writeSettings(one, { minimum: 90, budget: 3 });
  if (one.isThorough) {
    const { end, runId } = await byHand();
    assert.notEqual(end.status, 0, end.log);
    assert.match(end.log, /APPROVAL_MISSING/);
    assert.match(commentOf(double, runId), /### Refused to start\n\n`APPROVAL_MISSING`/);
    assert.equal(lockOf(bucket, 'no lock'), undefined, 'a refused run locked something');
    assert.equal(approvals(), 0);
    told('the first run is refused without an approval, nothing is locked');
    // The ID of a plan has its second, and the clock stands still.
    sandbox.clock.advance(60);
  }
  const first = await byHand(isShown);
  assert.equal(first.end.status, 0, first.end.log);
  assert.deepEqual(lockOf(bucket, 'no lock'), { mode: 'COMPLIANCE', retainUntil: inDays(118) });
  assert.deepEqual(lockOf(bucket, 'governance'), { mode: 'GOVERNANCE', retainUntil: inDays(118) });
  assert.deepEqual(lockOf(bucket, 'longer'), longer);
  assert.equal(approvals(), 1);
  const comment = commentOf(double, first.runId);
  assert.match(comment, /### Extended\n\nApproved by `bob`: looks right/);
  told('planned, deployed, approved, locked for 118 days; what was locked for longer is left');

  sandbox.clock.advance(WEEK_SECONDS);
  bucket.put('new');
  const second = await onSchedule();
  assert.equal(second.end.status, 0, second.end.log);
  assert.deepEqual(lockOf(bucket, 'new'), { mode: 'COMPLIANCE', retainUntil: inDays(118) });
  assertNoComment(second.runId);
  told('a week later by the schedule, with nobody');
  if (!one.isThorough) return;

  sandbox.clock.advance(WEEK_SECONDS);
  const many = ['a', 'b', 'c', 'd'];
  for (const key of many) bucket.put(key);
  const above = await onSchedule();
  assert.notEqual(above.end.status, 0, above.end.log);
  assert.match(above.end.log, /REVIEW_REQUIRED/);
  assert.match(above.end.log, /4 versions are more than the budget of 3/);
  assert.equal(lockOf(bucket, 'a'), undefined, 'a run above the budget locked something');
  assertNoComment(above.runId);
  told('above the budget the schedule stops for a review');

  await writeSettings(one, { minimum: 100, budget: 50 });
  sandbox.clock.advance(60);
  const reviewed = await byHand(isShown);
  assert.equal(reviewed.end.status, 0, reviewed.end.log);
  assert.match(reviewed.end.log, /the settings are not those of the earlier run/);
  for (const key of many) {
    assert.deepEqual(lockOf(bucket, key), { mode: 'COMPLIANCE', retainUntil: inDays(128) });
  }
  assert.deepEqual(lockOf(bucket, 'longer'), longer);
  assert.equal(approvals(), 2, 'other settings are another role with an approval of its own');
  told('changed settings need a review again, and get it');
}

/** bob reads the comment. */
function isShown({ comment = '' }: Shown): boolean {
  return /### Waiting for approval by `bob`[\s\S]*Extends/.test(comment);
}

async function writeSettings(
  { repository }: Case,
  { minimum, budget }: { minimum: number; budget: number },
): Promise<void> {
  const path = join(repository, SETTINGS);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(
    path,
    `bucket: ${BUCKET}\nbudgetTasks: ${budget}\nrules:\n  - minimumRetentionDays: ${minimum}\n    extensionFrequencyDays: 28\n`,
  );
}

/** Of the current version. */
function lockOf(bucket: Bucket, key: string) {
  const version = bucket.current(key);
  assert.ok(version !== undefined && !version.isDeleteMarker);
  return version.attributes.retention;
}
