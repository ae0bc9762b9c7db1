import { formatCsvLine } from '../../s3/csv.ts';
import { type ManifestSize, type Split, splitsOf } from '../split.ts';
import { formatTaskKey } from './task-key.ts';

/** Columns of a list of splits, for the job's Fields. */
export const SPLIT_LIST_FIELDS = ['Bucket', 'Key'] as const;

/** Lines handed on together. */
const LINES_PER_PART = 1_000;

/**
 * The manifest of a job: one task a split, as text in parts. A billion rows make a million lines of about 150 bytes.
 * @param bucket the bucket that is rolled back, which every task names
 * @param splits default: all of the manifest; for another attempt, those that are left
 */
export function* splitList(
  bucket: string,
  manifest: ManifestSize,
  splits: Iterable<Split> = splitsOf(manifest),
): Generator<string> {
  let lines: string[] = [];
  for (const split of splits) {
    lines.push(`${formatCsvLine([bucket, formatTaskKey(split)])}\n`);
    if (lines.length < LINES_PER_PART) continue;
    yield lines.join('');
    lines = [];
  }
  if (lines.length > 0) yield lines.join('');
}
