import { hash } from 'node:crypto';
import type { Store } from '../store.ts';
import type { Job, TaskEnd } from './job.ts';

const SCHEMA = 'Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage';

/**
 * Writes the completion report of a job ("Examples: S3 Batch Operations completion reports"): a manifest.json and files
 * of results, those that succeeded apart from those that failed.
 * @param rowsPerFile rows of one file of results; AWS documents no number
 */
export function writeReport(store: Store, job: Job, rowsPerFile = 1_000): void {
  const { report } = job.definition;
  // "As long as at least one task has been invoked successfully".
  if (report === undefined || job.ends.length === 0) return;
  const bucket = store.buckets.get(report.bucket);
  if (bucket === undefined) return;
  const folder = `${report.prefix === '' ? '' : `${report.prefix.replace(/\/$/, '')}/`}job-${job.id}`;
  const results: object[] = [];
  for (const succeeded of [true, false]) {
    if (succeeded && report.scope === 'FailedTasksOnly') continue;
    const ends = job.ends.filter((end) => end.succeeded === succeeded);
    for (let start = 0; start < ends.length; start += rowsPerFile) {
      const text = ends
        .slice(start, start + rowsPerFile)
        .map((end) => `${reportLine(end)}\n`)
        .join('');
      const key = `${folder}/results/${hash('sha1', `${job.id}${succeeded}${start}`)}.csv`;
      bucket.put(key, { body: text });
      results.push({
        TaskExecutionStatus: succeeded ? 'succeeded' : 'failed',
        Bucket: report.bucket,
        MD5Checksum: hash('md5', text),
        Key: key,
      });
    }
  }
  const manifest = {
    Format: 'Report_CSV_20180820',
    ReportCreationDate: new Date(store.context.clock.now()).toISOString(),
    Results: results,
    ReportSchema: SCHEMA,
  };
  bucket.put(`${folder}/manifest.json`, { body: JSON.stringify(manifest) });
}

function reportLine({ task, succeeded, errorCode, httpStatus, message }: TaskEnd): string {
  const fields = [
    task.bucket,
    task.key,
    task.versionId,
    succeeded ? 'succeeded' : 'failed',
    errorCode,
    httpStatus,
    message,
  ];
  return fields
    .map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
    .join(',');
}
