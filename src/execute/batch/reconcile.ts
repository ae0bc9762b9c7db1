import { countSplits, type ManifestSize, type Split, splitAt } from '../split.ts';
import type { ReportRow } from './completion-report.ts';
import { parseTaskKey } from './task-key.ts';

/** How the report of a job stands to the splits that it was given. */
export type ReportReconciliation = {
  /** splits that the report says were carried out */
  succeeded: number;
  /** splits with a row that failed, and what S3 says of them */
  failed: { split: Split; message: string }[];
  /** splits that the report does not name: the job ended before they ran */
  missing: Split[];
  /** rows that name no split of the job, or one a second time */
  strangers: string[];
};

/** Shown at most; one is enough to know that the report is not that of the job. */
const MAX_STRANGERS = 20;

/**
 * Holds a completion report against the splits of its job: every split has one row, and no row is of anything else.
 * @param expected the splits that the job was given; default: all of the manifest
 */
export async function reconcileReport(
  rows: AsyncIterable<ReportRow>,
  bucket: string,
  manifest: ManifestSize,
  expected: readonly Split[] | null = null,
): Promise<ReportReconciliation> {
  const total = countSplits(manifest);
  // A bit a split: a billion rows have a million splits.
  const isOpen = new Uint8Array(total).fill(expected === null ? 1 : 0);
  for (const { number } of expected ?? []) isOpen[number] = 1;
  const result: ReportReconciliation = { succeeded: 0, failed: [], missing: [], strangers: [] };
  for await (const row of rows) {
    const split = row.bucket === bucket ? parseTaskKey(row.key, manifest) : 'another bucket';
    if (typeof split === 'string' || isOpen[split.number] !== 1) {
      if (result.strangers.length < MAX_STRANGERS) result.strangers.push(row.key);
      continue;
    }
    isOpen[split.number] = 0;
    if (row.succeeded) result.succeeded += 1;
    else result.failed.push({ split, message: row.message });
  }
  for (const [number, open] of isOpen.entries()) {
    if (open === 1) result.missing.push(splitAt(manifest, number));
  }
  return result;
}

/** The splits of the next attempt, in order: what failed and what did not run. Empty where nothing is left. */
export function splitsToRetry({ failed, missing }: ReportReconciliation): Split[] {
  return [...failed.map(({ split }) => split), ...missing].toSorted(
    (left, right) => left.number - right.number,
  );
}
