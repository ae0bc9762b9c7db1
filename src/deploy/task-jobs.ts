import canonicalize from 'canonicalize';
import { RunbookError } from '../errors.ts';
import { readPatiently } from '../execute/backoff.ts';
import { readCompletionReport } from '../execute/batch/completion-report.ts';
import { type ReportReconciliation, reconcileReport } from '../execute/batch/reconcile.ts';
import { formatTaskArguments } from '../execute/batch/task-arguments.ts';
import { confirmJobOnce, waitUntilEnded } from '../execute/batch/watch-job.ts';
import { splitAt } from '../execute/split.ts';
import type { BatchJob, PinnedManifest, TaskArguments } from '../s3/batch-job.ts';
import type { Stack } from '../s3/stack.ts';
import type { DeployedJob } from './jobs-file.ts';
import { endedEarly, type JobsRun } from './jobs-run.ts';

/** A job that invokes the task function, as the record names it. */
type TaskJob = Pick<DeployedJob, 'scenario' | 'id' | 'manifestETag' | 'splits'>;

/**
 * Holds a job that invokes the task function against the plan: whoever may write the record could name another.
 * @throws RunbookError STACK_CHANGED; S3CallError
 */
export async function checkTaskJob(
  { site, stack }: { site: JobsRun['site']; stack: Stack },
  job: TaskJob,
  task: TaskArguments,
): Promise<void> {
  const found = await readPatiently(() => site.jobs.describeJob(job.id), site.pause);
  const isOurs =
    found.roleArn === stack.outputs.BatchRoleArn &&
    found.lambda?.functionArn === stack.outputs.TaskFunctionArn &&
    canonicalize(found.lambda?.userArguments) === canonicalize(formatTaskArguments(task)) &&
    found.manifest?.eTag === job.manifestETag;
  if (isOurs) return;
  throw new RunbookError('STACK_CHANGED', `The job ${job.id} is not what the plan asks for.`, {
    hint: 'nothing was started: cancel the job and deploy again, which makes another one',
  });
}

/**
 * Confirms a job that invokes the task function, stays until its end, and holds its report against its splits.
 * @param command that goes on where the job came to nothing
 * @throws RunbookError JOB_FAILED, JOB_NOT_CONFIRMABLE, REPORT_*; S3CallError
 */
export async function runTaskJob(
  run: Pick<JobsRun, 'site' | 'place' | 'plan' | 'approval'>,
  job: TaskJob,
  manifest: PinnedManifest,
  onJob: (found: BatchJob) => void,
  command = 'start-jobs',
): Promise<ReportReconciliation> {
  const { site, place, plan, approval } = run;
  const { pause, intervalMs } = site;
  await confirmJobOnce(site.jobs, job.id, approval, pause);
  const ended = await waitUntilEnded(site.jobs, job.id, { pause, intervalMs, onJob });
  if (ended.status !== 'Complete') throw endedEarly(run, job, ended, command);
  const report = { bucket: place.bucket, prefix: `${place.prefix}reports`, jobId: job.id };
  const expected = job.splits?.map((number) => splitAt(manifest, number)) ?? null;
  const rows = readCompletionReport(site.objects, report, pause);
  const result = await reconcileReport(rows, plan.inputs.bucket, manifest, expected);
  const [stranger] = result.strangers;
  if (stranger === undefined) return result;
  throw new RunbookError(
    'REPORT_DAMAGED',
    `The report of the job ${job.id} names a task it was not given: ${stranger}.`,
    { hint: `the outcomes in the record stand on their own: run ${command} again` },
  );
}
