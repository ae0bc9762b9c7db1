import { RunbookError } from '../errors.ts';
import { shellWord } from '../s3/shell-word.ts';
import type { RetentionPlan } from './retention-plan-file.ts';
import type { RetentionStart } from './run-files.ts';

const MS_PER_DAY = 86_400_000;

/** @param name of the record, for the next step @throws RunbookError REPORT_ONLY, REVIEW_REQUIRED */
export function assertMayStart(
  plan: RetentionPlan,
  name: string,
  startedBy: RetentionStart['startedBy'],
): void {
  if (plan.reportOnly) {
    throw new RunbookError('REPORT_ONLY', `${name} was made with --report-only.`, {
      hint: 'run extend-retention again without --report-only, then start-jobs on the new record',
    });
  }
  if (startedBy === 'unattended' && plan.review.required) {
    const place = name.replace(/\/$/, '');
    throw new RunbookError(
      'REVIEW_REQUIRED',
      `The plan ${plan.digest} needs a review: ${plan.review.reasons.join('; ')}.`,
      {
        hint: `read ${place}/comment.md; if it describes what you want: ${startHint(name)}`,
      },
    );
  }
}

/** After an interval the next run is due: versions that have come due since are not in this plan. @throws RunbookError RECORD_STALE */
export function assertFresh(plan: RetentionPlan, now: Date): void {
  const intervalMs = plan.settings.scheduleIntervalDays * MS_PER_DAY;
  if (now.getTime() - Date.parse(plan.now) <= intervalMs) return;
  throw new RunbookError(
    'RECORD_STALE',
    `The plan was made at ${plan.now}, more than ${plan.settings.scheduleIntervalDays} days ago.`,
    { hint: 'run extend-retention again: what this plan did is taken into account' },
  );
}

/** The command that a person starts a record with. */
export function startHint(name: string): string {
  const yes = name.startsWith('s3://') ? '--approval approval.json' : '--yes';
  return `npm run --silent s3-rewind -- start-jobs --record ${shellWord(name)} ${yes}`;
}
