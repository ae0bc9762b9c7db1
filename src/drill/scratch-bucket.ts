import { RunbookError } from '../errors.ts';
import type { Sleep } from '../execute/backoff.ts';
import { DRILL_BUCKET_PREFIX, DRILL_TAG } from '../s3/aws-names.ts';
import { parseBucketName } from '../s3/bucket.ts';
import type { LifecycleDocument } from '../s3/bucket-configuration.ts';
import { formatInstant } from '../s3/point-in-time.ts';

/** The calls that a scratch bucket is made and known by. Each throws a RunbookError. */
export type ScratchCalls = {
  /** @returns false: there is a bucket of that name already, ours or somebody else's */
  createBucket(bucket: string): Promise<boolean>;
  /** @returns null: the bucket has no tags */
  readTags(bucket: string): Promise<ReadonlyMap<string, string> | null>;
  writeTag(bucket: string, key: string, value: string): Promise<void>;
  blockPublicAccess(bucket: string): Promise<void>;
  isVersioned(bucket: string): Promise<boolean>;
  enableVersioning(bucket: string): Promise<void>;
  writeLifecycle(bucket: string, lifecycle: LifecycleDocument): Promise<void>;
};

export type ScratchSite = { calls: ScratchCalls; now: () => Date; pause: Sleep };

/** Everything goes by itself: current versions, what they become, markers that stand alone, uploads. */
const EXPIRES_ALL: LifecycleDocument = {
  rules: [
    {
      ID: 's3-rewind-drill',
      Status: 'Enabled',
      Filter: { Prefix: '' },
      Expiration: { Days: 1 },
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
    },
  ],
  leastTransitionSize: null,
};
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** Name of the scratch bucket of an account in a Region: one, which every drill there uses again. */
export function scratchBucketName(account: string, region: string): string {
  return parseBucketName(`${DRILL_BUCKET_PREFIX}${account}-${region}`);
}

/**
 * Makes the scratch bucket, or takes up the one that an earlier drill made, and waits until its versioning holds.
 * A bucket without the tag of a drill is refused before anything is written to it. Safe to repeat after any
 * interruption: the tag comes first, so what is half made is known as ours.
 * @param settleSeconds S3 asks for 15 minutes between enabling versioning and the first write ("Enabling versioning
 *   on buckets", Amazon S3 User Guide)
 * @throws RunbookError DRILL_BUCKET_FOREIGN, ACCESS_DENIED, WRONG_REGION, …
 */
export async function prepareScratch(
  site: ScratchSite,
  bucket: string,
  settleSeconds: number,
): Promise<void> {
  const { calls, now, pause } = site;
  const isNew = await calls.createBucket(bucket);
  const tag = async () => {
    const instant = formatInstant(now());
    await calls.writeTag(bucket, DRILL_TAG, instant);
    return instant;
  };
  let madeAt = isNew ? await tag() : await readMadeAt(calls, bucket);
  await calls.blockPublicAccess(bucket);
  await calls.writeLifecycle(bucket, EXPIRES_ALL);
  if (!(await calls.isVersioned(bucket))) {
    if (!isNew) madeAt = await tag();
    await calls.enableVersioning(bucket);
  }
  // A tag from the future must not hold a drill up for longer than it takes.
  const sinceMs = Math.max(0, now().getTime() - Date.parse(madeAt));
  const leftMs = settleSeconds * 1000 - sinceMs;
  if (leftMs > 0) await pause(leftMs);
}

async function readMadeAt(calls: ScratchCalls, bucket: string): Promise<string> {
  const tags = await calls.readTags(bucket);
  const madeAt = tags?.get(DRILL_TAG);
  if (madeAt !== undefined && INSTANT.test(madeAt)) return madeAt;
  throw foreign(bucket, `it has no tag ${DRILL_TAG} of a drill`);
}

function foreign(bucket: string, why: string): RunbookError {
  return new RunbookError('DRILL_BUCKET_FOREIGN', `'${bucket}' was not made by a drill: ${why}.`, {
    hint: `name another one with --scratch-bucket; if a drill was stopped while it made this one, remove it, which S3 does only with an empty bucket: aws s3api delete-bucket --bucket ${bucket}`,
  });
}
