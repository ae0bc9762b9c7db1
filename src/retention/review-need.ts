import { formatCount, formatUsd } from '../review/figures.ts';
import type { RetentionPlan, ReviewNeed } from './retention-plan-file.ts';
import type { RetentionSettings } from './settings.ts';

/** An earlier run of the same schedule, from its record. */
export type PreviousRun = {
  plan: Pick<RetentionPlan, 'digest' | 'settingsFingerprint'>;
  /** whether it came to its end: then a person reviewed its settings, or those of a run before it */
  isFinished: boolean;
};

/**
 * Decides whether a person has to review a run before it starts. The first run and any change of the settings always
 * need it; later ones only above the budget that was reviewed with the settings.
 */
export function decideReview(
  run: { settings: RetentionSettings; settingsFingerprint: string; tasks: number; costUsd: number },
  previous: PreviousRun | null,
): ReviewNeed {
  const { budgetTasks, budgetUsd } = run.settings;
  const reasons: string[] = [];
  if (previous === null) reasons.push('it is the first run: no earlier one was named');
  else if (!previous.isFinished) reasons.push('the earlier run has not come to its end');
  else if (previous.plan.settingsFingerprint !== run.settingsFingerprint) {
    reasons.push('the settings are not those of the earlier run');
  }
  if (budgetTasks === null && budgetUsd === null) reasons.push('the settings have no budget');
  if (budgetTasks !== null && run.tasks > budgetTasks) {
    reasons.push(
      `${formatCount(run.tasks)} versions are more than the budget of ${formatCount(budgetTasks)}`,
    );
  }
  if (budgetUsd !== null && run.costUsd > budgetUsd) {
    reasons.push(`${formatUsd(run.costUsd)} are more than the budget of ${formatUsd(budgetUsd)}`);
  }
  return { required: reasons.length > 0, reasons, previousDigest: previous?.plan.digest ?? null };
}
