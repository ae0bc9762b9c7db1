import { stackFailed, stackNameOf } from '../deploy/deploy-stack.ts';
import { readJobs } from '../deploy/jobs-file.ts';
import { readRemotePlan } from '../deploy/remote-plan.ts';
import type { DeploySite } from '../deploy/site.ts';
import { readPatiently } from '../execute/backoff.ts';
import type { RecordPlace } from '../execute/batch/record-place.ts';
import type { S3Calls } from '../execute/s3-calls.ts';
import type { EndedFreeze } from '../freeze/end-freeze.ts';
import { ROLLBACK_TAGS } from '../s3/aws-names.ts';
import { ENDED_STATUSES } from '../s3/batch-job.ts';
import { S3CallError } from '../s3/call-error.ts';

/** DeleteObjects takes so many keys. */
const KEYS_AT_A_TIME = 1_000;

export type CleanupSite = DeploySite & {
  markers: Pick<S3Calls, 'addMarkers'>;
  /** Ends the freeze of the record, or says that it is in force. */
  endFreeze(place: RecordPlace, isTrial: boolean): Promise<EndedFreeze>;
};

/** What was removed, or would be. */
export type Cleaned = {
  rollbackId: string;
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
export async function cleanUp(site: CleanupSite, place: RecordPlace, isTrial: boolean): Promise<Cleaned> {
  const { plan } = await readRemotePlan(site, place);
  const { rollbackId } = plan;
  const cleaned: Omit<Cleaned, 'freeze'> = { rollbackId, jobs: [], stack: null, workObjects: 0 };
  for (const { id } of (await readJobs(site, place, plan))?.jobs ?? []) {
    if (!(await isUnfinished(site, id))) continue;
    cleaned.jobs.push(id);
    if (!isTrial) await readPatiently(() => site.jobs.cancelJob(id, 'cleanup'), site.pause);
  }
  const stack = await site.stacks.describeStack(stackNameOf(rollbackId));
  if (stack !== null && stack.tags[ROLLBACK_TAGS.rollback] === rollbackId) {
    cleaned.stack = stack.name;
    if (!isTrial) await removeStack(site, stack.id);
  }
  let keys: string[] = [];
  const flush = async () => {
    cleaned.workObjects += keys.length;
    const entries = keys.map((key) => ({ key, ifMatch: null }));
    keys = [];
    if (isTrial || entries.length === 0) return;
    for (const { failure } of await readPatiently(
      () => site.markers.addMarkers(place.bucket, entries),
      site.pause,
    )) {
      if (failure !== null) throw failure;
    }
  };
  for await (const key of site.objects.listKeys(place.bucket, `work/${rollbackId}/`)) {
    keys.push(key);
    if (keys.length === KEYS_AT_A_TIME) await flush();
  }
  await flush();
  // Last: nothing of the rollback writes any more.
  return { ...cleaned, freeze: await site.endFreeze(place, isTrial) };
}

/** IDs of the rollbacks whose stack has expired. @param now by which clock */
export async function expiredRollbacks({ stacks }: CleanupSite, now: Date): Promise<string[]> {
  const expired: string[] = [];
  for await (const { id, name } of stacks.listStacks()) {
    if (!name.startsWith('rb-')) continue;
    const tags = (await stacks.describeStack(id))?.tags ?? {};
    const rollbackId = tags[ROLLBACK_TAGS.rollback];
    const expires = Date.parse(tags[ROLLBACK_TAGS.expires] ?? '');
    // A stack without a readable time is someone's to look at.
    if (rollbackId !== undefined && expires <= now.getTime()) expired.push(rollbackId);
  }
  return expired;
}

async function isUnfinished(site: CleanupSite, id: string): Promise<boolean> {
  try {
    const { status } = await readPatiently(() => site.jobs.describeJob(id), site.pause);
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
