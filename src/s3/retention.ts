/** Object Lock retention of an object version ("Locking objects with Object Lock", Amazon S3 User Guide). */

export const RETENTION_MODES = ['GOVERNANCE', 'COMPLIANCE'] as const;
export type RetentionMode = (typeof RETENTION_MODES)[number];

export type Retention = { mode: RetentionMode; retainUntil: Date };

/** What a bucket says of Object Lock; `days` of its default retention: a year counts 365. */
export type BucketLock = {
  enabled: boolean;
  defaultRetention: { mode: RetentionMode; days: number } | null;
};

/** S3 takes a retention period of 1 day to 100 years (PutObjectLockConfiguration; Amazon S3 User Guide). */
export const MIN_RETENTION_DAYS = 1;
export const MAX_RETENTION_DAYS = 36_500;

export function isRetentionMode(text: unknown): text is RetentionMode {
  return RETENTION_MODES.some((mode) => mode === text);
}
