import { join } from 'node:path';
import { z } from 'zod';
import { RESTORE_TIERS } from '../../s3/restore.ts';
import { SCENARIOS } from '../../s3/rollback.ts';
import { writeWhole } from '../disk.ts';
import type { PlanRecord } from '../record.ts';
import { count, readRunFile, utc } from '../run-files.ts';

/** Classes that a job of S3's own can restore; the first two with days. */
export const RESTORED_CLASSES = ['GLACIER', 'DEEP_ARCHIVE', 'INTELLIGENT_TIERING'] as const;
export type RestoredClass = (typeof RESTORED_CLASSES)[number];

const jobSchema = z.strictObject({
  scenario: z.enum(SCENARIOS),
  storageClass: z.enum(RESTORED_CLASSES),
  attempt: z.int().min(1).describe('each agreement that takes jobs is one'),
  id: z.string(),
  path: z.string().describe("of the job's manifest, in the record"),
  manifestVersionId: z.string(),
  manifestETag: z.string(),
  rows: count,
  end: z
    .strictObject({
      status: z.string().describe('of the job, as S3 has it; Forgotten where S3 knows it no more'),
      succeeded: count.describe('rows whose restore S3 took'),
      failures: z.record(z.string(), count).describe('other rows, by their error codes'),
    })
    .nullable()
    .describe('by its completion report; null: the job is under way'),
});
/** A job of S3's own (S3InitiateRestoreObject) that asks for the restore of the rows of a class. */
export type RestoreJob = z.infer<typeof jobSchema>;

const copySchema = z.strictObject({
  scenario: z.enum(SCENARIOS),
  attempt: z.int().min(1).describe('counted through all such jobs of the scenario'),
  id: z.string(),
  manifestVersionId: z.string().describe('of the manifest of the scenario, in the record'),
  manifestETag: z.string().describe("of the job's own manifest, the list of its splits"),
  splits: z.array(z.int().min(0)).describe('with versions that could be read when the job was made'),
  end: z
    .strictObject({
      status: z.string().describe('of the job, as S3 has it; Forgotten where S3 knows it no more'),
      left: count.describe('splits with rows that failed or did not run'),
    })
    .nullable()
    .describe('by its completion report; null: the job is under way'),
});
/** A job that has the task function copy restored versions. */
export type RestoredCopyJob = z.infer<typeof copySchema>;

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
  approval: z
    .strictObject({
      reason: z.string(),
      tags: z.array(z.strictObject({ key: z.string(), value: z.string() })).readonly(),
    })
    .optional()
    .describe('what jobs bear of the approval, where jobs were agreed to'),
  copies: z.array(copySchema).optional().describe('jobs that were made to copy, oldest first'),
  jobs: z.array(jobSchema).optional().describe("jobs of S3's own that were made to ask, oldest first"),
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
