import { RunbookError } from '../errors.ts';
import type { BucketLock } from '../s3/retention.ts';

/** @throws RunbookError OBJECT_LOCK_NOT_ENABLED */
export function assertBucketLock(bucket: string, { enabled }: BucketLock): void {
  if (enabled) return;
  throw new RunbookError('OBJECT_LOCK_NOT_ENABLED', `'${bucket}' has no Object Lock.`, {
    hint: `switch it on; it cannot be switched off again: aws s3api put-object-lock-configuration --bucket ${bucket} --object-lock-configuration ObjectLockEnabled=Enabled`,
  });
}
