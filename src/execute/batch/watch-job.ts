import { RunbookError } from '../../errors.ts';
import {
  type BatchJob,
  type BatchJobCalls,
  type BatchJobRequest,
  type BatchJobStatus,
  type BatchTag,
  ENDED_STATUSES,
} from '../../s3/batch-job.ts';
import { readPatiently, type Sleep } from '../backoff.ts';

/** A job that is failing has its reasons once it has failed. */
const UNPREPARED_STATUSES: readonly BatchJobStatus[] = ['New', 'Preparing', 'Failing'];

/** What S3 keeps of an approval with each job that it let start. */
export type JobApproval = {
  /** why the job was confirmed, in a few words */
  reason: string;
  /** who approved, where and in which run; put beside the tags that the job has */
  tags: readonly BatchTag[];
};

type Watch = {
  pause: Sleep;
  /** milliseconds between two looks */
  intervalMs: number;
  /** Told of the job at every look. */
  onJob?: (job: BatchJob) => void;
};

/** Creates a job, or finds the one that an earlier run created: the token is the same. @throws S3CallError */
export async function createJobOnce(
  calls: Pick<BatchJobCalls, 'createJob'>,
  request: BatchJobRequest,
  pause: Sleep,
): Promise<string> {
  return await readPatiently(() => calls.createJob(request), pause);
}

/**
 * Waits until a job that needs confirmation has been prepared: its manifest was read, and it is suspended or further.
 * @throws RunbookError JOB_FAILED, with S3's reasons, where the preparation failed; S3CallError
 */
export async function waitUntilPrepared(
  calls: Pick<BatchJobCalls, 'describeJob'>,
  id: string,
  watch: Watch,
): Promise<BatchJob> {
  const job = await waitUntil(calls, id, watch, ({ status }) => !UNPREPARED_STATUSES.includes(status));
  if (job.status === 'Failed') throw jobFailed(job);
  return job;
}

/** Waits until a job has come to its end, whichever. @throws S3CallError */
export async function waitUntilEnded(
  calls: Pick<BatchJobCalls, 'describeJob'>,
  id: string,
  watch: Watch,
): Promise<BatchJob> {
  return await waitUntil(calls, id, watch, ({ status }) => ENDED_STATUSES.includes(status));
}

/**
 * Confirms a job that waits for it, with the approval in its tags before it starts. Safe to repeat: a job that was confirmed before is left alone.
 * @throws RunbookError JOB_NOT_CONFIRMABLE where it was cancelled, failed or expired; S3CallError
 */
export async function confirmJobOnce(
  calls: Pick<BatchJobCalls, 'describeJob' | 'confirmJob' | 'readTags' | 'tagJob'>,
  id: string,
  { reason, tags }: JobApproval,
  pause: Sleep,
): Promise<void> {
  const job = await readPatiently(() => calls.describeJob(id), pause);
  const gone: readonly BatchJobStatus[] = ['Cancelling', 'Cancelled', 'Failing', 'Failed'];
  if (gone.includes(job.status)) throw notConfirmable(job);
  if (job.status !== 'Suspended') return;
  if (tags.length > 0) {
    const others = (await readPatiently(() => calls.readTags(id), pause)).filter(({ key }) =>
      tags.every((tag) => tag.key !== key),
    );
    await readPatiently(() => calls.tagJob(id, [...others, ...tags]), pause);
  }
  await readPatiently(() => calls.confirmJob(id, reason), pause);
}

/** Why a job came to nothing, in S3's words. */
export function explainJob(job: BatchJob): string {
  const reasons = job.failureReasons.map(({ code, reason }) => `${code}: ${reason}`);
  return [job.status, ...reasons, job.statusReason].filter((text) => text !== '').join('; ');
}

async function waitUntil(
  calls: Pick<BatchJobCalls, 'describeJob'>,
  id: string,
  { pause, intervalMs, onJob }: Watch,
  isReached: (job: BatchJob) => boolean,
): Promise<BatchJob> {
  for (;;) {
    const job = await readPatiently(() => calls.describeJob(id), pause);
    onJob?.(job);
    if (isReached(job)) return job;
    await pause(intervalMs);
  }
}

function jobFailed(job: BatchJob): RunbookError {
  return new RunbookError('JOB_FAILED', `The job ${job.id} failed: ${explainJob(job)}.`, {
    hint: `aws s3control describe-job --account-id ACCOUNT --job-id ${job.id}; put right what it names and create the jobs again`,
  });
}

function notConfirmable(job: BatchJob): RunbookError {
  return new RunbookError('JOB_NOT_CONFIRMABLE', `The job ${job.id} cannot be started: ${explainJob(job)}.`, {
    hint: 'create the jobs of the plan again',
  });
}
