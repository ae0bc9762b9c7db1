import canonicalize from 'canonicalize';
import { RunbookError } from '../errors.ts';
import { readPatiently } from '../execute/backoff.ts';
import type { WrittenManifest } from '../execute/batch/job-request.ts';
import { NATIVE_COPY_FIELDS, nativeCopyJobRequest } from '../execute/batch/native-copy.ts';
import type { RecordPlace } from '../execute/batch/record-place.ts';
import { createJobOnce, waitUntilPrepared } from '../execute/batch/watch-job.ts';
import { writtenBucket } from '../execute/record.ts';
import type { CopyManifest, RollbackPlan } from '../plan/plan-file.ts';
import { type BatchTag, ENDED_STATUSES } from '../s3/batch-job.ts';
import type { Stack } from '../s3/stack.ts';
import { jobSetting } from './deploy-jobs.ts';
import { type DeployedJob, jobName } from './jobs-file.ts';
import { readLines } from './read-lines.ts';
import { changed, pinFile } from './remote-plan.ts';
import type { DeploySite } from './site.ts';

/** A manifest of copies, proven, and pinned to the version that was read. */
export type PinnedCopies = { manifest: CopyManifest; object: WrittenManifest & { versionId: string } };

/** The job of S3's own for one storage class: over the whole manifest, or over what was left of it. */
export type CopyOrder = {
  manifest: CopyManifest;
  attempt: number;
  object: WrittenManifest & { versionId: string };
  earlier: readonly string[];
};

/** The manifest of a job of jobs.json. @throws RunbookError RECORD_CHANGED */
export function copyManifestOf(plan: RollbackPlan, { scenario, copy }: DeployedJob): CopyManifest {
  const found = plan.copyManifests?.find(
    (one) => one.scenario === scenario && one.storageClass === copy?.storageClass,
  );
  if (found !== undefined) return found;
  throw changed(`jobs.json names copies of scenario ${scenario} that the plan has not.`);
}

export async function pinCopies(
  site: DeploySite,
  place: RecordPlace,
  manifest: CopyManifest,
): Promise<PinnedCopies> {
  return { manifest, object: await pinFile(site, place, manifest) };
}

/**
 * Makes a job of S3's own that copies, and waits until S3 has read its manifest. Safe to repeat.
 * @throws RunbookError JOB_FAILED; S3CallError
 */
export async function deployCopyJob(
  site: DeploySite,
  place: RecordPlace,
  plan: RollbackPlan,
  stack: Stack,
  order: CopyOrder,
  tags: readonly BatchTag[],
): Promise<DeployedJob> {
  const { manifest, attempt, object } = order;
  const { scenario, storageClass } = manifest;
  const copy = { bucket: writtenBucket(plan), storageClass, kmsKeyArn: plan.inputs.kmsKeyArn };
  const setting = jobSetting(place, plan, stack, tags);
  const request = nativeCopyJobRequest(setting, scenario, attempt, copy, object);
  const id = await createJobOnce(site.jobs, request, site.pause);
  const path = object.key.slice(place.prefix.length);
  const job: DeployedJob = {
    ...{ scenario, attempt, id },
    manifestVersionId: object.versionId,
    manifestETag: object.eTag,
    splits: null,
    copy: { storageClass, path, earlier: [...order.earlier] },
  };
  const { pause, intervalMs } = site;
  const onJob = ({ status }: { status: string }) =>
    site.progress(`job of scenario ${jobName(job)}: ${status}`, null);
  await waitUntilPrepared(site.jobs, id, { pause, intervalMs, onJob });
  return job;
}

/**
 * Holds a job that can still copy against the plan: no function of ours would turn down what it was not to do.
 * @throws RunbookError STACK_CHANGED; S3CallError
 */
export async function checkCopyJob(
  { site, place, plan, stack }: { site: DeploySite; place: RecordPlace; plan: RollbackPlan; stack: Stack },
  job: DeployedJob,
  pinned: PinnedCopies,
): Promise<void> {
  const found = await readPatiently(() => site.jobs.describeJob(job.id), site.pause);
  if (ENDED_STATUSES.includes(found.status)) return;
  const { storageClass, path } = job.copy ?? { storageClass: null, path: '' };
  const key = `${place.prefix}${path}`;
  const expected = {
    copy: { bucket: writtenBucket(plan), storageClass, kmsKeyArn: plan.inputs.kmsKeyArn, others: [] },
    eTag: job.manifestETag,
    fields: NATIVE_COPY_FIELDS,
    roleArn: stack.outputs.BatchRoleArn,
    versionId: job.manifestVersionId,
  };
  const { manifest, copy, roleArn } = found;
  const real = {
    copy,
    eTag: manifest?.eTag,
    fields: manifest?.fields,
    roleArn,
    versionId: manifest?.versionId,
  };
  const isOurs =
    canonicalize(real) === canonicalize(expected) &&
    (manifest?.arn.endsWith(`:::${place.bucket}/${key}`) ?? false) &&
    (path === pinned.manifest.path
      ? pinned.object.versionId === job.manifestVersionId && pinned.object.eTag === job.manifestETag
      : await isPartOf({ key, versionId: job.manifestVersionId }, pinned, site, place));
  if (isOurs) return;
  throw new RunbookError('STACK_CHANGED', `The job ${job.id} is not what the plan asks for.`, {
    hint: 'nothing was started: cancel the job and deploy again, which makes another one',
  });
}

/** Whether every row of another attempt is one of the plan's, in the same order. */
async function isPartOf(
  list: { key: string; versionId: string },
  { object }: PinnedCopies,
  site: DeploySite,
  { bucket }: RecordPlace,
): Promise<boolean> {
  const whole = readLines(site, { bucket, ...object });
  try {
    for await (const line of readLines(site, { bucket, ...list })) {
      let next = await whole.next();
      while (!next.done && next.value !== line) next = await whole.next();
      if (next.done) return false;
    }
    return true;
  } finally {
    await whole.return(undefined);
  }
}
