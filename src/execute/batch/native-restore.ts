import type { BatchJobRequest, BatchRestoreTier } from '../../s3/batch-job.ts';
import type { Scenario } from '../../s3/rollback.ts';
import { commonRequest, type JobSetting, type WrittenManifest } from './job-request.ts';
import { NATIVE_COPY_FIELDS } from './native-copy.ts';

/**
 * A native job (S3InitiateRestoreObject) for archived rows of one storage class, which are rows of the plan's manifest
 * as they stand. S3 takes no job over both kinds of archives: those of a class with days, and those of
 * Intelligent-Tiering without.
 */
export function nativeRestoreJobRequest(
  setting: JobSetting,
  scenario: Scenario,
  attempt: number,
  restore: { storageClass: string; tier: BatchRestoreTier; days: number | null },
  manifest: WrittenManifest,
): BatchJobRequest {
  const { storageClass, tier, days } = restore;
  const part = `restore ${storageClass} ${tier} ${days} ${manifest.versionId} ${manifest.eTag}`;
  return {
    ...commonRequest(setting, scenario, attempt, part),
    manifest: { bucket: setting.record.bucket, ...manifest, fields: NATIVE_COPY_FIELDS },
    operation: { kind: 'restore', tier, days },
  };
}
