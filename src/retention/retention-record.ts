import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RunbookError } from '../errors.ts';
import { checkBucket, checkFile } from '../execute/record.ts';
import {
  RETENTION_PLAN_FILE,
  type RetentionPlan,
  retentionDigest,
  retentionPlanSchema,
} from './retention-plan-file.ts';
import type { PreviousRun } from './review-need.ts';
import { readRetentionOutcome } from './run-files.ts';
import { fingerprintOf } from './settings.ts';

/** The record of an extension: its plan folder, to which running it adds its outcomes. */
export type RetentionRecord = { folder: string; plan: RetentionPlan };

/** Whether a folder holds the plan of an extension, not of a rollback. */
export async function isRetentionRecord(folder: string): Promise<boolean> {
  return await stat(join(folder, RETENTION_PLAN_FILE)).then(
    (found) => found.isFile(),
    () => false,
  );
}

/**
 * Reads a record and proves that it is what its digest names: the plan by its recomputed digest, each manifest by its
 * SHA-256, each row by its bucket.
 * @throws RunbookError RECORD_NOT_FOUND, RECORD_CHANGED, RECORD_FOREIGN_BUCKET
 */
export async function readRetentionRecord(folder: string): Promise<RetentionRecord> {
  const path = join(folder, RETENTION_PLAN_FILE);
  const plan = proveRetentionPlan(path, await readText(path));
  for (const manifest of plan.manifests) {
    await checkFile(folder, manifest);
    await checkBucket(folder, manifest, plan.settings.bucket);
  }
  return { folder, plan };
}

/**
 * Reads a plan from its text, and proves it by its recomputed digest.
 * @param name what the text came from, for the message
 * @throws RunbookError RECORD_CHANGED
 */
export function proveRetentionPlan(name: string, text: string): RetentionPlan {
  const plan = parsePlan(name, text);
  const digest = retentionDigest(plan);
  if (digest !== plan.digest) throw changed(`${name} says it is ${plan.digest}; its content is ${digest}.`);
  if (fingerprintOf(plan.settings) !== plan.settingsFingerprint) {
    throw changed(`${name} has settings that are not those of its fingerprint.`);
  }
  return plan;
}

/** @throws RunbookError RECORD_* */
export async function readPreviousRun(folder: string): Promise<PreviousRun> {
  const record = await readRetentionRecord(folder);
  return { plan: record.plan, isFinished: (await readRetentionOutcome(record)) !== null };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new RunbookError('RECORD_NOT_FOUND', `${path} cannot be read: ${(cause as Error).message}.`, {
      hint: 'name the folder that extend-retention --out made',
      cause,
    });
  }
}

function parsePlan(path: string, text: string): RetentionPlan {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw changed(`${path} is not JSON: ${(cause as Error).message}.`);
  }
  const parsed = retentionPlanSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw changed(`${path} is not a plan of an extension: ${issue?.path.join('.')}: ${issue?.message}.`);
}

function changed(fact: string): RunbookError {
  return new RunbookError('RECORD_CHANGED', fact, {
    hint: 'what was reviewed is what runs, or nothing runs: put the file back, or run extend-retention again',
  });
}
