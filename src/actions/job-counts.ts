import type { RunOutcome } from '../execute/run-files.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import type { StageJob } from '../review/stage.ts';
import { FULFILLED_OUTCOMES } from '../s3/outcome.ts';

/** What each scenario has come to, from the outcomes of a run. */
export function countJobs({ scenarios }: RunOutcome): StageJob[] {
  return scenarios.map(({ scenario, rows, outcomes }) => {
    const done = FULFILLED_OUTCOMES.reduce((total, outcome) => total + outcomes[outcome], 0);
    return { scenario, jobId: null, total: rows, done, left: rows - done };
  });
}

/** How far a run is, from its share of all rows: scenarios run one after the other, in the order of the plan. */
export function progressOfJobs({ manifests }: RollbackPlan, percent: number): StageJob[] {
  const total = manifests.reduce((sum, { rows }) => sum + rows, 0);
  let dealtWith = Math.floor((Math.min(Math.max(percent, 0), 100) / 100) * total);
  return manifests.map(({ scenario, rows }) => {
    const done = Math.min(rows, dealtWith);
    dealtWith -= done;
    return { scenario, jobId: null, total: rows, done, left: 0 };
  });
}
