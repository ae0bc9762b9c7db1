import type { EndedScenario as Ended, RunOutcome } from '../run-files.ts';

/** Whether a pass over archived versions takes a scenario: copies, with rows that are archived or failed. */
export function isRestorable({ operation, outcomes }: Ended): boolean {
  if (!operation.startsWith('copy')) return false;
  return outcomes.archived + outcomes.denied + outcomes.failed > 0;
}

/** Archived rows that a pass can take. */
export function countRestorable({ scenarios }: RunOutcome): number {
  const taken = scenarios.filter(isRestorable);
  return taken.reduce((total, { outcomes }) => total + outcomes.archived, 0);
}
