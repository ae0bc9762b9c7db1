import { formatDuration } from '../s3/duration.ts';
import { formatInstant } from '../s3/point-in-time.ts';
import type { BucketLock } from '../s3/retention.ts';
import type { RetentionCheck } from './retention-plan-file.ts';
import type { RetentionSettings } from './settings.ts';

const MS_PER_DAY = 86_400_000;
/** S3 delivers the first report up to 48 hours later; a new object waits for the next report on top of the interval. */
const REPORT_DAYS = 2;

/** What the review should know besides the figures. Nothing here stops a run. */
export function retentionChecks(
  settings: RetentionSettings,
  lock: BucketLock,
  inventory: { takenAt: Date | null; location: string },
  now: Date,
): RetentionCheck[] {
  return [
    defaultRetentionCheck(settings, lock),
    ageCheck(settings, inventory, now),
    modeCheck(settings),
    conversionCheck(settings),
  ].filter((check) => check !== null);
}

function defaultRetentionCheck(
  { bucket, scheduleIntervalDays, rules }: RetentionSettings,
  { defaultRetention }: BucketLock,
): RetentionCheck | null {
  const needed = scheduleIntervalDays + REPORT_DAYS;
  const mode = rules.some((rule) => rule.mode === 'COMPLIANCE') ? 'COMPLIANCE' : 'GOVERNANCE';
  const hint = `set a default of ${needed} days: aws s3api put-object-lock-configuration --bucket ${bucket} --object-lock-configuration '{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"${mode}","Days":${needed}}}}'`;
  const warn = (message: string): RetentionCheck => ({
    code: 'DEFAULT_RETENTION',
    level: 'warning',
    message,
    hint,
  });
  if (defaultRetention === null) {
    return warn(
      `'${bucket}' has no default retention: a new object is not locked until the next run finds it, up to ${needed} days later.`,
    );
  }
  const { days, mode: own } = defaultRetention;
  if (days < needed) {
    return warn(
      `The default retention of '${bucket}' is ${days} days: the lock of a new object can end before the next run finds it, up to ${needed} days later.`,
    );
  }
  if (own === 'GOVERNANCE' && rules.some((rule) => rule.mode === 'COMPLIANCE' && !rule.convertGovernance)) {
    return warn(
      `The default retention of '${bucket}' is GOVERNANCE: new objects keep that mode, as the settings do not convert it.`,
    );
  }
  return null;
}

function ageCheck(
  { scheduleIntervalDays }: RetentionSettings,
  { takenAt, location }: { takenAt: Date | null; location: string },
  now: Date,
): RetentionCheck | null {
  const hint = 'take the newest report, or --list';
  if (takenAt === null) {
    return {
      code: 'INVENTORY_AGE',
      level: 'warning',
      message: `${location} does not say when it was taken: newer objects are left to the next run.`,
      hint,
    };
  }
  const seconds = (now.getTime() - takenAt.getTime()) / 1000;
  if (seconds <= (scheduleIntervalDays * MS_PER_DAY) / 1000) return null;
  return {
    code: 'INVENTORY_AGE',
    level: 'warning',
    message: `The inventory was taken at ${formatInstant(takenAt)}, ${formatDuration(seconds)} ago: newer objects are left to the next run.`,
    hint,
  };
}

function modeCheck({ rules }: RetentionSettings): RetentionCheck | null {
  if (!rules.some((rule) => rule.mode === 'COMPLIANCE')) return null;
  return {
    code: 'COMPLIANCE_MODE',
    level: 'warning',
    message:
      'COMPLIANCE cannot be taken back: until the date of its lock nobody can delete a version, the root user included.',
    hint: 'read the date of every manifest; --mode GOVERNANCE locks in a way that a permission can lift',
  };
}

function conversionCheck({ rules }: RetentionSettings): RetentionCheck | null {
  if (!rules.some((rule) => rule.convertGovernance)) return null;
  return {
    code: 'CONVERSION',
    level: 'warning',
    message:
      'GOVERNANCE is made COMPLIANCE only where the store takes that without a bypass, which is never sent. Elsewhere such versions end denied: extended in GOVERNANCE by a run from a machine, left as they are by S3 Batch Operations.',
    hint: 'look at the versions that ended denied; leave --convert-governance out on S3 Batch Operations if there are any',
  };
}
