import { createHash } from 'node:crypto';
import { RunbookError } from '../../errors.ts';
import { S3CallError } from '../../s3/call-error.ts';
import { parseCsvLine } from '../../s3/csv.ts';
import type { ObjectCalls } from '../../s3/object-calls.ts';
import { readPatiently, type Sleep } from '../backoff.ts';

const FORMAT = 'Report_CSV_20180820';
/** Columns of the results ("Examples: S3 Batch Operations completion reports"). */
const COLUMNS = 7;

type Calls = Pick<ObjectCalls, 'readObject' | 'streamObject'>;

/** A task in the report of its job. */
export type ReportRow = {
  bucket: string;
  /** as the job's manifest spells it */
  key: string;
  versionId: string;
  succeeded: boolean;
  /** ErrorCode and HTTPStatusCode: AWS's own examples have them either way round */
  codes: [string, string];
  message: string;
};

type ReportFile = { bucket: string; key: string; md5: string };

/**
 * Reads the completion report of a job, row by row, whatever its size. Each file is checked against its MD5 at its
 * end, so what was read counts only once the report has been read through.
 * @param prefix the one that the job was given
 * @throws RunbookError REPORT_MISSING, REPORT_DAMAGED; S3CallError
 */
export async function* readCompletionReport(
  calls: Calls,
  report: { bucket: string; prefix: string; jobId: string },
  pause: Sleep,
): AsyncGenerator<ReportRow> {
  for (const file of await readReportManifest(calls, report, pause)) yield* readResults(calls, file, pause);
}

async function readReportManifest(
  calls: Calls,
  { bucket, prefix, jobId }: { bucket: string; prefix: string; jobId: string },
  pause: Sleep,
): Promise<ReportFile[]> {
  const key = `${prefix}/job-${jobId}/manifest.json`;
  let text: string;
  try {
    const { bytes } = await readPatiently(() => calls.readObject({ bucket, key }), pause);
    text = bytes.toString('utf8');
  } catch (error) {
    if (!(error instanceof S3CallError) || error.failure !== 'not-found') throw error;
    throw new RunbookError('REPORT_MISSING', `The job ${jobId} left no report at s3://${bucket}/${key}.`, {
      hint: 'a job reports once a task has run, some minutes after its end: look again with the same command',
      cause: error,
    });
  }
  return parseReportManifest(text, `s3://${bucket}/${key}`);
}

/** @throws RunbookError REPORT_DAMAGED */
export function parseReportManifest(text: string, name: string): ReportFile[] {
  let value: { Format?: unknown; Results?: unknown } | null = null;
  try {
    value = JSON.parse(text);
  } catch {
    // The check below says it.
  }
  if (value?.Format !== FORMAT || !Array.isArray(value.Results)) {
    throw damaged(`${name} is no completion report of S3 Batch Operations`);
  }
  return value.Results.map((file: Record<string, unknown>) => {
    const { Bucket, Key, MD5Checksum } = file;
    if (typeof Bucket !== 'string' || typeof Key !== 'string' || typeof MD5Checksum !== 'string')
      throw damaged(`${name} lists a file without a place or a checksum`);
    return { bucket: Bucket, key: Key, md5: MD5Checksum };
  });
}

async function* readResults(calls: Calls, file: ReportFile, pause: Sleep): AsyncGenerator<ReportRow> {
  const { bucket, key } = file;
  const name = `s3://${bucket}/${key}`;
  const md5 = createHash('md5');
  const decoder = new TextDecoder();
  let rest = '';
  const stream = await readPatiently(() => calls.streamObject({ bucket, key }), pause);
  for await (const chunk of stream) {
    md5.update(chunk);
    const text = rest + decoder.decode(chunk, { stream: true });
    const end = lastWholeRow(text);
    yield* rowsOf(text.slice(0, end), name);
    rest = text.slice(end);
  }
  yield* rowsOf(rest, name);
  if (md5.digest('hex') !== file.md5.toLowerCase()) throw damaged(`${name} has not the MD5 of its report`);
}

/** Where the last row ends: a message may hold line breaks, but only within quotes. */
function lastWholeRow(text: string): number {
  let end = 0;
  let quotes = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '"') quotes += 1;
    else if (text[at] === '\n' && quotes % 2 === 0) end = at + 1;
  }
  return end;
}

function* rowsOf(text: string, name: string): Generator<ReportRow> {
  let open = '';
  for (const line of text.split('\n')) {
    open += line;
    if (open === '' || open === '\r') {
      open = '';
      continue;
    }
    if ((open.split('"').length - 1) % 2 === 1) {
      open += '\n';
      continue;
    }
    yield parseReportRow(open, name);
    open = '';
  }
  if (open !== '') throw damaged(`${name} ends within a row`);
}

function parseReportRow(line: string, name: string): ReportRow {
  const fields = parseCsvLine(line.replace(/\r$/, ''));
  const [bucket = '', key = '', versionId = '', status = '', first = '', second = '', message = ''] =
    fields ?? [];
  if (fields?.length !== COLUMNS || (status !== 'succeeded' && status !== 'failed'))
    throw damaged(`${name} holds a line that is no row: ${line.slice(0, 120)}`);
  return { bucket, key, versionId, succeeded: status === 'succeeded', codes: [first, second], message };
}

function damaged(fact: string): RunbookError {
  return new RunbookError('REPORT_DAMAGED', `${fact}.`, {
    hint: 'look at the versions of the object: a report is written once; the outcomes in the record stand on their own',
  });
}
