import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openS3Client } from '../aws/client.ts';
import { openObjectCalls } from '../aws/objects.ts';
import { openUploadCalls } from '../aws/upload-file.ts';
import { sleep } from '../execute/backoff.ts';
import { parseRecordUrl, type RecordPlace } from '../execute/batch/record-place.ts';
import { fetchPlan, fetchRun, type RecordCalls } from '../execute/batch/remote-record.ts';
import { type PlanRecord, readRecord } from '../execute/record.ts';
import { refusalOf } from '../execute/refusals.ts';
import { type EndpointOptions, parseEndpoint } from './endpoint-options.ts';

/** A record in a folder: its own, or for the time of a command, a copy of one on S3. */
export type OpenedRecord = {
  record: PlanRecord;
  /** null: the record is a folder */
  remote: { place: RecordPlace; calls: RecordCalls } | null;
  /** Removes the copy. */
  end(): Promise<void>;
};

/** The calls to the files of records, at the endpoint of the options. */
export function openRecordCalls(options: EndpointOptions): RecordCalls {
  const client = openS3Client(parseEndpoint(options));
  return { ...openObjectCalls(client), ...openUploadCalls(client) };
}

/**
 * Opens a record that is named as a folder or as `s3://BUCKET/ROLLBACK-ID/`, with what a run has left in it.
 * @throws RunbookError INVALID_OPTION, RECORD_*, OUTCOMES_DAMAGED, BUCKET_NOT_FOUND, ACCESS_DENIED, …
 */
export async function openRecord(name: string, options: EndpointOptions): Promise<OpenedRecord> {
  const place = parseRecordUrl(name);
  if (place === null) return { record: await readRecord(name), remote: null, end: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), 's3-rewind-record-'));
  const end = () => rm(folder, { recursive: true, force: true });
  try {
    const calls = openRecordCalls(options);
    const record = await fetchPlan(calls, place, folder, sleep);
    await fetchRun(calls, place, record, sleep);
    return { record, remote: { place, calls }, end };
  } catch (error) {
    await end();
    throw refusalOf(error, place.bucket);
  }
}
