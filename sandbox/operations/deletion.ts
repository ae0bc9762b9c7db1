import type { Bucket } from '../bucket.ts';
import type { VersionEntry } from '../entries.ts';
import { S3Error } from '../http/errors.ts';
import { assertDeletable } from '../object-lock.ts';
import { assertDeleteCondition } from './conditions.ts';

export type Deletion = {
  readonly key: string;
  readonly versionId?: string | undefined;
  /** An ETag or `*`, on the current version. */
  readonly condition?: string | undefined;
  readonly bypassGovernance: boolean;
};

/** What a delete did: added a marker, removed an entry, or found nothing to do. */
export type DeletionResult = {
  readonly versionId?: string | undefined;
  readonly addedMarker?: string | undefined;
  readonly removedMarker?: boolean;
};

/**
 * One delete, as DeleteObject and DeleteObjects do it ("Deleting object versions from a versioning-enabled bucket").
 * A version ID that does not exist is a success, for a delete is idempotent.
 * @throws S3Error PreconditionFailed, NoSuchKey, AccessDenied
 */
export function deleteEntry(bucket: Bucket, deletion: Deletion, now: number): DeletionResult {
  const { key, versionId, condition, bypassGovernance } = deletion;
  if (condition !== undefined) assertDeleteCondition(bucket.current(key), key, condition);
  if (versionId !== undefined) {
    const entry: VersionEntry | undefined = bucket.entry(key, versionId);
    if (entry?.isDeleteMarker === false) assertDeletable(entry, now, bypassGovernance);
    bucket.remove(key, versionId);
    return { versionId, removedMarker: entry?.isDeleteMarker ?? false };
  }
  if (bucket.versioning === undefined) {
    bucket.dropNullVersion(key);
    return {};
  }
  return { addedMarker: bucket.addDeleteMarker(key).versionId };
}

/**
 * With MFA delete, every delete that names a version needs a device's code, markers included ("Configuring MFA delete").
 * @throws S3Error AccessDenied
 */
export function assertMfa(bucket: Bucket, namesVersion: boolean, headers: ReadonlyMap<string, string>): void {
  if (bucket.mfaDelete === true && namesVersion && !headers.has('x-amz-mfa')) {
    throw new S3Error('AccessDenied', { message: 'Mfa Authentication must be used for this request' });
  }
}

export function bypassesGovernance(headers: ReadonlyMap<string, string>): boolean {
  return headers.get('x-amz-bypass-governance-retention')?.toLowerCase() === 'true';
}
