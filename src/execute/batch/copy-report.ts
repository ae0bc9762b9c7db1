import { createHash } from 'node:crypto';
import { RunbookError } from '../../errors.ts';
import { S3CallError } from '../../s3/call-error.ts';
import { decodeKey, encodeKey } from '../../s3/manifest.ts';
import type { ObjectCalls } from '../../s3/object-calls.ts';
import type { Sleep } from '../backoff.ts';
import { readCompletionReport } from './completion-report.ts';
import type { RecordPlace } from './record-place.ts';

/** What the reports of the native copy jobs of a manifest say, each row in few bytes: only failures are kept. */
export type CopyReport = {
  /** the tasks that failed in their newest attempt, by `taskName` */
  failed: Map<string, S3CallError>;
  /** of the first attempt, which had the whole manifest; null where it left no report */
  first: TaskSum | null;
};

/** Tasks in any order: as many, and the same ones. */
export type TaskSum = { tasks: number; sum: bigint };

/** A task by its key, as our manifests spell it, and its version. */
export function taskName(encodedKey: string, versionId: string): string {
  return `${encodedKey}\n${versionId}`;
}

/** Adds a task to a sum over all: 64 bits of a SHA-256 each, so that one missing and another twice are seen. */
export function addTask(total: TaskSum, name: string): void {
  total.tasks += 1;
  const bits = createHash('sha256').update(name).digest().readBigUInt64BE();
  total.sum = BigInt.asUintN(64, total.sum + bits);
}

/**
 * Reads the reports of the attempts at a manifest, oldest first. A job that ended before a task ran has none.
 * @throws RunbookError REPORT_DAMAGED; S3CallError
 */
export async function readCopyReports(
  calls: Pick<ObjectCalls, 'readObject' | 'streamObject'>,
  place: RecordPlace,
  jobIds: readonly string[],
  bucket: string,
  pause: Sleep,
): Promise<CopyReport> {
  const report: CopyReport = { failed: new Map(), first: null };
  for (const [attempt, jobId] of jobIds.entries()) {
    const rows = readCompletionReport(
      calls,
      { bucket: place.bucket, prefix: `${place.prefix}reports`, jobId },
      pause,
    );
    const total: TaskSum = { tasks: 0, sum: 0n };
    try {
      for await (const row of rows) {
        const key = decodeKey(row.key);
        if (row.bucket !== bucket || key === null) throw strangerIn(jobId, row.key);
        const name = taskName(encodeKey(key), row.versionId);
        if (attempt === 0) addTask(total, name);
        if (row.succeeded) report.failed.delete(name);
        else report.failed.set(name, failureOf(row.codes, row.message));
      }
    } catch (error) {
      if (!(error instanceof RunbookError) || error.code !== 'REPORT_MISSING') throw error;
      continue;
    }
    if (attempt === 0) report.first = total;
  }
  return report;
}

/** The failure as a call would have had it; the examples of AWS have code and status either way round. */
function failureOf(codes: readonly [string, string], message: string): S3CallError {
  const status = codes.find((code) => /^\d{3}$/.test(code));
  const code = codes.find((text) => text !== '' && text !== status) ?? 'Unknown';
  return new S3CallError(code, message, { status: status === undefined ? null : Number(status) });
}

export function strangerIn(jobId: string, what: string): RunbookError {
  return new RunbookError(
    'REPORT_DAMAGED',
    `The report of the job ${jobId} is not that of its manifest: ${what}.`,
    { hint: 'look at the versions of the report, which is written once; then run start-jobs again' },
  );
}
