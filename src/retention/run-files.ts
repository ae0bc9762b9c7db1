import { join } from 'node:path';
import { z } from 'zod';
import { writeWhole } from '../execute/disk.ts';
import { count, counts, readRunFile, utc } from '../execute/run-files.ts';
import { RETENTION_MODES } from '../s3/retention.ts';
import type { RetentionRecord } from './retention-record.ts';

/** What running an extension leaves in its record: `jobs.json` at the start, `outcome.json` at the end. */

const started = {
  schemaVersion: z.literal(1),
  planDigest: z.string(),
  executor: z.enum(['direct', 'batch']),
  jobs: z
    .array(z.strictObject({ manifest: z.string(), attempt: z.int().min(1), id: z.string() }))
    .optional()
    .describe('of S3 Batch Operations; their reports are in reports/job-ID/'),
  startedBy: z.enum(['review', 'unattended']).describe('a person said yes, or the plan needed no review'),
  startedAt: utc.describe("the store's time"),
};
const startSchema = z.strictObject(started);
export type RetentionStart = z.infer<typeof startSchema>;
export type RetentionJob = NonNullable<RetentionStart['jobs']>[number];

const outcomeSchema = z.strictObject({
  ...started,
  retentionId: z.string(),
  finishedAt: utc,
  rows: count,
  outcomes: counts,
  manifests: z.array(
    z.strictObject({
      name: z.string(),
      mode: z.enum(RETENTION_MODES),
      retainUntil: utc,
      rows: count,
      outcomes: counts,
      path: z.string(),
      sha256: z.string(),
    }),
  ),
});
export type RetentionOutcome = z.infer<typeof outcomeSchema>;

export const START_FILE = 'jobs.json';
export const OUTCOME_FILE = 'outcome.json';

/** @returns null where the plan has not been started */
export async function readRetentionStart(record: RetentionRecord): Promise<RetentionStart | null> {
  return await readRunFile(record, START_FILE, startSchema);
}

export async function writeRetentionStart({ folder }: RetentionRecord, start: RetentionStart): Promise<void> {
  await writeWhole(join(folder, START_FILE), [`${JSON.stringify(start, null, 2)}\n`]);
}

/** @returns null where the plan has not come to its end */
export async function readRetentionOutcome(record: RetentionRecord): Promise<RetentionOutcome | null> {
  return await readRunFile(record, OUTCOME_FILE, outcomeSchema);
}

export async function writeRetentionOutcome(
  { folder }: RetentionRecord,
  outcome: RetentionOutcome,
): Promise<void> {
  await writeWhole(join(folder, OUTCOME_FILE), [`${JSON.stringify(outcome, null, 2)}\n`]);
}

/** @returns null where the text is no such file */
export function parseRetentionStart(text: string): RetentionStart | null {
  return parseFile(text, startSchema);
}

/** @returns null where the text is no such file */
export function parseRetentionOutcome(text: string): RetentionOutcome | null {
  return parseFile(text, outcomeSchema);
}

function parseFile<T>(text: string, schema: z.ZodType<T>): T | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
