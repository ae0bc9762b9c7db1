import canonicalize from 'canonicalize';
import { RunbookError } from '../errors.ts';
import { readPatiently } from '../execute/backoff.ts';
import { readCompletionReport } from '../execute/batch/completion-report.ts';
import { reconcileReport, splitsToRetry } from '../execute/batch/reconcile.ts';
import { formatRecordUrl, type RecordPlace } from '../execute/batch/record-place.ts';
import { formatTaskArguments } from '../execute/batch/task-arguments.ts';
import { confirmJobOnce, explainJob, waitUntilEnded } from '../execute/batch/watch-job.ts';
import { forEachConcurrently } from '../execute/concurrently.ts';
import { splitAt } from '../execute/split.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import type { BatchJob, PinnedManifest } from '../s3/batch-job.ts';
import type { Scenario } from '../s3/rollback.ts';
import type { Stack } from '../s3/stack.ts';
import { deployJob, isJobUsable, taskOf } from './deploy-jobs.ts';
import { type DeployedJob, type DeployedJobs, writeJobs } from './jobs-file.ts';
import { changed, pinManifest } from './remote-plan.ts';
import type { DeploySite } from './site.ts';

/** Jobs of a scenario at most in one run: what still fails then is told, and tried again by the next run. */
const MAX_JOBS_PER_RUN = 3;
/** Watched side by side: a plan has at most five. */
const JOBS_AT_A_TIME = 8;

/** A run under way; `deployed` moves on as jobs are made again. */
export type JobsRun = {
  site: DeploySite;
  place: RecordPlace;
  plan: RollbackPlan;
  stack: Stack;
  deployed: DeployedJobs;
  reason: string;
  isStopped: () => boolean;
};

export type PinnedManifests = ReadonlyMap<Scenario, PinnedManifest>;

/** Proves the manifests of all jobs, and makes those again that were cancelled, failed, expired or are forgotten. */
export async function renewJobs(run: JobsRun): Promise<PinnedManifests> {
  const { site, place, plan } = run;
  const pinned = new Map<Scenario, PinnedManifest>();
  for (const job of run.deployed.jobs) {
    site.progress(`scenario ${job.scenario}: checking its manifest`, null);
    const manifest = plan.manifests.find(({ scenario }) => scenario === job.scenario);
    if (manifest === undefined)
      throw changed(`jobs.json names scenario ${job.scenario}, which the plan has not.`);
    pinned.set(job.scenario, await pinManifest(site, place, manifest));
    if (await isJobUsable(site, job.id)) continue;
    site.progress(`scenario ${job.scenario}: its job is gone and is made again`, null);
    await replaceJob(run, job, pinned, job.splits);
  }
  return pinned;
}

/**
 * Holds the jobs that jobs.json names against the plan: whoever may write that file could name other jobs.
 * @throws RunbookError STACK_CHANGED; S3CallError
 */
export async function checkJobs({ site, place, plan, stack, deployed }: JobsRun, pinned: PinnedManifests) {
  for (const job of deployed.jobs) {
    const manifest = pinned.get(job.scenario);
    if (manifest === undefined) continue;
    const found = await readPatiently(() => site.jobs.describeJob(job.id), site.pause);
    const task = formatTaskArguments(taskOf(place, plan, { ...job, manifest }));
    const isOurs =
      found.roleArn === stack.outputs.BatchRoleArn &&
      found.lambda?.functionArn === stack.outputs.TaskFunctionArn &&
      canonicalize(found.lambda?.userArguments) === canonicalize(task) &&
      found.manifest?.eTag === job.manifestETag;
    if (isOurs) continue;
    throw new RunbookError('STACK_CHANGED', `The job ${job.id} is not what the plan asks for.`, {
      hint: 'nothing was started: cancel the job and deploy again, which makes another one',
    });
  }
}

/** Confirms the jobs and stays until each split has been carried out, or has failed too often. */
export async function runJobs(run: JobsRun, pinned: PinnedManifests): Promise<void> {
  const shares = new Map<Scenario, BatchJob>();
  const tell = (scenario: Scenario, job: BatchJob) => {
    shares.set(scenario, job);
    const tasks = [...shares.values()].map((one) => one.tasks ?? { total: 0, succeeded: 0, failed: 0 });
    const total = tasks.reduce((sum, one) => sum + one.total, 0);
    const ended = tasks.reduce((sum, one) => sum + one.succeeded + one.failed, 0);
    run.site.progress(`scenario ${scenario}: ${job.status}`, total === 0 ? null : (100 * ended) / total);
    if (run.isStopped()) throw interrupted(run);
  };
  await forEachConcurrently(run.deployed.jobs, JOBS_AT_A_TIME, async (first) => {
    let job = first;
    for (let count = 1; ; count += 1) {
      const left = await runJob(run, job, pinned, tell);
      if (left.length === 0 || count >= MAX_JOBS_PER_RUN) return;
      job = await replaceJob(run, job, pinned, left);
    }
  });
}

/** @returns the splits that failed or did not run */
async function runJob(
  { site, place, plan, reason }: JobsRun,
  job: DeployedJob,
  pinned: PinnedManifests,
  tell: (scenario: Scenario, job: BatchJob) => void,
): Promise<number[]> {
  const { pause, intervalMs } = site;
  const manifest = pinned.get(job.scenario);
  if (manifest === undefined) throw new TypeError('a job has a manifest');
  await confirmJobOnce(site.jobs, job.id, reason, pause);
  const onJob = (found: BatchJob) => tell(job.scenario, found);
  const ended = await waitUntilEnded(site.jobs, job.id, { pause, intervalMs, onJob });
  if (ended.status !== 'Complete') {
    throw new RunbookError('JOB_FAILED', `The job of scenario ${job.scenario} ended: ${explainJob(ended)}.`, {
      hint: `put right what it names; then run start-jobs again, which makes a job of what is left: npm run --silent s3-rewind -- start-jobs --record ${formatRecordUrl(place)}`,
    });
  }
  const report = { bucket: place.bucket, prefix: `${place.prefix}reports`, jobId: job.id };
  const expected = job.splits?.map((number) => splitAt(manifest, number)) ?? null;
  const rows = readCompletionReport(site.objects, report, pause);
  const result = await reconcileReport(rows, plan.inputs.bucket, manifest, expected);
  const [stranger] = result.strangers;
  if (stranger !== undefined) {
    throw new RunbookError(
      'REPORT_DAMAGED',
      `The report of the job ${job.id} names a task it was not given: ${stranger}.`,
      {
        hint: 'the outcomes in the record stand on their own: run start-jobs again',
      },
    );
  }
  return splitsToRetry(result).map(({ number }) => number);
}

/** The next job of a scenario; jobs.json names it before it is confirmed. */
async function replaceJob(
  run: JobsRun,
  job: DeployedJob,
  pinned: PinnedManifests,
  splits: readonly number[] | null,
): Promise<DeployedJob> {
  const manifest = pinned.get(job.scenario);
  if (manifest === undefined) throw new TypeError('a job has a manifest');
  const order = { scenario: job.scenario, attempt: job.attempt + 1, manifest, splits };
  const next = await deployJob(run.site, run.place, run.plan, run.stack, order, []);
  const jobs = run.deployed.jobs.map((one) => (one.scenario === job.scenario ? next : one));
  run.deployed = { ...run.deployed, jobs };
  await writeJobs(run.site, run.place, run.deployed);
  return next;
}

function interrupted({ place }: JobsRun): RunbookError {
  return new RunbookError(
    'INTERRUPTED',
    'The run was interrupted; the approval is taken off, so the jobs change nothing more.',
    { hint: `go on with: npm run --silent s3-rewind -- start-jobs --record ${formatRecordUrl(place)}` },
  );
}
