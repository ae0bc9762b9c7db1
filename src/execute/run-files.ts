import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { RunbookError } from '../errors.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { OUTCOMES, type OutcomeCounts } from '../s3/outcome.ts';
import { OPERATIONS, SCENARIOS } from '../s3/rollback.ts';
import { writeWhole } from './disk.ts';
import type { PlanRecord } from './record.ts';

/** What running a plan leaves in its record beside the outcomes: `run.json` at the start, `outcome.json` at the end. */

/** Who carries a plan out: this machine, or S3 Batch Operations. */
const EXECUTORS = ['direct', 'batch'] as const;

/** Parts of the files of a run, of any kind. */
export const utc = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/);
export const count = z.int().min(0);
export const counts = z.strictObject(
  Object.fromEntries(OUTCOMES.map((outcome) => [outcome, count])) as Record<
    keyof OutcomeCounts,
    typeof count
  >,
);

const startSchema = z.strictObject({
  schemaVersion: z.literal(1),
  planDigest: z.string(),
  executor: z.enum(EXECUTORS),
  startedAt: utc.describe("the store's time"),
});
export type RunStart = z.infer<typeof startSchema>;

const outcomeSchema = z.strictObject({
  schemaVersion: z.literal(1),
  rollbackId: z.string(),
  planDigest: z.string(),
  executor: z.enum(EXECUTORS),
  startedAt: utc,
  finishedAt: utc,
  rows: count,
  outcomes: counts,
  scenarios: z.array(
    z.strictObject({
      scenario: z.enum(SCENARIOS),
      operation: z.enum(OPERATIONS),
      rows: count,
      outcomes: counts,
      path: z.string(),
      sha256: z.string(),
    }),
  ),
});
export type RunOutcome = z.infer<typeof outcomeSchema>;
/** How the rows of one scenario ended. */
export type EndedScenario = RunOutcome['scenarios'][number];

export const START_FILE = 'run.json';
export const OUTCOME_FILE = 'outcome.json';

/** @returns null where the plan has not been started */
export async function readRunStart(record: PlanRecord): Promise<RunStart | null> {
  return await readRunFile(record, START_FILE, startSchema);
}

/** @throws RunbookError OUTCOMES_DAMAGED, RECORD_CHANGED where it is of another plan */
export function parseRunStart({ digest }: Pick<RollbackPlan, 'digest'>, text: string): RunStart {
  return parseOwn(START_FILE, digest, text, startSchema);
}

export async function writeRunStart({ folder }: PlanRecord, start: RunStart): Promise<void> {
  await writeWhole(join(folder, START_FILE), [`${JSON.stringify(start, null, 2)}\n`]);
}

/** @returns null where the plan has not come to its end */
export async function readRunOutcome(record: PlanRecord): Promise<RunOutcome | null> {
  return await readRunFile(record, OUTCOME_FILE, outcomeSchema);
}

/** @throws RunbookError OUTCOMES_DAMAGED, RECORD_CHANGED where it is of another plan */
export function parseRunOutcome({ digest }: Pick<RollbackPlan, 'digest'>, text: string): RunOutcome {
  return parseOwn(OUTCOME_FILE, digest, text, outcomeSchema);
}

export async function writeRunOutcome({ folder }: PlanRecord, outcome: RunOutcome): Promise<void> {
  await writeWhole(join(folder, OUTCOME_FILE), [`${JSON.stringify(outcome, null, 2)}\n`]);
}

/**
 * Reads a file that a run left in its record.
 * @returns null where there is none
 * @throws RunbookError OUTCOMES_DAMAGED, RECORD_CHANGED where the file is of another plan
 */
export async function readRunFile<T extends { planDigest: string }>(
  { folder, plan }: { folder: string; plan: { digest: string } },
  name: string,
  schema: z.ZodType<T>,
): Promise<T | null> {
  const path = join(folder, name);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw damaged(path, cause);
  }
  return parseOwn(path, plan.digest, text, schema);
}

function damaged(path: string, cause: unknown): RunbookError {
  return new RunbookError(
    'OUTCOMES_DAMAGED',
    `${path} cannot be read: ${(cause as Error).message.slice(0, 200)}.`,
    {
      hint: `put the file back, or remove it and run start-jobs again: it is made anew from the journals, and nothing is done twice`,
      cause,
    },
  );
}

function parseOwn<T extends { planDigest: string }>(
  path: string,
  digest: string,
  text: string,
  schema: z.ZodType<T>,
): T {
  let value: T;
  try {
    value = schema.parse(JSON.parse(text));
  } catch (cause) {
    throw damaged(path, cause);
  }
  if (value.planDigest === digest) return value;
  throw new RunbookError('RECORD_CHANGED', `${path} is of the plan ${value.planDigest}, not of ${digest}.`, {
    hint: 'a plan runs once, in its own folder: plan again into another one',
  });
}
