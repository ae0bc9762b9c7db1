import { createHash } from 'node:crypto';
import { join } from 'node:path';
import canonicalize from 'canonicalize';
import { RunbookError } from '../errors.ts';
import type { RestoreJob } from '../execute/archived/restore-file.ts';
import { readPatiently } from '../execute/backoff.ts';
import { readCompletionReport } from '../execute/batch/completion-report.ts';
import { NATIVE_COPY_FIELDS } from '../execute/batch/native-copy.ts';
import { nativeRestoreJobRequest } from '../execute/batch/native-restore.ts';
import { formatRecordUrl } from '../execute/batch/record-place.ts';
import { publishFile } from '../execute/batch/remote-record.ts';
import {
  confirmJobOnce,
  createJobOnce,
  waitUntilEnded,
  waitUntilPrepared,
} from '../execute/batch/watch-job.ts';
import { sha256OfFile } from '../inventory/checksum.ts';
import { type BatchJob, type BatchRestoreTier, ENDED_STATUSES } from '../s3/batch-job.ts';
import { S3CallError } from '../s3/call-error.ts';
import { jobSetting } from './deploy-jobs.ts';
import { changed } from './remote-plan.ts';
import type { RestoreRun } from './restore-jobs.ts';
import type { RestoreList } from './restore-lists.ts';

type Terms = { tier: BatchRestoreTier; days: number };

/** Days as a job of a class takes them. */
function daysOf(storageClass: RestoreJob['storageClass'], { days }: Terms): number | null {
  return storageClass === 'INTELLIGENT_TIERING' ? null : days;
}

/** Makes the job of a list, which waits for its confirmation. @throws RunbookError JOB_FAILED, RECORD_CHANGED; S3CallError */
export async function makeRestoreJob(run: RestoreRun, list: RestoreList, terms: Terms): Promise<RestoreJob> {
  const { site, place, record, stack } = run;
  const { scenario, storageClass, attempt, path, rows } = list;
  const object = await uploadList(run, path);
  const setting = jobSetting(place, record.plan, stack, []);
  const restore = { storageClass, tier: terms.tier, days: daysOf(storageClass, terms) };
  const request = nativeRestoreJobRequest(setting, scenario, attempt, restore, object);
  const id = await createJobOnce(site.jobs, request, site.pause);
  const { versionId: manifestVersionId, eTag: manifestETag } = object;
  return { scenario, storageClass, attempt, id, path, manifestVersionId, manifestETag, rows, end: null };
}

/** Uploads a list and proves that the version which the job names is what was written. */
async function uploadList({ site, place, record }: RestoreRun, path: string) {
  const { bucket, prefix } = place;
  const key = `${prefix}${path}`;
  await publishFile(site.objects, place, record, path, site.pause);
  const head = await readPatiently(
    () => site.objects.readObject({ bucket, key, range: { start: 0, end: 1 } }),
    site.pause,
  );
  const { versionId, eTag } = head;
  if (versionId === null) throw changed(`s3://${bucket}/${key} has no version ID.`);
  const found = createHash('sha256');
  const stream = await readPatiently(() => site.objects.streamObject({ bucket, key, versionId }), site.pause);
  for await (const chunk of stream) found.update(chunk);
  const own = await sha256OfFile(join(record.folder, path));
  if (`sha256:${found.digest('hex')}` !== own) throw changed(`${key} is not the list that was written.`);
  return { key, versionId, eTag };
}

/**
 * Waits until S3 has read the list of a job, and holds the job against what was agreed to, field by field.
 * @throws RunbookError STACK_CHANGED, JOB_FAILED; S3CallError
 */
export async function checkRestoreJob(run: RestoreRun, job: RestoreJob, terms: Terms): Promise<void> {
  const { site, place, stack } = run;
  const before = await describeIfKnown(run, job.id);
  if (before === null || ENDED_STATUSES.includes(before.status)) return;
  const { pause, intervalMs } = site;
  const found = await waitUntilPrepared(site.jobs, job.id, {
    pause,
    intervalMs,
    onJob: tellOrStop(run, `restores of ${job.storageClass}`),
  });
  const expected = {
    eTag: job.manifestETag,
    fields: NATIVE_COPY_FIELDS,
    restore: { tier: terms.tier.toUpperCase(), days: daysOf(job.storageClass, terms) },
    roleArn: stack.outputs.BatchRoleArn,
    versionId: job.manifestVersionId,
  };
  const { manifest, restore, roleArn } = found;
  const real = {
    ...{ eTag: manifest?.eTag, fields: manifest?.fields, restore, roleArn },
    versionId: manifest?.versionId,
  };
  const isOurs = manifest?.arn.endsWith(`:::${place.bucket}/${place.prefix}${job.path}`) ?? false;
  if (isOurs && canonicalize(real) === canonicalize(expected)) return;
  throw new RunbookError('STACK_CHANGED', `The job ${job.id} is not what was agreed to.`, {
    hint: `nothing was started: cancel it (aws s3control update-job-status --account-id ACCOUNT --job-id ${job.id} --requested-job-status Cancelled), and leave --restore-with out`,
  });
}

/**
 * Confirms a job, stays until its end, and reads its report. One that came to nothing is no failure: what it did not ask
 * for, the pass after it does.
 * @throws RunbookError JOB_NOT_CONFIRMABLE, REPORT_*, INTERRUPTED; S3CallError
 */
export async function finishRestoreJob(
  run: RestoreRun,
  job: RestoreJob,
): Promise<NonNullable<RestoreJob['end']>> {
  const { site } = run;
  const { pause, intervalMs } = site;
  let ended = await describeIfKnown(run, job.id);
  if (ended === null) return { status: 'Forgotten', succeeded: 0, failures: {} };
  if (!ENDED_STATUSES.includes(ended.status)) {
    await confirmJobOnce(site.jobs, job.id, run.approval, pause);
    ended = await waitUntilEnded(site.jobs, job.id, {
      pause,
      intervalMs,
      onJob: tellOrStop(run, `restores of ${job.storageClass}`),
    });
  }
  return await readEnd(run, job, ended);
}

async function readEnd({ site, place, record }: RestoreRun, job: RestoreJob, { status }: BatchJob) {
  const end = { status, succeeded: 0, failures: {} as Record<string, number> };
  const report = { bucket: place.bucket, prefix: `${place.prefix}reports`, jobId: job.id };
  let told = 0;
  try {
    for await (const row of readCompletionReport(site.objects, report, site.pause)) {
      if (row.bucket !== record.plan.inputs.bucket) throw strange(job, `it has a row of ${row.bucket}`);
      told += 1;
      if (row.succeeded) end.succeeded += 1;
      else {
        const code = row.codes.find((text) => text !== '' && !/^\d{3}$/.test(text)) ?? 'Unknown';
        end.failures[code] = (end.failures[code] ?? 0) + 1;
      }
    }
  } catch (error) {
    // A job that ended before a task ran has no report.
    const isNone = error instanceof RunbookError && error.code === 'REPORT_MISSING' && status !== 'Complete';
    if (!isNone) throw error;
  }
  if (status === 'Complete' && told !== job.rows) throw strange(job, `it has ${told} rows, not ${job.rows}`);
  return end;
}

/** @returns null for a job that S3 has forgotten, 90 days after its end */
export async function describeIfKnown({ site }: RestoreRun, id: string): Promise<BatchJob | null> {
  try {
    return await readPatiently(() => site.jobs.describeJob(id), site.pause);
  } catch (error) {
    if (error instanceof S3CallError && error.failure === 'not-found') return null;
    throw error;
  }
}

/** Tells how far a job is, at every look, and ends the run where it is stopped. */
export function tellOrStop({ site, place, isStopped }: RestoreRun, what: string) {
  return ({ status, tasks }: BatchJob) => {
    const { total = 0, succeeded = 0, failed = 0 } = tasks ?? {};
    site.progress(`${what}: ${status}`, total === 0 ? null : (100 * (succeeded + failed)) / total);
    if (!isStopped() || ENDED_STATUSES.includes(status)) return;
    throw new RunbookError('INTERRUPTED', 'No longer watched; the approval was taken off the jobs.', {
      hint: `go on with: npm run --silent s3-rewind -- restore-archived --record ${formatRecordUrl(place)} --once`,
    });
  };
}

function strange({ id }: RestoreJob, what: string): RunbookError {
  return new RunbookError('REPORT_DAMAGED', `The report of the job ${id} is not that of its list: ${what}.`, {
    hint: 'look at the versions of the report; to go on without it, run restore-archived without --restore-with',
  });
}
