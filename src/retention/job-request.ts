import { createHash } from 'node:crypto';
import { legalTags } from '../execute/batch/job-request.ts';
import { NATIVE_COPY_FIELDS as MANIFEST_FIELDS } from '../execute/batch/native-copy.ts';
import type { RecordPlace } from '../execute/batch/record-place.ts';
import type { BatchJob, BatchJobRequest, BatchTag } from '../s3/batch-job.ts';
import type { RetentionManifest, RetentionPlan } from './retention-plan-file.ts';

/** By this tag everyone finds the jobs of this product, as the published solution has it. */
export const JOB_CREATED_BY: BatchTag = { key: 'job-created-by', value: 's3-rewind' };

const PRIORITY = 10;
/** API_control_CreateJob. */
const MAX_DESCRIPTION_CHARACTERS = 256;

/** The manifest of a job as it lies in the record. */
export type StoredManifest = { key: string; versionId: string; eTag: string };

export type RetentionJobOrder = {
  place: RecordPlace;
  plan: RetentionPlan;
  manifest: RetentionManifest;
  stored: StoredManifest;
  /** a later one makes the same job again where the earlier one came to nothing */
  attempt: number;
  roleArn: string;
  tags: readonly BatchTag[];
};

/**
 * A native job (S3PutObjectRetention) for a manifest: one mode and one frozen date. It waits for its confirmation, and
 * it never bypasses GOVERNANCE, so that S3 refuses each task that would weaken a lock.
 */
export function retentionJobRequest(order: RetentionJobOrder): BatchJobRequest {
  const { place, plan, manifest, stored, attempt } = order;
  const text = `s3-rewind ${plan.retentionId}: ${manifest.rows} versions, ${manifest.mode} until ${manifest.retainUntil}`;
  return {
    token: createHash('sha256')
      .update(JSON.stringify([plan.digest, manifest.name, attempt]))
      .digest('hex'),
    description: text.slice(0, MAX_DESCRIPTION_CHARACTERS),
    priority: PRIORITY,
    roleArn: order.roleArn,
    needsConfirmation: true,
    tags: legalTags([
      JOB_CREATED_BY,
      { key: 's3-rewind:retention-id', value: plan.retentionId },
      { key: 's3-rewind:digest', value: plan.digest },
      { key: 's3-rewind:attempt', value: String(attempt) },
      ...order.tags,
    ]),
    manifest: { bucket: place.bucket, ...stored, fields: MANIFEST_FIELDS },
    report: { bucket: place.bucket, prefix: `${place.prefix}reports` },
    operation: { kind: 'retention', mode: manifest.mode, retainUntil: new Date(manifest.retainUntil) },
  };
}

/** Why a job that was found or made is not the one of an order; null where it is. */
export function strangeIn(job: BatchJob, order: RetentionJobOrder): string | null {
  const { manifest, stored } = order;
  const { retention } = job;
  if (job.roleArn !== order.roleArn) return `its role is ${job.roleArn}`;
  if (retention === null) return 'it sets no retention';
  if (retention.bypassesGovernance) return 'it bypasses GOVERNANCE';
  if (retention.mode !== manifest.mode) return `its mode is ${retention.mode}`;
  if (retention.retainUntil?.getTime() !== Date.parse(manifest.retainUntil)) {
    return `its date is ${retention.retainUntil?.toISOString()}`;
  }
  if (job.manifest?.eTag.replaceAll('"', '') !== stored.eTag.replaceAll('"', ''))
    return 'it has another manifest';
  if (job.tasks !== null && job.tasks.total !== manifest.rows) return `it has ${job.tasks.total} tasks`;
  return null;
}
