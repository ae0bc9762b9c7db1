import type { BatchJobRequest, ManifestField } from '../../s3/batch-job.ts';
import type { PlannedRow } from '../../s3/manifest.ts';
import { MAX_COPY_OBJECT_BYTES, type Scenario } from '../../s3/rollback.ts';
import { ARCHIVED_STORAGE_CLASSES, type StorageClassChoice } from '../../s3/storage-class.ts';
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

/** Where a row goes: into the native job of its storage class, or to the task function, and why. */
export type CopyRoute =
  | { to: 'native'; storageClass: string }
  | { to: 'lambda'; why: 'too-large' | 'archived' | 'no-version' };

/**
 * Whether the native copy (S3PutObjectCopy) can take a row. It copies at most 5 GiB and nothing that is archived, and
 * it inherits neither storage class nor encryption: each job writes one class, so rows that keep the class of their
 * source are grouped by it. The key is one for the whole plan. Retention is the destination's default in any case, as
 * it is for the guarded copy.
 * @param choice the plan's storage class for copies
 */
export function copyRoute(row: PlannedRow, choice: StorageClassChoice): CopyRoute {
  if (row.versionId === null) return { to: 'lambda', why: 'no-version' };
  const source = row.storageClass ?? 'STANDARD';
  if (ARCHIVED_STORAGE_CLASSES.some((archived) => archived === source))
    return { to: 'lambda', why: 'archived' };
  if (row.size === null || row.size > MAX_COPY_OBJECT_BYTES) return { to: 'lambda', why: 'too-large' };
  return { to: 'native', storageClass: choice === 'as-source' ? source : choice };
}

/** Rows of a manifest by where they go. */
export type CopyGroups = {
  /** storage class → rows */
  native: Map<string, number>;
  lambda: number;
};

/**
 * Counts the groups of a manifest. A group that is too small to be worth a job of its own is left to the function.
 * @param minRows S3 charges $0.25 a job and $1 a million tasks: below 250,000 rows the job costs more than its tasks
 */
export async function countCopyGroups(
  rows: AsyncIterable<PlannedRow>,
  choice: StorageClassChoice,
  minRows: number,
): Promise<CopyGroups> {
  const native = new Map<string, number>();
  let lambda = 0;
  for await (const row of rows) {
    const route = copyRoute(row, choice);
    if (route.to === 'lambda') lambda += 1;
    else native.set(route.storageClass, (native.get(route.storageClass) ?? 0) + 1);
  }
  for (const [storageClass, count] of native) {
    if (native.size === 1 || count >= minRows) continue;
    native.delete(storageClass);
    lambda += count;
  }
  return { native, lambda };
}

/** A native copy job for the rows of one storage class. It has no guard: a key written meanwhile is copied over. */
export function nativeCopyJobRequest(
  setting: JobSetting,
  scenario: Scenario,
  copy: { bucket: string; storageClass: string; kmsKeyArn: string | null },
  manifest: WrittenManifest,
): BatchJobRequest {
  return {
    ...commonRequest(setting, scenario, 1, `copy ${copy.storageClass}`),
    manifest: { bucket: setting.record.bucket, ...manifest, fields: NATIVE_COPY_FIELDS },
    operation: { kind: 'copy', ...copy },
  };
}
