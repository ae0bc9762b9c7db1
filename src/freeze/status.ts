import type { BucketConfigurationCalls } from '../s3/bucket-configuration.ts';
import { freezesOf, parsePolicy } from './policy.ts';
import type { FreezeMark } from './statement.ts';

export type FreezeStatus = FreezeMark & { isExpired: boolean };

/** The freezes that the policy of a bucket holds; nothing else is asked. @throws RunbookError */
export async function readFreezes(
  { readPolicy }: Pick<BucketConfigurationCalls, 'readPolicy'>,
  bucket: string,
  now: Date,
): Promise<FreezeStatus[]> {
  return freezesOf(parsePolicy(await readPolicy(bucket))).map((mark) => ({
    ...mark,
    isExpired: Date.parse(mark.until) <= now.getTime(),
  }));
}
