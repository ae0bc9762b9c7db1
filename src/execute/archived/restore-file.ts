import { join } from 'node:path';
import { z } from 'zod';
import { RESTORE_TIERS } from '../../s3/restore.ts';
import { writeWhole } from '../disk.ts';
import type { PlanRecord } from '../record.ts';
import { count, readRunFile, utc } from '../run-files.ts';

/** How far the restores of a record are: between two runs of `restore-archived` nothing else is remembered but journals. */
const restoreSchema = z.strictObject({
  schemaVersion: z.literal(1),
  planDigest: z.string(),
  tier: z.enum(RESTORE_TIERS),
  days: count.describe('how long restored copies stay; Intelligent-Tiering knows no end'),
  approvedAt: utc.describe(
    "when someone last agreed, by the store's clock; restores before it may be asked for again",
  ),
  lastLookAt: utc.nullable().describe('when the last pass began that came to its end'),
  nextLookAt: utc.nullable().describe('when the next pass is worth it; null where none is'),
  waiting: count,
  expired: count,
  turnedAway: count,
});
export type RestoreState = z.infer<typeof restoreSchema>;

export const RESTORE_FILE = 'restore.json';

/** @returns null where nothing was asked for yet @throws RunbookError OUTCOMES_DAMAGED, RECORD_CHANGED */
export async function readRestoreFile(record: PlanRecord): Promise<RestoreState | null> {
  return await readRunFile(record, RESTORE_FILE, restoreSchema);
}

export async function writeRestoreFile({ folder }: PlanRecord, state: RestoreState): Promise<void> {
  await writeWhole(join(folder, RESTORE_FILE), [`${JSON.stringify(state, null, 2)}\n`]);
}
