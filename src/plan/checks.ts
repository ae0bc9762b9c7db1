import type { InventorySource } from '../inventory/source.ts';
import { formatInstant } from '../s3/point-in-time.ts';
import type { Totals } from './classify.ts';
import type { Check, ClassCount, PlanInputs } from './plan-file.ts';

const UNCERTAIN_HINT = 'read the review lists; to act on them anyway, plan again with --include-uncertain';

/**
 * What the inventory itself shows a reviewer should know, after the checks of the bucket (versioning, lifecycle, …).
 * Those need the bucket; a plan from files names them as not done.
 * @param preflight the checks of the bucket; null where it was not looked at
 */
export function inventoryChecks(
  source: InventorySource,
  inputs: PlanInputs,
  totals: Totals,
  classes: readonly ClassCount[],
  preflight: readonly Check[] | null,
): Check[] {
  const keysOf = (name: ClassCount['class']) => classes.find((row) => row.class === name)?.keys ?? 0;
  const checks: Check[] = [...(preflight ?? [])];
  const add = (code: string, level: Check['level'], message: string, hint: string) =>
    checks.push({ code, level, message, hint });

  if (totals.afterEntries === 0) {
    add(
      'NOTHING_AFTER_POINT_IN_TIME',
      'warning',
      `The inventory holds nothing newer than ${inputs.timestamp}; its newest entry in scope is of ${totals.newestEntry}.`,
      'take the inventory again after the changes, or check the time and its offset',
    );
  }
  if (source.order === 'last-modified' && keysOf('ambiguous') > 0) {
    add(
      'TIES_UNDECIDED',
      'warning',
      `${keys(keysOf('ambiguous'), 'has', 'have')} two entries in the second that decides, and the inventory does not carry the order of the listing.`,
      'an inventory that carries the order (an `ordinal` or `sequence_number` column) decides them',
    );
  }
  if (keysOf('suspect-multipart') > 0) {
    add(
      'MULTIPART_IN_FLIGHT',
      'warning',
      `${keys(keysOf('suspect-multipart'), 'was', 'were')} uploaded in parts, begun within ${inputs.multipartWindowSeconds / 3600} hours before the point in time; S3 stamps them with their beginning.`,
      UNCERTAIN_HINT,
    );
  }
  if (inputs.noncurrentExpirationDays !== null && source.takenAt === null) {
    add(
      'INVENTORY_TIME_UNKNOWN',
      'info',
      'The inventory does not say when it was taken, so noncurrent versions are taken to expire up to now.',
      'add --inventory-time with the time at which it was taken',
    );
  }
  if (inputs.includeUncertain.length > 0) {
    add(
      'UNCERTAIN_INCLUDED',
      'warning',
      `Keys of the classes ${inputs.includeUncertain.join(', ')} are acted on, as asked.`,
      'leave --include-uncertain out to list them instead',
    );
  }
  if (inputs.copyWith === 's3-batch-copy') {
    add(
      'COPIES_UNGUARDED',
      'warning',
      "The copies are made by a job of S3's own, which has no guard: what is written to their keys after the inventory was taken is buried under the copy as a noncurrent version. It is not lost.",
      'stop the writers first, or leave --copy-with out, which looks at each key before it copies',
    );
  }
  if (inputs.overwrite) {
    add(
      'OVERWRITES_DESTINATION',
      'warning',
      `Objects that '${inputs.destinationBucket}' has under the keys of this plan are covered by the copies, whatever they are when it runs. They become noncurrent versions; none is removed, and undo brings them back.`,
      'look at what the bucket holds under these prefixes; leave --overwrite out to leave keys alone that have an object there',
    );
  }
  if (preflight !== null) return checks;
  if (inputs.mode === 'bucket-rollback' && inputs.noncurrentExpirationDays === null) {
    add(
      'LIFECYCLE_UNKNOWN',
      'info',
      'Whether a lifecycle rule expires noncurrent versions of this bucket is not known to this plan.',
      'if one does, plan again with --noncurrent-expiration-days N',
    );
  }
  add(
    'BUCKET_NOT_CHECKED',
    'info',
    'Planned from files: versioning, MFA delete, Object Lock and replication of the bucket were not looked at.',
    `aws s3api get-bucket-versioning --bucket ${inputs.bucket}`,
  );
  return checks;
}

/** `1 key has`, `3 keys have` */
function keys(count: number, singular: string, plural: string): string {
  return count === 1 ? `1 key ${singular}` : `${count.toLocaleString('en-US')} keys ${plural}`;
}

/** The instant against which noncurrent expiry is reckoned: the source's own, or the end of today, the safe side. */
export function inventoryTime(source: InventorySource, now: Date): Date {
  if (source.takenAt !== null) return source.takenAt;
  // Whole days, so that two plans of one day are the same plan.
  return new Date(`${formatInstant(now).slice(0, 10)}T23:59:59Z`);
}
