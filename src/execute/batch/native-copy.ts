import type { BatchJobRequest, ManifestField } from '../../s3/batch-job.ts';
import type { Scenario } from '../../s3/rollback.ts';
import { commonRequest, type JobSetting, type WrittenManifest } from './job-request.ts';

/** A manifest of the plan is a manifest of a native job as it stands: what only we read is ignored. */
export const NATIVE_COPY_FIELDS: readonly ManifestField[] = [
  'Bucket',
  'Key',
  'VersionId',
  'Ignore',
  'Ignore',
  'Ignore',
];

/**
 * A native copy job (S3PutObjectCopy) for the rows of one storage class. It has no guard: a key that was written
 * meanwhile is copied over. The token names the manifest too, so that another list of rows is another job.
 */
export function nativeCopyJobRequest(
  setting: JobSetting,
  scenario: Scenario,
  attempt: number,
  copy: { bucket: string; storageClass: string; kmsKeyArn: string | null },
  manifest: WrittenManifest,
): BatchJobRequest {
  const part = `copy ${copy.storageClass} ${manifest.versionId} ${manifest.eTag}`;
  return {
    ...commonRequest(setting, scenario, attempt, part),
    manifest: { bucket: setting.record.bucket, ...manifest, fields: NATIVE_COPY_FIELDS },
    operation: { kind: 'copy', ...copy },
  };
}
