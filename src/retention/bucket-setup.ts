import canonicalize from 'canonicalize';
import { RunbookError } from '../errors.ts';

/** A lifecycle rule as S3 has it; all but these fields are handed on as they are. */
type Rule = {
  ID?: string | undefined;
  Status: 'Enabled' | 'Disabled' | undefined;
  NoncurrentVersionExpiration?: { NoncurrentDays?: number | undefined } | undefined;
};
type Lifecycle<R extends Rule, S> = { rules: R[]; minimumSize: S };

export type SetupCalls<R extends Rule, S> = {
  listInventories(bucket: string): Promise<string[]>;
  createInventory(
    bucket: string,
    inventory: { id: string; frequency: 'Daily' | 'Weekly'; destination: { bucket: string; prefix: string } },
  ): Promise<void>;
  readLifecycle(bucket: string): Promise<Lifecycle<R, S>>;
  writeLifecycle(bucket: string, lifecycle: Lifecycle<R, S>): Promise<void>;
};

export const INVENTORY_ID = 's3-rewind-retention';
export const EXPIRATION_ID = 's3-rewind-noncurrent-expiration';
const WEEK_DAYS = 7;
/** A lifecycle configuration has 1,000 rules at most (API_PutBucketLifecycleConfiguration). */
const MAX_RULES = 1_000;

/**
 * Adds an inventory with the Object Lock fields to a bucket; one of the name that is there is left alone.
 * @param intervalDays of the schedule: reports come daily or weekly
 * @returns whether it was added
 */
export async function addInventory<R extends Rule, S>(
  calls: SetupCalls<R, S>,
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
 * @throws RunbookError INVALID_OPTION where the rule is there with other days, LIFECYCLE_CHANGED
 */
export async function addNoncurrentExpiration<R extends Rule, S>(
  calls: SetupCalls<R, S>,
  bucket: string,
  days: number,
  makeRule: (id: string, days: number) => R,
): Promise<boolean> {
  const before = await calls.readLifecycle(bucket);
  const own = before.rules.find(({ ID }) => ID === EXPIRATION_ID);
  if (own !== undefined) {
    const found = own.NoncurrentVersionExpiration?.NoncurrentDays;
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
      {
        hint: 'remove one that is not needed any more',
      },
    );
  }
  await calls.writeLifecycle(bucket, { ...before, rules: [...before.rules, makeRule(EXPIRATION_ID, days)] });
  const after = await calls.readLifecycle(bucket);
  const others = after.rules.filter(({ ID }) => ID !== EXPIRATION_ID);
  if (sameRules(others, before.rules)) return true;
  throw new RunbookError(
    'LIFECYCLE_CHANGED',
    `The lifecycle rules of '${bucket}' are not those that were there before, and the added one.`,
    {
      hint: `somebody changed them at the same time: compare with aws s3api get-bucket-lifecycle-configuration --bucket ${bucket}. They were: ${JSON.stringify(before.rules)}`,
    },
  );
}

function sameRules(left: readonly Rule[], right: readonly Rule[]): boolean {
  const texts = (rules: readonly Rule[]) => rules.map((rule) => canonicalize(rule) ?? '').toSorted();
  return canonicalize(texts(left)) === canonicalize(texts(right));
}
