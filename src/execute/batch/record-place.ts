import { RunbookError } from '../../errors.ts';
import type { Scenario } from '../../s3/rollback.ts';

/** Where a record is on S3: the prefix ends in a slash. */
export type RecordPlace = { bucket: string; prefix: string };

/** @param url `s3://bucket/rollback-id/`, checked before */
export function recordPlaceOf(url: string): RecordPlace {
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/(.*)$/.exec(url) ?? [];
  return { bucket, prefix };
}

const RECORD_URL = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/([A-Za-z0-9._-]+)\/?$/;

/**
 * Reads how a record is named on the command line.
 * @returns null for a folder
 * @throws RunbookError INVALID_OPTION
 */
export function parseRecordUrl(text: string): RecordPlace | null {
  if (!/^s3:/i.test(text)) return null;
  const [, bucket, id] = RECORD_URL.exec(text) ?? [];
  if (bucket !== undefined && id !== undefined) return { bucket, prefix: `${id}/` };
  throw new RunbookError('INVALID_OPTION', `--record '${text}' is not s3://BUCKET/ROLLBACK-ID/.`, {
    hint: 'list the records of a bucket with: aws s3 ls s3://BUCKET/',
  });
}

export function formatRecordUrl({ bucket, prefix }: RecordPlace): string {
  return `s3://${bucket}/${prefix}`;
}

/** The prefix of the journals of a scenario. */
export function journalsPrefix({ prefix }: RecordPlace, scenario: Scenario): string {
  return `${prefix}outcomes/journal/scenario${scenario}/`;
}

/** The prefix of the journal of a split. */
export function journalPrefix(place: RecordPlace, scenario: Scenario, split: number): string {
  return `${journalsPrefix(place, scenario)}${String(split).padStart(7, '0')}/`;
}

/** The manifest of a job that copies what was restored: its name holds what is in it. @param sha256 of its text */
export function restoredListPath(scenario: Scenario, attempt: number, sha256: string): string {
  return `jobs/restored-${scenario}-${attempt}-${sha256.replace('sha256:', '').slice(0, 16)}.csv`;
}

/** The manifest of the job for an attempt: the list of its splits. */
export function splitListPath(scenario: Scenario, attempt: number): string {
  return `jobs/scenario${scenario}-${attempt}.csv`;
}
