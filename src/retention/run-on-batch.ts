import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { changed, pinFile, readObjectText } from '../deploy/remote-plan.ts';
import type { DeploySite } from '../deploy/site.ts';
import { RunbookError } from '../errors.ts';
import { readPatiently } from '../execute/backoff.ts';
import { readCompletionReport } from '../execute/batch/completion-report.ts';
import { formatRecordUrl, type RecordPlace } from '../execute/batch/record-place.ts';
import {
  confirmJobOnce,
  createJobOnce,
  explainJob,
  type JobApproval,
  waitUntilEnded,
  waitUntilPrepared,
} from '../execute/batch/watch-job.ts';
import { writeWhole } from '../execute/disk.ts';
import { refusalOf } from '../execute/refusals.ts';
import { sha256OfFile } from '../inventory/checksum.ts';
import { type BatchJob, type BatchTag, ENDED_STATUSES } from '../s3/batch-job.ts';
import { S3CallError } from '../s3/call-error.ts';
import { addOutcomes, noOutcomes } from '../s3/outcome.ts';
import { formatInstant } from '../s3/point-in-time.ts';
import { approveSettings, assertApproved, findSettingsStack } from './approved-role.ts';
import { assertBucketLock } from './bucket-lock.ts';
import { type RetentionJobOrder, retentionJobRequest, strangeIn } from './job-request.ts';
import { assertFresh, assertMayStart } from './may-start.ts';
import { reconcileJob, sumManifest } from './reconcile-job.ts';
import { readRemoteOutcome, readRemoteRetention } from './remote-record.ts';
import { RETENTION_NEEDS, type RetentionCalls } from './retention-calls.ts';
import type { RetentionManifest, RetentionPlan } from './retention-plan-file.ts';
import {
  OUTCOME_FILE,
  parseRetentionStart,
  type RetentionJob,
  type RetentionOutcome,
  type RetentionStart,
  START_FILE,
} from './run-files.ts';

export type BatchRunOptions = {
  site: DeploySite;
  calls: RetentionCalls;
  place: RecordPlace;
  /** for the time of the run: outcomes are put together here */
  workFolder: string;
  startedBy: RetentionStart['startedBy'];
  /** why the jobs are confirmed, in their own words */
  approval: JobApproval;
  tags: readonly BatchTag[];
  /** Whether to stop watching: the jobs go on, and the same command comes back to them. */
  isStopped: () => boolean;
};

type Run = BatchRunOptions & { plan: RetentionPlan; roleArn: string; start: RetentionStart };

/**
 * Runs an extension on S3 Batch Operations: one native job a manifest, made to wait for its confirmation, looked at,
 * confirmed, watched to its end and reconciled with its report. Whatever stopped an earlier run, this one finds its
 * jobs; a job that came to nothing is made again over the same rows, which repeats nothing but the request.
 * @throws RunbookError REPORT_ONLY, REVIEW_REQUIRED, RECORD_*, NOT_DEPLOYED, STACK_CHANGED, OBJECT_LOCK_NOT_ENABLED,
 *   JOB_*, REPORT_*, INTERRUPTED; S3CallError
 */
export async function runOnBatch(options: BatchRunOptions): Promise<RetentionOutcome> {
  const { site, place, calls, startedBy } = options;
  const plan = await readRemoteRetention(site, place);
  const name = formatRecordUrl(place);
  assertMayStart(plan, name, startedBy);
  const earlier = await readRemoteOutcome(site, place, plan);
  if (earlier !== null) return earlier;
  await assertLockOfBucket(options, plan);
  const known = await readStart(options, plan);
  if (known === null) assertFresh(plan, calls.serverTime());
  const stack = await findSettingsStack(site, place, plan);
  const roleArn = await (startedBy === 'review' ? approveSettings : assertApproved)(site, place, plan, stack);
  const start = known ?? {
    schemaVersion: 1,
    planDigest: plan.digest,
    executor: 'batch',
    startedBy,
    startedAt: formatInstant(calls.serverTime()),
    jobs: [],
  };
  const run: Run = { ...options, plan, roleArn, start };
  for (const manifest of plan.manifests) await startJob(run, manifest);
  const manifests: RetentionOutcome['manifests'] = [];
  for (const manifest of plan.manifests) manifests.push(await finishJob(run, manifest));
  const outcome: RetentionOutcome = {
    ...run.start,
    retentionId: plan.retentionId,
    finishedAt: formatInstant(calls.serverTime()),
    rows: manifests.reduce((total, { rows }) => total + rows, 0),
    outcomes: manifests.reduce((total, { outcomes }) => addOutcomes(total, outcomes), noOutcomes()),
    manifests,
  };
  await writeJson(run, OUTCOME_FILE, outcome);
  return outcome;
}

async function assertLockOfBucket(
  { site, calls }: BatchRunOptions,
  { settings }: RetentionPlan,
): Promise<void> {
  const { bucket } = settings;
  try {
    assertBucketLock(bucket, await readPatiently(() => calls.readBucketLock(bucket), site.pause));
  } catch (error) {
    throw refusalOf(error, bucket, RETENTION_NEEDS);
  }
}

async function readStart(
  { site, place }: BatchRunOptions,
  plan: RetentionPlan,
): Promise<RetentionStart | null> {
  const text = await readObjectText(site, place, START_FILE);
  if (text === null) return null;
  const start = parseRetentionStart(text);
  if (start?.planDigest === plan.digest) return start;
  throw changed(`${START_FILE} in ${formatRecordUrl(place)} is not of this plan.`);
}

/** Finds the job of a manifest or makes it, proves that it is the one that the plan asks for, and confirms it. */
async function startJob(run: Run, manifest: RetentionManifest): Promise<void> {
  const { site, place, plan, roleArn } = run;
  site.progress(`${manifest.name}: checking its manifest`, null);
  const stored = await pinFile(site, place, manifest);
  const earlier = run.start.jobs?.find((job) => job.manifest === manifest.name);
  const isUsable = earlier !== undefined && (await isAlive(run, earlier.id));
  const attempt = (earlier?.attempt ?? 0) + (isUsable ? 0 : 1);
  const order: RetentionJobOrder = { place, plan, manifest, stored, attempt, roleArn, tags: run.tags };
  const id = isUsable ? earlier.id : await createJobOnce(site.jobs, retentionJobRequest(order), site.pause);
  if (!isUsable) await noteJob(run, { manifest: manifest.name, attempt, id });
  const { pause, intervalMs } = site;
  const job = await waitUntilPrepared(site.jobs, id, { pause, intervalMs, onJob: teller(run, manifest) });
  const strange = strangeIn(job, order);
  if (strange !== null) {
    throw new RunbookError('STACK_CHANGED', `The job ${id} is not what the plan asks for: ${strange}.`, {
      hint: `nothing was started: cancel it (aws s3control update-job-status --account-id ACCOUNT --job-id ${id} --requested-job-status Cancelled) and run start-jobs again`,
    });
  }
  await confirmJobOnce(site.jobs, id, run.approval, pause);
}

async function isAlive({ site }: Run, id: string): Promise<boolean> {
  try {
    const { status } = await readPatiently(() => site.jobs.describeJob(id), site.pause);
    return !['Cancelling', 'Cancelled', 'Failing', 'Failed'].includes(status);
  } catch (error) {
    // S3 forgets a job 90 days after its end.
    if (error instanceof S3CallError && error.failure === 'not-found') return false;
    throw error;
  }
}

/** The record names a job before it can do anything. */
async function noteJob(run: Run, job: RetentionJob): Promise<void> {
  const others = (run.start.jobs ?? []).filter(({ manifest }) => manifest !== job.manifest);
  run.start = { ...run.start, jobs: [...others, job] };
  await writeJson(run, START_FILE, run.start);
}

async function finishJob(
  run: Run,
  manifest: RetentionManifest,
): Promise<RetentionOutcome['manifests'][number]> {
  const { site, place, calls } = run;
  const { pause, intervalMs } = site;
  const { name, mode, retainUntil, rows } = manifest;
  const id = run.start.jobs?.find((job) => job.manifest === name)?.id ?? '';
  const job = await waitUntilEnded(site.jobs, id, { pause, intervalMs, onJob: teller(run, manifest) });
  if (job.status !== 'Complete') {
    throw new RunbookError('JOB_FAILED', `The job of ${name} ended: ${explainJob(job)}.`, {
      hint: `put right what it names (its report: s3://${place.bucket}/${place.prefix}reports/job-${id}/); then run start-jobs again, which makes the job again: npm run --silent s3-rewind -- start-jobs --record ${formatRecordUrl(place)}`,
    });
  }
  site.progress(`${name}: reading its report`, null);
  const key = `${place.prefix}${manifest.path}`;
  const expected = await readPatiently(
    async () => sumManifest(await site.objects.streamObject({ bucket: place.bucket, key })),
    pause,
  );
  const report = { bucket: place.bucket, prefix: `${place.prefix}reports`, jobId: id };
  const outcomes = noOutcomes();
  const path = `outcomes/${name}.csv`;
  const file = join(run.workFolder, path);
  await mkdir(dirname(file), { recursive: true });
  const told = readCompletionReport(site.objects, report, pause);
  await writeWhole(file, reconcileJob(told, manifest, expected, { calls, pause }, outcomes));
  const object = { bucket: place.bucket, key: `${place.prefix}${path}`, ifNoneMatch: false };
  await readPatiently(() => site.objects.uploadFile(file, object), pause);
  return { name, mode, retainUntil, rows, outcomes, path, sha256: await sha256OfFile(file) };
}

function teller({ site, isStopped, place }: Run, { name }: RetentionManifest): (job: BatchJob) => void {
  return ({ status, tasks }) => {
    const { total = 0, succeeded = 0, failed = 0 } = tasks ?? {};
    site.progress(`${name}: ${status}`, total === 0 ? null : (100 * (succeeded + failed)) / total);
    if (!isStopped() || ENDED_STATUSES.includes(status)) return;
    throw new RunbookError(
      'INTERRUPTED',
      'No longer watched; jobs that were confirmed go on by themselves.',
      {
        hint: `come back to them with: npm run --silent s3-rewind -- start-jobs --record ${formatRecordUrl(place)}`,
      },
    );
  };
}

async function writeJson({ site, place }: Run, path: string, value: object): Promise<void> {
  const body = `${JSON.stringify(value, null, 2)}\n`;
  const object = { bucket: place.bucket, key: `${place.prefix}${path}`, body, condition: null };
  await readPatiently(() => site.objects.writeObject(object), site.pause);
}
