import { RunbookError } from '../errors.ts';
import { splitsToRetry } from '../execute/batch/reconcile.ts';
import { formatRecordUrl } from '../execute/batch/record-place.ts';
import { forEachConcurrently } from '../execute/concurrently.ts';
import type { BatchJob, PinnedManifest } from '../s3/batch-job.ts';
import type { Scenario } from '../s3/rollback.ts';
import { checkCopyJob, copyManifestOf, deployCopyJob, type PinnedCopies, pinCopies } from './copy-jobs.ts';
import { deployJob, isJobUsable, taskOf } from './deploy-jobs.ts';
import { type DeployedJob, jobName } from './jobs-file.ts';
import { type JobsRun, MAX_JOBS_PER_RUN, nameNextJob } from './jobs-run.ts';
import { changed, pinManifest } from './remote-plan.ts';
import { type CopyRun, runCopyJob } from './run-copy-job.ts';
import type { SettledCopies } from './settled-copies.ts';
import { checkTaskJob, runTaskJob } from './task-jobs.ts';
import { readStart } from './write-run.ts';

/** Watched side by side: a plan has a job a scenario, and of those that copy by themselves one a storage class. */
const JOBS_AT_A_TIME = 16;

/** Manifests, proven and pinned: those that splits are taken of, by scenario, and those of copy jobs, by job. */
export type PinnedManifests = {
  tasks: ReadonlyMap<Scenario, PinnedManifest>;
  copies: ReadonlyMap<string, PinnedCopies>;
};

/** Proves the manifests of all jobs, and makes those again that were cancelled, failed, expired or are forgotten. */
export async function renewJobs(run: JobsRun): Promise<PinnedManifests> {
  const { site, place, plan } = run;
  const pinned = new Map<Scenario, PinnedManifest>();
  const copies = new Map<string, PinnedCopies>();
  const hasStarted = run.deployed.jobs.some(({ copy }) => copy) && (await readStart(run)) !== null;
  for (const job of run.deployed.jobs) {
    if (job.copy !== undefined) {
      site.progress(`scenario ${jobName(job)}: checking its manifest`, null);
      const own = await pinCopies(site, place, copyManifestOf(plan, job));
      copies.set(jobName(job), own);
      // What a job that was started has left is found out from its report.
      if (hasStarted || (await isJobUsable(site, job.id))) continue;
      const order = { ...own, attempt: job.attempt + 1, earlier: [] };
      await nameNextJob(run, await deployCopyJob(site, place, plan, run.stack, order, []));
      continue;
    }
    site.progress(`scenario ${job.scenario}: checking its manifest`, null);
    const manifest = plan.manifests.find(({ scenario }) => scenario === job.scenario);
    if (manifest === undefined)
      throw changed(`jobs.json names scenario ${job.scenario}, which the plan has not.`);
    pinned.set(job.scenario, await pinManifest(site, place, manifest));
    if (await isJobUsable(site, job.id)) continue;
    site.progress(`scenario ${job.scenario}: its job is gone and is made again`, null);
    await replaceJob(run, job, pinned, job.splits);
  }
  return { tasks: pinned, copies };
}

/**
 * Holds the jobs that jobs.json names against the plan: whoever may write that file could name other jobs.
 * @throws RunbookError STACK_CHANGED; S3CallError
 */
export async function checkJobs(run: JobsRun, pinned: PinnedManifests): Promise<void> {
  const { place, plan, deployed } = run;
  for (const job of deployed.jobs) {
    const copies = pinned.copies.get(jobName(job));
    if (copies !== undefined) await checkCopyJob(run, job, copies);
    const manifest = pinned.tasks.get(job.scenario);
    if (manifest === undefined) continue;
    await checkTaskJob(run, job, taskOf(place, plan, { ...job, manifest }));
  }
}

/**
 * Confirms the jobs and stays until each split and copy has been carried out, or has failed too often.
 * @returns what the copy jobs came to
 */
export async function runJobs(
  run: JobsRun,
  pinned: PinnedManifests,
  copyRun: CopyRun,
): Promise<SettledCopies[]> {
  const settled: SettledCopies[] = [];
  const shares = new Map<string, BatchJob>();
  const tell = (name: string, job: BatchJob) => {
    shares.set(name, job);
    const tasks = [...shares.values()].map((one) => one.tasks ?? { total: 0, succeeded: 0, failed: 0 });
    const total = tasks.reduce((sum, one) => sum + one.total, 0);
    const ended = tasks.reduce((sum, one) => sum + one.succeeded + one.failed, 0);
    run.site.progress(`scenario ${name}: ${job.status}`, total === 0 ? null : (100 * ended) / total);
    if (run.isStopped()) throw interrupted(run);
  };
  await forEachConcurrently(run.deployed.jobs, JOBS_AT_A_TIME, async (first) => {
    const copies = pinned.copies.get(jobName(first));
    if (copies !== undefined) {
      const onJob = (found: BatchJob) => tell(jobName(first), found);
      settled.push(await runCopyJob(run, first, copies, copyRun, onJob));
      return;
    }
    let job = first;
    for (let count = 1; ; count += 1) {
      const left = await runJob(run, job, pinned.tasks, tell);
      if (left.length === 0 || count >= MAX_JOBS_PER_RUN) return;
      job = await replaceJob(run, job, pinned.tasks, left);
    }
  });
  return settled;
}

/** @returns the splits that failed or did not run */
async function runJob(
  run: JobsRun,
  job: DeployedJob,
  pinned: PinnedManifests['tasks'],
  tell: (name: string, job: BatchJob) => void,
): Promise<number[]> {
  const manifest = pinned.get(job.scenario);
  if (manifest === undefined) throw new TypeError('a job has a manifest');
  const result = await runTaskJob(run, job, manifest, (found) => tell(job.scenario, found));
  return splitsToRetry(result).map(({ number }) => number);
}

/** The next job of a scenario; jobs.json names it before it is confirmed. */
async function replaceJob(
  run: JobsRun,
  job: DeployedJob,
  pinned: PinnedManifests['tasks'],
  splits: readonly number[] | null,
): Promise<DeployedJob> {
  const manifest = pinned.get(job.scenario);
  if (manifest === undefined) throw new TypeError('a job has a manifest');
  const order = { scenario: job.scenario, attempt: job.attempt + 1, manifest, splits };
  const next = await deployJob(run.site, run.place, run.plan, run.stack, order, []);
  await nameNextJob(run, next);
  return next;
}

function interrupted({ place }: JobsRun): RunbookError {
  return new RunbookError(
    'INTERRUPTED',
    'The run was interrupted; the approval is taken off, so the jobs change nothing more.',
    { hint: `go on with: npm run --silent s3-rewind -- start-jobs --record ${formatRecordUrl(place)}` },
  );
}
