import { readPatiently } from '../execute/backoff.ts';
import { type JobSetting, lambdaJobRequest } from '../execute/batch/job-request.ts';
import {
  formatRecordUrl,
  type RecordPlace,
  restoredListPath,
  splitListPath,
} from '../execute/batch/record-place.ts';
import { splitList } from '../execute/batch/split-list.ts';
import { createJobOnce, waitUntilPrepared } from '../execute/batch/watch-job.ts';
import { writtenBucket } from '../execute/record.ts';
import { splitAt } from '../execute/split.ts';
import { sha256OfText } from '../inventory/checksum.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { type BatchTag, ENDED_STATUSES, type PinnedManifest, type TaskArguments } from '../s3/batch-job.ts';
import { S3CallError } from '../s3/call-error.ts';
import { COPY_RESTORED, type Scenario } from '../s3/rollback.ts';
import type { Stack } from '../s3/stack.ts';
import type { DeployedJob } from './jobs-file.ts';
import { changed } from './remote-plan.ts';
import type { DeploySite } from './site.ts';

const PRIORITY = 10;

export type JobOrder = {
  scenario: Scenario;
  attempt: number;
  manifest: PinnedManifest;
  /** numbers of the splits; null: all */
  splits: readonly number[] | null;
  /** Copies what was left as archived, and has been restored since. */
  isRestored?: boolean;
};

/** What the task function is told by a job of a scenario. */
export function taskOf(place: RecordPlace, plan: RollbackPlan, order: JobOrder): TaskArguments {
  const own = plan.manifests.find(({ scenario }) => scenario === order.scenario);
  if (own === undefined) throw changed(`the plan has no scenario ${order.scenario}.`);
  return {
    record: formatRecordUrl(place),
    digest: plan.digest,
    scenario: order.scenario,
    operation: order.isRestored ? COPY_RESTORED : own.operation,
    bucket: plan.inputs.bucket,
    writtenBucket: writtenBucket(plan),
    storageClass: plan.inputs.storageClass,
    kmsKeyArn: plan.inputs.kmsKeyArn,
    manifest: order.manifest,
    attempt: order.attempt,
  };
}

/** What the jobs of one rollback share. */
export function jobSetting(
  place: RecordPlace,
  plan: RollbackPlan,
  stack: Stack,
  tags: readonly BatchTag[],
): JobSetting {
  return {
    rollbackId: plan.rollbackId,
    digest: plan.digest,
    roleArn: stack.outputs.BatchRoleArn ?? '',
    priority: PRIORITY,
    needsConfirmation: true,
    record: place,
    tags,
  };
}

/**
 * Makes a job that waits for its confirmation, and waits until S3 has read its list of splits. Safe to repeat: the list
 * and the job of the same order are the same.
 * @throws RunbookError JOB_FAILED, RECORD_CHANGED; S3CallError
 */
export async function deployJob(
  site: DeploySite,
  place: RecordPlace,
  plan: RollbackPlan,
  stack: Stack,
  order: JobOrder,
  tags: readonly BatchTag[],
): Promise<DeployedJob> {
  const task = taskOf(place, plan, order);
  const list = await writeSplitList(site, place, plan, order);
  const setting = jobSetting(place, plan, stack, tags);
  const request = lambdaJobRequest(setting, stack.outputs.TaskFunctionArn ?? '', task, list);
  const id = await createJobOnce(site.jobs, request, site.pause);
  const { pause, intervalMs } = site;
  const onJob = ({ status }: { status: string }) =>
    site.progress(`job of scenario ${order.scenario}: ${status}`, null);
  await waitUntilPrepared(site.jobs, id, { pause, intervalMs, onJob });
  return {
    scenario: order.scenario,
    attempt: order.attempt,
    id,
    manifestVersionId: order.manifest.versionId,
    manifestETag: list.eTag,
    splits: order.splits === null ? null : [...order.splits],
  };
}

/** Whether a job can still be confirmed, or runs, or has run to its end. */
export async function isJobUsable(site: DeploySite, id: string): Promise<boolean> {
  try {
    const { status } = await readPatiently(() => site.jobs.describeJob(id), site.pause);
    return (
      status === 'Complete' ||
      !(ENDED_STATUSES.includes(status) || status === 'Cancelling' || status === 'Failing')
    );
  } catch (error) {
    // S3 forgets a job 90 days after its end.
    if (error instanceof S3CallError && error.failure === 'not-found') return false;
    throw error;
  }
}

async function writeSplitList(
  { objects, pause }: DeploySite,
  place: RecordPlace,
  plan: RollbackPlan,
  { scenario, attempt, manifest, splits, isRestored }: JobOrder,
): Promise<{ key: string; versionId: string | null; eTag: string }> {
  const { bucket } = place;
  const chosen = splits?.map((number) => splitAt(manifest, number));
  const body = [...splitList(plan.inputs.bucket, manifest, chosen)].join('');
  // A run that is lost between its list and its job leaves the list: what the next one finds restored is another.
  const path = isRestored
    ? restoredListPath(scenario, attempt, sha256OfText(body))
    : splitListPath(scenario, attempt);
  const key = `${place.prefix}${path}`;
  try {
    const written = await readPatiently(
      () => objects.writeObject({ bucket, key, body, condition: { ifNoneMatch: '*' } }),
      pause,
    );
    return { key, ...written };
  } catch (error) {
    if (!(error instanceof S3CallError) || error.failure !== 'precondition') throw error;
    const found = await readPatiently(() => objects.readObject({ bucket, key }), pause);
    if (found.bytes.toString('utf8') !== body)
      throw changed(`s3://${bucket}/${key} is there with other splits.`);
    return { key, versionId: found.versionId, eTag: found.eTag };
  }
}
