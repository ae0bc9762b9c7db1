import type { VersionAddress } from '../execute/s3-calls.ts';
import type { BucketLock, Retention } from '../s3/retention.ts';

/**
 * The calls that extend retention. Each sends one request and throws an S3CallError; none retries. There is none that
 * bypasses GOVERNANCE, so that S3 itself refuses whatever would weaken a lock.
 */
export type RetentionCalls = {
  readBucketLock(bucket: string): Promise<BucketLock>;
  /** null where the key's current entry is no object version */
  readCurrentVersionId(bucket: string, key: string): Promise<string | null>;
  readRetention(version: VersionAddress): Promise<Retention | null>;
  readLegalHold(version: VersionAddress): Promise<boolean>;
  putRetention(version: VersionAddress, retention: Retention): Promise<void>;
  /** The store's clock, from the last answer. */
  serverTime(): Date;
};

/** What planning and running an extension takes, for whoever is denied. */
export const RETENTION_NEEDS =
  's3:GetBucketObjectLockConfiguration, s3:ListBucketVersions, s3:GetObject, s3:GetObjectVersion, s3:GetObjectRetention, s3:GetObjectLegalHold and s3:PutObjectRetention';
