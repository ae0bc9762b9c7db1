import type { RowOutcome } from '../execute/journal.ts';
import type { OutcomeShape } from '../execute/outcome-file.ts';
import { formatCsvLine } from '../s3/csv.ts';
import { encodeKey } from '../s3/manifest.ts';
import { formatInstant } from '../s3/point-in-time.ts';
import { isRetentionMode, type Retention } from '../s3/retention.ts';

/**
 * The outcomes of an extension, one row a version: the compliance record. `before` and `after` are the locks that the
 * run saw and left; `after` is empty where it did not act and did not look.
 */
const COLUMNS = [
  'bucket',
  'key',
  'version_id',
  'outcome',
  'mode_before',
  'retain_until_before',
  'mode_after',
  'retain_until_after',
  'detail',
];

/** What a row of an extension says beyond its outcome; it travels in the detail of the journal's line. */
export type LockChange = { before: Retention | null; after: Retention | null; detail: string };

/** An outcome of a row as the journal keeps it. */
export function retentionOutcome(
  outcome: RowOutcome['outcome'],
  change: Partial<LockChange> = {},
): RowOutcome {
  const { before = null, after = null, detail = '' } = change;
  const text = JSON.stringify([...lockFields(before), ...lockFields(after), detail]);
  return { outcome, newVersionId: null, eTag: null, before: null, detail: text };
}

export const RETENTION_OUTCOME_SHAPE: OutcomeShape = {
  header: formatCsvLine(COLUMNS),
  formatRow(row, { outcome, detail }) {
    return formatCsvLine([
      row.bucket,
      encodeKey(row.key),
      row.versionId,
      outcome,
      ...(JSON.parse(detail) as (string | null)[]),
    ]);
  },
};

function lockFields(retention: Retention | null): [mode: string | null, retainUntil: string | null] {
  if (retention === null || !isRetentionMode(retention.mode)) return [null, null];
  return [retention.mode, formatInstant(retention.retainUntil)];
}
