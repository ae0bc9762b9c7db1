import { RunbookError } from '../errors.ts';
import { readPatiently, type Sleep } from './backoff.ts';
import type { S3Calls } from './s3-calls.ts';

/** The version ID of entries from before versioning, or while it was suspended. */
export const NULL_VERSION_ID = 'null';

/** Answers younger than this serve requests that are sent side by side. */
const MAX_AGE_MS = 100;

/**
 * Watches over the versioning of the bucket that is written to. While it is suspended, a write takes the place of the
 * `null` version, which is lost for good ("Adding objects to versioning-suspended buckets"); so it is looked at before
 * each write, and once for writes that are sent side by side.
 * @throws RunbookError VERSIONING_NOT_ENABLED
 */
export function watchVersioning(
  calls: Pick<S3Calls, 'readVersioning'>,
  bucket: string,
  pause: Sleep,
): () => Promise<void> {
  let asked: { at: number; answer: Promise<void> } | null = null;
  return async () => {
    if (asked === null || performance.now() - asked.at > MAX_AGE_MS) {
      const answer = readPatiently(() => calls.readVersioning(bucket), pause).then(({ status }) => {
        if (status !== 'Enabled') throw versioningLost(bucket, status);
      });
      asked = { at: performance.now(), answer };
    }
    await asked.answer;
  };
}

export function versioningLost(bucket: string, status = 'not Enabled any more'): RunbookError {
  return new RunbookError('VERSIONING_NOT_ENABLED', `Versioning of the bucket ${bucket} is ${status}.`, {
    hint: `aws s3api put-bucket-versioning --bucket ${bucket} --versioning-configuration Status=Enabled; wait 15 minutes; then run the same command again: it goes on where it stopped. Where somebody may have written meanwhile, plan again from a fresh inventory instead: such a write took the place of the null version`,
  });
}
