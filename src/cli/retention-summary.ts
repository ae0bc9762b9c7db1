import type { RetentionPlan } from '../retention/retention-plan-file.ts';
import type { RetentionOutcome } from '../retention/run-files.ts';
import { formatCount } from '../review/figures.ts';
import { isFulfilled, OUTCOMES, type Outcome } from '../s3/outcome.ts';
import { printable } from '../s3/printable.ts';
import { shellWord } from '../s3/shell-word.ts';

/** What `extend-retention` prints for a person. */
export function retentionPlanSummary(plan: RetentionPlan, out: string): string {
  const { estimate, review, inventory } = plan;
  const usd = (amount: number) => `$${amount.toFixed(2)}`;
  const record = printable(out);
  return [
    `${formatCount(estimate.run.tasks)} of ${formatCount(inventory.currentVersionsInScope)} current versions are due (${plan.retentionId})`,
    ...plan.manifests.map(
      ({ name, rows, mode, retainUntil }) =>
        `  ${name}: ${formatCount(rows)} to ${mode} until ${retainUntil}`,
    ),
    `Cost: ${usd(estimate.run.directUsd)} from this machine, ${usd(estimate.monthlyUsd)} a month from now on`,
    ...plan.checks.map(({ code, message }) => `Warning: ${printable(message)} (${code})`),
    ...review.reasons.map((reason) => `Review needed: ${reason.replaceAll('\\', '')}`),
    ...nextStep(plan, record),
  ].join('\n');
}

function nextStep({ reportOnly, review }: RetentionPlan, record: string): string[] {
  const read = `Read: ${record}/comment.md`;
  if (reportOnly) return [read];
  const how = review.required ? '--yes' : '--unattended';
  return [read, `Next: npm run --silent s3-rewind -- start-jobs --record ${shellWord(record)} ${how}`];
}

const NEXT_STEPS: Partial<Record<Outcome, string>> = {
  drifted: 'are no longer current and were left alone',
  missing: 'are gone',
  refused: 'are no object versions: do not trust this manifest, plan again',
  denied:
    'were not allowed: grant s3:GetObjectRetention and s3:PutObjectRetention, and run the command again',
  failed: 'failed: run the same command again',
};

/** A job is over with its run: versions that are left are still due, and the next plan has them. */
const NEXT_STEPS_ON_AWS: typeof NEXT_STEPS = {
  ...NEXT_STEPS,
  denied: 'were denied: see detail in outcomes/; the next run plans them anew',
  failed: 'failed: the next run plans them anew',
};

/** What `start-jobs` prints for the record of an extension. */
export function retentionRunSummary(run: RetentionOutcome, folder: string): string {
  const seen = OUTCOMES.filter((outcome) => run.outcomes[outcome] > 0);
  return [
    `Run of ${run.retentionId}`,
    `${formatCount(run.rows)} versions: ${seen.map((outcome) => `${formatCount(run.outcomes[outcome])} ${outcome}`).join(', ') || 'nothing was due'}`,
    isFulfilled(run.outcomes) ? 'Every planned version is locked.' : 'Some versions were left as they are.',
    ...seen.flatMap((outcome) => {
      const next = run.executor === 'batch' ? NEXT_STEPS_ON_AWS[outcome] : NEXT_STEPS[outcome];
      return next === undefined ? [] : [`${outcome}: ${formatCount(run.outcomes[outcome])} ${next}`];
    }),
    `Compliance record: ${printable(folder)}/outcomes/`,
  ].join('\n');
}
