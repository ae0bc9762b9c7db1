import type { PlanManifest } from '../../plan/plan-file.ts';
import { RETRIED_OUTCOMES } from '../../s3/outcome.ts';
import { readEndedRows } from '../outcome-rows.ts';
import type { PlanRecord } from '../record.ts';
import { type ManifestBytes, readSplit, splitsOf } from '../split.ts';

/**
 * The rows of a scenario that S3's own job copied which a pass over archived versions has to do with, as places in
 * their splits: those that ended `archived`. Splits with rows that failed come along, without these rows: whether one
 * failed in the job or in an earlier pass, the journal of the split tells.
 * @throws RunbookError OUTCOMES_DAMAGED, RECORD_CHANGED
 */
export async function readLeftRows(
  record: PlanRecord,
  manifest: PlanManifest,
  path: string,
  bytes: ManifestBytes,
): Promise<Map<number, Set<number>>> {
  const left = new Map<number, Set<number>>();
  const ended = readEndedRows(record, manifest, path);
  for (const split of splitsOf(manifest)) {
    for (const { index } of await readSplit(bytes, split)) {
      const next = await ended.next();
      if (next.done) return left;
      const { outcome } = next.value.result;
      if (outcome !== 'archived' && !RETRIED_OUTCOMES.includes(outcome)) continue;
      const rows = left.get(split.number) ?? new Set();
      if (outcome === 'archived') rows.add(index);
      left.set(split.number, rows);
    }
  }
  return left;
}
