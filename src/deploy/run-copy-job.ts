import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { readPatiently } from '../execute/backoff.ts';
import {
  addTask,
  readCopyReports,
  strangerIn,
  type TaskSum,
  taskName,
} from '../execute/batch/copy-report.ts';
import { type CopyEvidence, settleCopies } from '../execute/batch/settle-copies.ts';
import { confirmJobOnce, waitUntilEnded } from '../execute/batch/watch-job.ts';
import { onDisk } from '../execute/disk.ts';
import { formatOutcomeRow } from '../execute/outcome-file.ts';
import { callPace } from '../execute/paced-calls.ts';
import { copySourceOf, writtenBucket } from '../execute/record.ts';
import { type BatchJob, ENDED_STATUSES } from '../s3/batch-job.ts';
import { S3CallError } from '../s3/call-error.ts';
import { encodeKey, formatManifestLine, type PlannedRow, parseManifestLine } from '../s3/manifest.ts';
import { RETRIED_OUTCOMES } from '../s3/outcome.ts';
import { deployCopyJob, type PinnedCopies } from './copy-jobs.ts';
import { type DeployedJob, jobName } from './jobs-file.ts';
import { endedEarly, type JobsRun, MAX_JOBS_PER_RUN, nameNextJob } from './jobs-run.ts';
import { readLines } from './read-lines.ts';
import { changed } from './remote-plan.ts';
import type { SettledCopies } from './settled-copies.ts';

const REQUESTS_IN_FLIGHT = 64;
/** Characters collected before they are written. */
const WRITE_CHARACTERS = 262_144;

/** What the copy jobs of a run share. */
export type CopyRun = {
  /** when the plan was first started, the store's time */
  startedAt: string;
  /** of this machine, for the rows of outcomes until they are put together */
  folder: string;
};

/**
 * Confirms a job of S3's own that copies, stays until its end, and settles its rows by its report and by what stands
 * in the bucket. Rows that failed go to another job. One that had ended before, however, is gone on from.
 * @throws RunbookError JOB_FAILED, JOB_NOT_CONFIRMABLE, REPORT_*; S3CallError
 */
export async function runCopyJob(
  run: JobsRun,
  first: DeployedJob,
  pinned: PinnedCopies,
  copyRun: CopyRun,
  tell: (job: BatchJob) => void,
): Promise<SettledCopies> {
  const { site } = run;
  const { pause, intervalMs } = site;
  let job = first;
  for (let count = 1; ; count += 1) {
    const before = await describe(run, job.id);
    let ended = before;
    if (before !== null && !ENDED_STATUSES.includes(before.status)) {
      await confirmJobOnce(site.jobs, job.id, run.approval, pause);
      ended = await waitUntilEnded(site.jobs, job.id, { pause, intervalMs, onJob: tell });
      if (ended.status !== 'Complete') throw endedEarly(run, job, ended);
    }
    const settled = await settle(run, job, pinned, copyRun, ended);
    if (settled.left === 0 || count >= MAX_JOBS_PER_RUN) return settled;
    job = await copyWhatIsLeft(run, job, pinned, settled.leftFile);
  }
}

/** @returns null for a job that S3 has forgotten, 90 days after its end */
async function describe({ site }: JobsRun, id: string): Promise<BatchJob | null> {
  try {
    return await readPatiently(() => site.jobs.describeJob(id), site.pause);
  } catch (error) {
    if (error instanceof S3CallError && error.failure === 'not-found') return null;
    throw error;
  }
}

/** Writes how each row ended, and the rows that another job is to try. */
async function settle(
  run: JobsRun,
  job: DeployedJob,
  pinned: PinnedCopies,
  { startedAt, folder }: CopyRun,
  ended: BatchJob | null,
): Promise<SettledCopies & { left: number; leftFile: string }> {
  const { site, place, plan } = run;
  const { scenario } = job;
  const name = jobName(job);
  site.progress(`scenario ${name}: reading its report and looking at the copies`, null);
  const ids = [...(job.copy?.earlier ?? []), job.id];
  const firstId = ids[0] ?? job.id;
  const report = await readCopyReports(site.objects, place, ids, plan.inputs.bucket, site.pause);
  const isFirstComplete = (await describe(run, firstId))?.status === 'Complete';
  const isWhole = await holdsEveryRow(run, pinned, report.first);
  if (isFirstComplete && report.first !== null && !isWhole) {
    throw strangerIn(firstId, `it has ${report.first.tasks} tasks of other rows`);
  }
  const evidence: CopyEvidence = {
    writtenBucket: writtenBucket(plan),
    isInPlace: copySourceOf(plan) === null,
    overwrite: plan.inputs.overwrite === true,
    report,
    isWhole,
    from: new Date(startedAt),
    to: ended?.endedAt ?? null,
  };
  const pace = callPace(REQUESTS_IN_FLIGHT);
  const prover = {
    calls: site.s3,
    read: <T>(request: () => Promise<T>) => readPatiently(() => pace.run(request), site.pause),
  };
  const base = join(folder, name.replaceAll(' ', '-'));
  const outcomes = await openText(`${base}.csv`);
  const rest = await openText(`${base}-left.csv`);
  let left = 0;
  try {
    for await (const { row, result } of settleCopies(prover, plannedRows(run, pinned), evidence)) {
      await outcomes.write(`${formatOutcomeRow(row, result)}\n`);
      if (!RETRIED_OUTCOMES.includes(result.outcome)) continue;
      left += 1;
      await rest.write(`${formatManifestLine(row)}\n`);
    }
  } finally {
    await outcomes.close();
    await rest.close();
  }
  return { scenario, file: `${base}.csv`, left, leftFile: `${base}-left.csv` };
}

/** The law of reconciliation: the first report has one task a row of the manifest, and none of anything else. */
async function holdsEveryRow(run: JobsRun, pinned: PinnedCopies, first: TaskSum | null): Promise<boolean> {
  if (first?.tasks !== pinned.manifest.rows) return false;
  const total: TaskSum = { tasks: 0, sum: 0n };
  for await (const { key, versionId } of plannedRows(run, pinned)) {
    addTask(total, taskName(encodeKey(key), versionId ?? ''));
  }
  return total.tasks === first.tasks && total.sum === first.sum;
}

async function* plannedRows({ site, place }: JobsRun, { object }: PinnedCopies): AsyncGenerator<PlannedRow> {
  for await (const line of readLines(site, { bucket: place.bucket, ...object })) {
    const row = parseManifestLine(line);
    if (row === null) throw changed(`${object.key} holds a line that is no row: ${line.slice(0, 120)}`);
    yield row;
  }
}

/** The next job, over the rows that were left; jobs.json names it before it is confirmed. */
async function copyWhatIsLeft(
  run: JobsRun,
  job: DeployedJob,
  { manifest }: PinnedCopies,
  leftFile: string,
): Promise<DeployedJob> {
  const { site, place, plan, stack } = run;
  const { bucket } = place;
  const attempt = job.attempt + 1;
  const key = `${place.prefix}jobs/scenario${manifest.scenario}-${manifest.storageClass}-${attempt}.csv`;
  await readPatiently(
    () => site.objects.uploadFile(leftFile, { bucket, key, ifNoneMatch: false }),
    site.pause,
  );
  const head = await readPatiently(
    () => site.objects.readObject({ bucket, key, range: { start: 0, end: 1 } }),
    site.pause,
  );
  const { versionId, eTag } = head;
  if (versionId === null) throw changed(`s3://${bucket}/${key} has no version ID.`);
  const earlier = [...(job.copy?.earlier ?? []), job.id];
  const order = { manifest, attempt, object: { key, versionId, eTag }, earlier };
  const next = await deployCopyJob(site, place, plan, stack, order, []);
  await nameNextJob(run, next);
  return next;
}

type TextFile = { write(text: string): Promise<void>; close(): Promise<void> };

async function openText(path: string): Promise<TextFile> {
  const file = await onDisk(path, () => open(path, 'w'));
  let waiting = '';
  const flush = async () => {
    const text = waiting;
    waiting = '';
    await onDisk(path, () => file.appendFile(text));
  };
  return {
    async write(text) {
      waiting += text;
      if (waiting.length >= WRITE_CHARACTERS) await flush();
    },
    async close() {
      try {
        await flush();
      } finally {
        await file.close();
      }
    },
  };
}
