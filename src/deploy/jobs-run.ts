import { RunbookError } from '../errors.ts';
import { formatRecordUrl, type RecordPlace } from '../execute/batch/record-place.ts';
import { explainJob, type JobApproval } from '../execute/batch/watch-job.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import type { BatchJob } from '../s3/batch-job.ts';
import type { Stack } from '../s3/stack.ts';
import { type DeployedJob, type DeployedJobs, jobName, writeJobs } from './jobs-file.ts';
import type { DeploySite } from './site.ts';

/** Jobs for the same rows at most in one run: what still fails then is told, and tried again by the next run. */
export const MAX_JOBS_PER_RUN = 3;

/** A run under way; `deployed` moves on as jobs are made again. */
export type JobsRun = {
  site: DeploySite;
  place: RecordPlace;
  plan: RollbackPlan;
  stack: Stack;
  deployed: DeployedJobs;
  approval: JobApproval;
  isStopped: () => boolean;
};

/** Puts a job in the place of the one before it, in jobs.json too: before it is confirmed. */
export async function nameNextJob(run: JobsRun, next: DeployedJob): Promise<void> {
  const jobs = run.deployed.jobs.map((one) => (jobName(one) === jobName(next) ? next : one));
  run.deployed = { ...run.deployed, jobs };
  await writeJobs(run.site, run.place, run.deployed);
}

/** A job that was to run to its end and did not. */
export function endedEarly(
  { place }: Pick<JobsRun, 'place'>,
  job: Pick<DeployedJob, 'scenario' | 'copy'>,
  ended: BatchJob,
  command = 'start-jobs',
): RunbookError {
  const record = formatRecordUrl(place);
  return new RunbookError('JOB_FAILED', `The job of scenario ${jobName(job)} ended: ${explainJob(ended)}.`, {
    hint: `put right what it names; then run ${command} again, which makes a job of what is left: npm run --silent s3-rewind -- ${command} --record ${record}`,
  });
}
