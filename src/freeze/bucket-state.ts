import { RunbookError } from '../errors.ts';
import type { Sleep } from '../execute/backoff.ts';
import type { BucketConfigurationCalls, LifecycleDocument } from '../s3/bucket-configuration.ts';
import { isSameLifecycle } from './lifecycle.ts';
import { type BucketPolicy, parsePolicy, saysTheSame } from './policy.ts';

/** What a freeze and a thaw talk to. */
export type FreezeSite = {
  configurations: BucketConfigurationCalls;
  pause: Sleep;
  /** by this machine's clock */
  now(): Date;
};

/** Both configurations of a bucket at one moment. */
export type BucketState = { policy: BucketPolicy; lifecycle: LifecycleDocument | null };

/** Configurations of a bucket take a while to be the same everywhere: a read may still find the one before. */
const LOOKS = 12;
const LOOK_AGAIN_MS = 5_000;

/** @param withLifecycle false: whatever it is, it is left alone */
export async function readState(
  { configurations }: FreezeSite,
  bucket: string,
  withLifecycle: boolean,
): Promise<BucketState> {
  const [policy, lifecycle] = await Promise.all([
    configurations.readPolicy(bucket),
    withLifecycle ? configurations.readLifecycle(bucket) : null,
  ]);
  return { policy: parsePolicy(policy), lifecycle };
}

export function isSameState(one: BucketState, other: BucketState): boolean {
  return saysTheSame(one.policy, other.policy) && isSameLifecycle(one.lifecycle, other.lifecycle);
}

/** One configuration that was just written: how it is read, and what tells that the write is to be seen. */
type Written<Value> = {
  what: string;
  read: () => Promise<Value>;
  isInForce: (value: Value) => boolean;
  /** as it was before the write: not to be seen yet */
  isBefore: (value: Value) => boolean;
};

/**
 * Reads what was written until it is to be seen.
 * @throws RunbookError FREEZE_CONFLICT where someone else wrote at the same time, or it never is
 */
export async function confirmWrite<Value>(
  { pause }: FreezeSite,
  bucket: string,
  { what, read, isInForce, isBefore }: Written<Value>,
): Promise<void> {
  for (let look = 1; ; look += 1) {
    const value = await read();
    if (isInForce(value)) return;
    if (!isBefore(value) || look === LOOKS) throw conflict(bucket, what);
    await pause(LOOK_AGAIN_MS);
  }
}

export function conflict(bucket: string, what: string): RunbookError {
  return new RunbookError(
    'FREEZE_CONFLICT',
    `The ${what} of '${bucket}' was changed by someone else at the same time.`,
    {
      hint: 'find out who writes it (CloudFormation, Terraform, a person), then run the same command again: it reads anew and is safe to repeat',
    },
  );
}
