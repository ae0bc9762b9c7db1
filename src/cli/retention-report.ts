import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { RunbookError } from '../errors.ts';
import { sleep } from '../execute/backoff.ts';
import { formatRecordUrl } from '../execute/batch/record-place.ts';
import { onDisk } from '../execute/disk.ts';
import { refusalOf } from '../execute/refusals.ts';
import { listRetentionRecords, readRemoteOutcome, readRemoteRetention } from '../retention/remote-record.ts';
import { retentionIdPrefix } from '../retention/retention-plan-file.ts';
import { readRetentionRecord } from '../retention/retention-record.ts';
import { readRetentionOutcome } from '../retention/run-files.ts';
import { type RecordedRun, reportCsv, reportYear, type YearlyReport } from '../retention/yearly-report.ts';
import { formatCount } from '../review/figures.ts';
import { parseBucketName } from '../s3/bucket.ts';
import { printable } from '../s3/printable.ts';
import { EXIT_ROWS_LEFT } from './exit-status.ts';
import { openRecordCalls } from './open-record.ts';
import type { RetentionReportOptions } from './retention-report-command.ts';
import { writeJson, writeOut } from './terminal.ts';

/** The `retention-report` command: a year of extensions from their records. */
export async function runRetentionReport(options: RetentionReportOptions): Promise<void> {
  const bucket = parseBucketName(options.bucket);
  const year = parseYear(options.year);
  const runs =
    options.recordBucket === undefined
      ? await readFolders(options)
      : await readBucket(parseBucketName(options.recordBucket), bucket, options);
  const report = reportYear(bucket, year, runs);
  const { csv } = options;
  if (csv !== undefined) await onDisk(csv, () => writeFile(csv, reportCsv(report), { flag: 'wx' }));
  if (options.json) writeJson({ command: 'retention-report', ...report });
  else writeOut(reportText(report));
  if (report.left > 0 || report.gaps.length > 0) process.exitCode = EXIT_ROWS_LEFT;
}

function parseYear(text: string): number {
  if (/^2\d{3}$/.test(text)) return Number(text);
  throw new RunbookError('INVALID_OPTION', `--year '${text}' is not a year.`, {
    hint: 'for example --year 2025',
  });
}

async function readFolders({ records = [], recordBucket }: RetentionReportOptions): Promise<RecordedRun[]> {
  if (records.length === 0 && recordBucket === undefined) {
    throw new RunbookError('INVALID_OPTION', 'retention-report needs --record-bucket or --records.', {
      hint: 'name the bucket of records, or the folders that extend-retention --out made',
    });
  }
  return await Promise.all(
    records.map(async (folder) => {
      const record = await readRetentionRecord(folder);
      return { record: folder, plan: record.plan, outcome: await readRetentionOutcome(record) };
    }),
  );
}

async function readBucket(
  recordBucket: string,
  bucket: string,
  options: RetentionReportOptions,
): Promise<RecordedRun[]> {
  if (options.records !== undefined) {
    throw new RunbookError('INVALID_OPTION', '--record-bucket and --records exclude each other.', {
      hint: 'leave one of them out',
    });
  }
  const site = { objects: openRecordCalls(options), pause: sleep };
  try {
    const runs: RecordedRun[] = [];
    for (const place of await listRetentionRecords(site, recordBucket, retentionIdPrefix(bucket))) {
      const plan = await readRemoteRetention(site, place).catch((error) => {
        // What was never finished being written is no record.
        if (error instanceof RunbookError && error.code === 'RECORD_NOT_FOUND') return null;
        throw error;
      });
      if (plan === null) continue;
      runs.push({
        record: formatRecordUrl(place),
        plan,
        outcome: await readRemoteOutcome(site, place, plan),
      });
    }
    return runs;
  } catch (error) {
    throw refusalOf(error, recordBucket);
  }
}

function reportText(report: YearlyReport): string {
  const { lines, gaps } = report;
  const rows = lines.map((line) => [
    line.plannedAt,
    line.finishedAt === null ? 'not run' : (line.startedBy ?? ''),
    formatCount(line.versionsInScope),
    formatCount(line.due),
    formatCount(line.fulfilled),
    formatCount(line.left),
    printable(line.retentionId),
  ]);
  return [
    `${report.bucket} in ${report.year}: ${formatCount(lines.length)} runs, ${formatCount(report.due)} versions due, ${formatCount(report.fulfilled)} locked, ${formatCount(report.left)} left`,
    ...table([['planned', 'started by', 'in scope', 'due', 'locked', 'left', 'run'], ...rows]),
    ...gaps.map(
      ({ from, until, days, intervalDays }) =>
        `Late: ${days} days between the runs of ${from} and ${until}; the schedule says ${intervalDays}`,
    ),
    ...(report.runsWithoutDefault === 0
      ? []
      : [
          `Warning: in ${formatCount(report.runsWithoutDefault)} runs the bucket's default retention left new objects unlocked until the next one (DEFAULT_RETENTION)`,
        ]),
  ].join('\n');
}

function table(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
}
