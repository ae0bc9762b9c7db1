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
