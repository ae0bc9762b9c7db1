import type { DeployedJob } from '../deploy/jobs-file.ts';
import type { RunOutcome } from '../execute/run-files.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import type { StageJob } from '../review/stage.ts';
import { FULFILLED_OUTCOMES } from '../s3/outcome.ts';

/** The jobs of S3 Batch Operations of a rollback; empty where the runner carries it out. */
type Jobs = readonly Pick<DeployedJob, 'scenario' | 'id'>[];

/** What each scenario has come to, from the outcomes of a run. */
export function countJobs({ scenarios }: RunOutcome, jobs: Jobs): StageJob[] {
  return scenarios.map(({ scenario, rows, outcomes }) => {
    const done = FULFILLED_OUTCOMES.reduce((total, outcome) => total + outcomes[outcome], 0);
    return { scenario, jobId: idOf(jobs, scenario), total: rows, done, left: rows - done };
  });
}

/** The jobs before they are started. */
export function waitingJobs({ manifests }: RollbackPlan, jobs: Jobs): StageJob[] {
  return manifests.flatMap(({ scenario, rows }) => {
    const jobId = idOf(jobs, scenario);
    return jobId === null ? [] : [{ scenario, jobId, total: rows, done: 0, left: 0 }];
  });
}

/**
 * How far a run is, from its share of all rows. The runner takes the scenarios one after the other, in the order of the
 * plan; jobs run side by side.
 */
export function progressOfJobs({ manifests }: RollbackPlan, percent: number, jobs: Jobs): StageJob[] {
  const share = Math.min(Math.max(percent, 0), 100) / 100;
  let dealtWith = Math.floor(share * manifests.reduce((sum, { rows }) => sum + rows, 0));
  return manifests.map(({ scenario, rows }) => {
    const jobId = idOf(jobs, scenario);
    const done = jobId === null ? Math.min(rows, dealtWith) : Math.floor(share * rows);
    dealtWith -= jobId === null ? done : 0;
    return { scenario, jobId, total: rows, done, left: 0 };
  });
}

/** A member of a set, with the jobs that S3 Batch Operations has for it; none where the runner carries it out. */
export type MemberJobs = { plan: RollbackPlan; jobs: Jobs };

/** How far a set is, from its share of all rows: its members are run one after the other. */
export function progressOfSet(members: readonly MemberJobs[], percent: number): StageJob[] {
  const rowsOf = ({ manifests }: RollbackPlan) => manifests.reduce((sum, { rows }) => sum + rows, 0);
  let dealtWith = (percent / 100) * members.reduce((sum, { plan }) => sum + rowsOf(plan), 0);
  return members.flatMap(({ plan, jobs }) => {
    const rows = rowsOf(plan);
    const own = rows === 0 ? 0 : (100 * Math.min(rows, dealtWith)) / rows;
    dealtWith = Math.max(0, dealtWith - rows);
    return ofBucket(plan.inputs.bucket, progressOfJobs(plan, own, jobs));
  });
}

/** The same rows of the table, with the member that they are of. */
export function ofBucket(bucket: string, jobs: readonly StageJob[]): StageJob[] {
  return jobs.map((job) => ({ bucket, ...job }));
}

function idOf(jobs: Jobs, scenario: string): string | null {
  return jobs.find((job) => job.scenario === scenario)?.id ?? null;
}
