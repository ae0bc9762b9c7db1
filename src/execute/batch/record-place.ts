import type { Scenario } from '../../s3/rollback.ts';

/** Where a record is on S3: the prefix ends in a slash. */
export type RecordPlace = { bucket: string; prefix: string };

/** @param url `s3://bucket/rollback-id/`, checked before */
export function recordPlaceOf(url: string): RecordPlace {
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/(.*)$/.exec(url) ?? [];
  return { bucket, prefix };
}

/** The prefix of the journals of a scenario. */
export function journalsPrefix({ prefix }: RecordPlace, scenario: Scenario): string {
  return `${prefix}outcomes/journal/scenario${scenario}/`;
}

/** The prefix of the journal of a split. */
export function journalPrefix(place: RecordPlace, scenario: Scenario, split: number): string {
  return `${journalsPrefix(place, scenario)}${String(split).padStart(7, '0')}/`;
}

/** The manifest of the job for an attempt: the list of its splits. */
export function splitListPath(scenario: Scenario, attempt: number): string {
  return `jobs/scenario${scenario}-${attempt}.csv`;
}
