import type { RollbackPlan } from '../../plan/plan-file.ts';
import { isBatchCopied } from '../../s3/rollback.ts';
import type { RunOutcome } from '../run-files.ts';

type Ended = RunOutcome['scenarios'][number];

/**
 * Whether a pass over archived versions takes a scenario: copies with journals of ours, with rows that are archived or
 * failed. What S3's own job copied has no journals, so it stays as the job left it.
 */
export function isRestorable({ inputs }: RollbackPlan, { scenario, operation, outcomes }: Ended): boolean {
  if (!operation.startsWith('copy') || isBatchCopied(inputs.copyWith, scenario)) return false;
  return outcomes.archived + outcomes.denied + outcomes.failed > 0;
}

/** Archived rows that a pass can take. */
export function countRestorable(plan: RollbackPlan, { scenarios }: RunOutcome): number {
  const taken = scenarios.filter((ended) => isRestorable(plan, ended));
  return taken.reduce((total, { outcomes }) => total + outcomes.archived, 0);
}
