import type { Retention, RetentionMode } from '../s3/retention.ts';
import type { RetentionRule } from './settings.ts';

/**
 * The rule of an extension, exactly (docs/object-lock.md). `sql/shared/retention-rows.hbs` says the same to the query
 * engine; a truth table holds both to it.
 */

const MS_PER_DAY = 86_400_000;

/** What becomes of a version entry, in the order in which the classes are told apart. */
export const RETENTION_CLASSES = [
  'delete-marker',
  'noncurrent',
  'legal-hold-only',
  'no-lock',
  'long-enough',
  'too-short',
] as const;
export type RetentionClass = (typeof RETENTION_CLASSES)[number];

/** Classes that a run extends. */
export const SELECTED_CLASSES: readonly RetentionClass[] = ['no-lock', 'too-short'];

/** The two dates of a rule, frozen for a run. */
export type RuleDates = {
  /** a version that is retained until an earlier date is selected */
  horizon: Date;
  /** the date that every selected version gets */
  target: Date;
};

/**
 * Horizon: now + minimum + one interval of the schedule, so that nothing falls below the minimum before the next run.
 * Target: now + minimum + frequency. As the frequency is a multiple of the interval, the target is never before the
 * horizon, so a date that is selected is always made later.
 * @param now whole seconds of the store's clock
 */
export function datesOf(rule: RetentionRule, scheduleIntervalDays: number, now: Date): RuleDates {
  const after = (days: number) => new Date(now.getTime() + days * MS_PER_DAY);
  return {
    horizon: after(rule.minimumRetentionDays + scheduleIntervalDays),
    target: after(rule.minimumRetentionDays + rule.extensionFrequencyDays),
  };
}

/** What the rule looks at. */
export type LockedEntry = {
  isDeleteMarker: boolean;
  isCurrent: boolean;
  retention: Retention | null;
  legalHold: boolean;
};

export function classifyEntry(
  entry: LockedEntry,
  rule: RetentionRule,
  { horizon }: RuleDates,
): RetentionClass {
  if (entry.isDeleteMarker) return 'delete-marker';
  if (!entry.isCurrent) return 'noncurrent';
  if (entry.retention === null) {
    return entry.legalHold && rule.skipLegalHoldOnly ? 'legal-hold-only' : 'no-lock';
  }
  return entry.retention.retainUntil >= horizon ? 'long-enough' : 'too-short';
}

/** A lock keeps its mode; what has none gets the mode asked for. GOVERNANCE is converted only where that is asked. */
export function modeAfter(
  before: RetentionMode | null,
  { mode, convertGovernance }: Pick<RetentionRule, 'mode' | 'convertGovernance'>,
): RetentionMode {
  if (before === null) return mode;
  return before === 'GOVERNANCE' && mode === 'COMPLIANCE' && convertGovernance ? 'COMPLIANCE' : before;
}
