import { stackFailed, stackNameOf } from '../deploy/deploy-stack.ts';
import { type DeployedJobs, readJobs } from '../deploy/jobs-file.ts';
import { readRemotePlan } from '../deploy/remote-plan.ts';
import { type Account, accountOfStack, type DeploySite } from '../deploy/site.ts';
import { readPatiently } from '../execute/backoff.ts';
import type { RecordPlace } from '../execute/batch/record-place.ts';
import type { EndedFreeze } from '../freeze/end-freeze.ts';
import { ROLLBACK_TAGS } from '../s3/aws-names.ts';
import { type BatchJobCalls, ENDED_STATUSES } from '../s3/batch-job.ts';
import { S3CallError } from '../s3/call-error.ts';
import { type CatalogSite, type DroppedPlan, dropPlanDatabases } from './plan-databases.ts';
import { emptyWork } from './work-files.ts';

/** An account as cleaning up sees it: whose jobs they are, the record says. */
export type CleanupSite = Omit<DeploySite, 'jobs'> &
  CatalogSite & {
    openJobs(account: Account): Pick<BatchJobCalls, 'describeJob' | 'cancelJob'>;
    /** Ends the freeze of the record, or says that it is in force. */
    endFreeze(place: RecordPlace, isTrial: boolean): Promise<EndedFreeze>;
  };

/** What was removed, or would be. */
export type Cleaned = {
  rollbackId: string;
  /** that was rolled back */
  bucket: string;
  /** IDs of jobs that were cancelled */
  jobs: string[];
  stack: string | null;
  /** objects under `work/` */
  workObjects: number;
  freeze: EndedFreeze;
};

/**
 * Removes what a rollback has on AWS beside its record: cancels jobs that have not ended, deletes the stack with its
 * roles (and so whatever approval they bear), empties `work/<rollback-id>/` and ends its freeze. The record stays. Safe to repeat.
 * @param isTrial only tells what would be removed
 * @throws RunbookError RECORD_*, STACK_FAILED, ACCESS_DENIED, …; S3CallError
 */
async function cleanUp(site: CleanupSite, place: RecordPlace, isTrial: boolean): Promise<Cleaned> {
  const { plan } = await readRemotePlan(site, place);
  const { rollbackId, inputs } = plan;
  const found = await readJobs(site, place, plan);
  const jobs = found === null ? [] : await cancelJobs(site, found, isTrial);
  const stack = await site.stacks.describeStack(stackNameOf(rollbackId));
  let stackName: string | null = null;
  if (stack !== null && stack.tags[ROLLBACK_TAGS.rollback] === rollbackId) {
    stackName = stack.name;
    if (!isTrial) await removeStack(site, stack.id);
  }
  const workObjects = await emptyWork(site, place.bucket, `work/${rollbackId}/`, isTrial);
  // Last: nothing of the rollback writes any more.
  const freeze = await site.endFreeze(place, isTrial);
  return { rollbackId, bucket: inputs.bucket, jobs, stack: stackName, workObjects, freeze };
}

/** What one cleanup is for: a rollback, or all of a record bucket that has expired. */
export type CleanupScope = { record: RecordPlace } | { recordBucket: string };

/**
 * Cleans up after one rollback or after all that have expired, and after the plans on Athena that were lost: for the
 * bucket of that rollback, or for any.
 * @param now by which clock things are too old
 * @throws as `cleanUp` and `dropPlanDatabases`
 */
export async function cleanUpAll(
  site: CleanupSite,
  scope: CleanupScope,
  now: Date,
  isTrial: boolean,
): Promise<{ cleaned: Cleaned[]; plans: DroppedPlan[] }> {
  if ('record' in scope) {
    const { record } = scope;
    const one = await cleanUp(site, record, isTrial);
    const leftovers = { recordBucket: record.bucket, bucket: one.bucket, now };
    return { cleaned: [one], plans: await dropPlanDatabases(site, leftovers, isTrial) };
  }
  const { recordBucket } = scope;
  const cleaned: Cleaned[] = [];
  for (const id of await expiredRollbacks(site, recordBucket, now)) {
    cleaned.push(await cleanUp(site, { bucket: recordBucket, prefix: `${id}/` }, isTrial));
  }
  return { cleaned, plans: await dropPlanDatabases(site, { recordBucket, bucket: null, now }, isTrial) };
}

/** IDs of the rollbacks with a record in a bucket whose stack has expired. @param now by which clock */
export async function expiredRollbacks(
  { stacks }: Pick<CleanupSite, 'stacks'>,
  recordBucket: string,
  now: Date,
): Promise<string[]> {
  const expired: string[] = [];
  for await (const { id, name } of stacks.listStacks()) {
    if (!name.startsWith('rb-')) continue;
    const { tags = {}, parameters = {} } = (await stacks.describeStack(id)) ?? {};
    if (parameters.RecordBucket !== recordBucket) continue;
    const rollbackId = tags[ROLLBACK_TAGS.rollback];
    const expires = Date.parse(tags[ROLLBACK_TAGS.expires] ?? '');
    // A stack without a readable time is someone's to look at.
    if (rollbackId !== undefined && expires <= now.getTime()) expired.push(rollbackId);
  }
  return expired;
}

/** @returns the IDs of those that had not ended */
async function cancelJobs(
  { openJobs, pause }: Pick<CleanupSite, 'openJobs' | 'pause'>,
  { stackId, jobs }: DeployedJobs,
  isTrial: boolean,
): Promise<string[]> {
  const calls = openJobs(accountOfStack(stackId));
  const cancelled: string[] = [];
  for (const { id } of jobs) {
    if (!(await isUnfinished({ pause }, calls, id))) continue;
    cancelled.push(id);
    if (!isTrial) await readPatiently(() => calls.cancelJob(id, 'cleanup'), pause);
  }
  return cancelled;
}

async function isUnfinished(
  { pause }: Pick<CleanupSite, 'pause'>,
  jobs: Pick<BatchJobCalls, 'describeJob'>,
  id: string,
): Promise<boolean> {
  try {
    const { status } = await readPatiently(() => jobs.describeJob(id), pause);
    return !ENDED_STATUSES.includes(status) && status !== 'Cancelling' && status !== 'Failing';
  } catch (error) {
    if (error instanceof S3CallError && error.failure === 'not-found') return false;
    throw error;
  }
}

async function removeStack(site: CleanupSite, id: string): Promise<void> {
  await site.stacks.deleteStack(id);
  for (;;) {
    const stack = await site.stacks.describeStack(id);
    if (stack === null || stack.status === 'DELETE_COMPLETE') return;
    if (!stack.status.endsWith('_IN_PROGRESS')) throw await stackFailed(site, stack);
    site.progress(`stack ${stack.name}: ${stack.status}`, null);
    await site.pause(site.intervalMs);
  }
}
