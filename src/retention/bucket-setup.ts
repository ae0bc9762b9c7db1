import { RunbookError } from '../errors.ts';
import type { Sleep } from '../execute/backoff.ts';
import { isSameLifecycle } from '../freeze/lifecycle.ts';
import type { BucketConfigurationCalls, LifecycleRuleDocument } from '../s3/bucket-configuration.ts';

export type InventoryCalls = {
  listInventories(bucket: string): Promise<string[]>;
  createInventory(
    bucket: string,
    inventory: { id: string; frequency: 'Daily' | 'Weekly'; destination: { bucket: string; prefix: string } },
  ): Promise<void>;
};

export type LifecycleSite = Pick<BucketConfigurationCalls, 'readLifecycle' | 'writeLifecycle'> & {
  pause: Sleep;
};

export const INVENTORY_ID = 's3-rewind-retention';
export const EXPIRATION_ID = 's3-rewind-noncurrent-expiration';
const WEEK_DAYS = 7;
/** A lifecycle configuration has 1,000 rules at most (API_PutBucketLifecycleConfiguration). */
const MAX_RULES = 1_000;
/** A configuration that was written takes a while to be read everywhere. */
const LOOKS = 12;
const LOOK_AGAIN_MS = 5_000;

/**
 * Adds an inventory with the Object Lock fields to a bucket; one of the name that is there is left alone.
 * @param intervalDays of the schedule: reports come daily or weekly
 * @returns whether it was added
 */
export async function addInventory(
  calls: InventoryCalls,
  bucket: string,
  destination: { bucket: string; prefix: string },
  intervalDays: number,
): Promise<boolean> {
  if ((await calls.listInventories(bucket)).includes(INVENTORY_ID)) return false;
  const frequency = intervalDays < WEEK_DAYS ? 'Daily' : 'Weekly';
  await calls.createInventory(bucket, { id: INVENTORY_ID, frequency, destination });
  return true;
}

/**
 * Adds a rule that removes noncurrent versions so many days after they became noncurrent, and not before their lock
 * has run out. Every other rule stays as it is: what S3 has after the write is compared with what was there.
 * @returns whether it was added
 * @throws RunbookError INVALID_OPTION where the rule is there with other days, LIFECYCLE_CHANGED, LIFECYCLE_UNKNOWN
 */
export async function addNoncurrentExpiration(
  site: LifecycleSite,
  bucket: string,
  days: number,
): Promise<boolean> {
  const before = (await site.readLifecycle(bucket)) ?? { rules: [], leastTransitionSize: null };
  const own = before.rules.find(({ ID }) => ID === EXPIRATION_ID);
  if (own !== undefined) {
    const found = daysOf(own);
    if (found === days && own.Status === 'Enabled') return false;
    throw new RunbookError(
      'INVALID_OPTION',
      `'${bucket}' has the rule ${EXPIRATION_ID} already, ${own.Status}, with ${found} days.`,
      { hint: 'a rule that is there is never changed: change or remove it in the S3 console' },
    );
  }
  if (before.rules.length >= MAX_RULES) {
    throw new RunbookError(
      'INVALID_OPTION',
      `'${bucket}' has ${before.rules.length} lifecycle rules, the most that S3 takes.`,
      { hint: 'remove one that is not needed any more' },
    );
  }
  await site.writeLifecycle(bucket, {
    ...before,
    rules: [...before.rules, expirationRule(before.rules, days)],
  });
  for (let look = 1; ; look += 1) {
    const after = (await site.readLifecycle(bucket)) ?? { rules: [], leastTransitionSize: null };
    const others = after.rules.filter(({ ID }) => ID !== EXPIRATION_ID);
    // S3 names its default size with the first rule.
    const isKept = isSameLifecycle({ ...before, rules: others }, before);
    if (isKept && others.length < after.rules.length) return true;
    if (!isKept || look === LOOKS) throw lifecycleChanged(bucket, before.rules);
    await site.pause(LOOK_AGAIN_MS);
  }
}

/** S3 takes no configuration in which some rules have a Filter and others the Prefix of the older form. */
function expirationRule(others: readonly LifecycleRuleDocument[], days: number): LifecycleRuleDocument {
  const isOlderForm = others.some(({ Prefix }) => Prefix !== undefined);
  return {
    ID: EXPIRATION_ID,
    Status: 'Enabled',
    ...(isOlderForm ? { Prefix: '' } : { Filter: { Prefix: '' } }),
    NoncurrentVersionExpiration: { NoncurrentDays: days },
  };
}

function daysOf({ NoncurrentVersionExpiration: expiration }: LifecycleRuleDocument): number | undefined {
  return (expiration as { NoncurrentDays?: number } | undefined)?.NoncurrentDays;
}

function lifecycleChanged(bucket: string, rules: readonly LifecycleRuleDocument[]): RunbookError {
  return new RunbookError(
    'LIFECYCLE_CHANGED',
    `The lifecycle rules of '${bucket}' are not those that were there before, and the added one.`,
    {
      hint: `somebody changed them at the same time: compare with aws s3api get-bucket-lifecycle-configuration --bucket ${bucket}. They were: ${JSON.stringify(rules)}`,
    },
  );
}
