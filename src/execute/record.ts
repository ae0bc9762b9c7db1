import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { z } from 'zod';
import { RunbookError } from '../errors.ts';
import { planDigest } from '../plan/digest.ts';
import { type PlanManifest, planSchema, type RollbackPlan } from '../plan/plan-file.ts';
import { type HashedFile, hashContent } from './content-hash.ts';
import type { ManifestBytes } from './split.ts';

/** A local record: the plan folder, to which running the plan adds its outcomes. */
export type PlanRecord = {
  folder: string;
  plan: RollbackPlan;
  /** as a person names it, for messages: the folder, or `s3://BUCKET/ID/` where the folder is a copy of that */
  name: string;
};

const PLAN_AGAIN = 'what was reviewed is what runs, or nothing runs: put the file back, or plan again';

/**
 * Reads a record and proves that it is what its digest names: the plan by its recomputed digest, each manifest by its
 * SHA-256, each row by its bucket.
 * @param name as a person names it, where that is not the folder
 * @throws RunbookError RECORD_NOT_FOUND, RECORD_CHANGED, RECORD_FOREIGN_BUCKET
 */
export async function readRecord(folder: string, name = folder): Promise<PlanRecord> {
  const path = join(folder, 'plan.json');
  const plan = provePlan(path, await readRecordText(path));
  for (const file of [...plan.manifests, ...plan.undoManifests]) await checkFile(folder, file);
  for (const manifest of plan.manifests) await checkBucket(folder, manifest, plan.inputs.bucket);
  return { folder, plan, name };
}

/**
 * Reads the text of a plan and proves that it is what its digest names.
 * @param name for messages
 * @throws RunbookError RECORD_CHANGED
 */
export function provePlan(name: string, text: string): RollbackPlan {
  const plan = parseRecordText(name, text, { schema: planSchema, what: 'a plan' });
  const digest = planDigest(plan);
  if (digest === plan.digest) return plan;
  throw changed(`${name} says it is ${plan.digest}; its content is ${digest}.`);
}

/** The bucket that a plan writes to. */
export function writtenBucket({ inputs }: RollbackPlan): string {
  return inputs.destinationBucket ?? inputs.bucket;
}

/** The bucket that a plan copies from, or null where it writes to the bucket that it reads. */
export function copySourceOf({ inputs }: RollbackPlan): string | null {
  return inputs.destinationBucket === null ? null : inputs.bucket;
}

/** Opens a manifest for reading by ranges. */
export async function openManifest(
  { folder }: Pick<PlanRecord, 'folder'>,
  manifest: Pick<PlanManifest, 'path' | 'bytes'>,
): Promise<ManifestBytes & { close(): Promise<void> }> {
  const path = join(folder, manifest.path);
  const file = await open(path, 'r');
  return {
    name: path,
    size: manifest.bytes,
    async read(start, end) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
      if (bytesRead < end - start) throw changed(`${path} became shorter while it was read.`);
      return buffer;
    },
    close: () => file.close(),
  };
}

/** @throws RunbookError RECORD_NOT_FOUND */
export async function readRecordText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new RunbookError('RECORD_NOT_FOUND', `${path} cannot be read: ${(cause as Error).message}.`, {
      hint: 'name the folder that plan --out made: --record FOLDER',
      cause,
    });
  }
}

/**
 * Reads the text of a file of a record as what it has to be.
 * @param what it is, for messages, with its article
 * @throws RunbookError RECORD_CHANGED
 */
export function parseRecordText<T>(
  path: string,
  text: string,
  { schema, what }: { schema: z.ZodType<T>; what: string },
): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw changed(`${path} is not JSON: ${(cause as Error).message}.`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw changed(`${path} is not ${what}: ${issue?.path.join('.')}: ${issue?.message}.`);
}

/** @throws RunbookError RECORD_CHANGED where a file is not the one that the plan names */
export async function checkFile(folder: string, file: HashedFile): Promise<void> {
  const path = join(folder, file.path);
  let sha256: string;
  try {
    sha256 = await hashContent(createReadStream(path), file.parts);
  } catch (cause) {
    throw changed(`${path} cannot be read: ${(cause as Error).message}.`);
  }
  if (sha256 !== file.sha256) throw changed(`${path} is ${sha256}; the plan names ${file.sha256}.`);
}

/**
 * A manifest of another bucket would carry out the plan there. Bucket names need no quotes, so a look suffices.
 * @throws RunbookError RECORD_FOREIGN_BUCKET
 */
export async function checkBucket(
  folder: string,
  manifest: Pick<PlanManifest, 'path'>,
  bucket: string,
): Promise<void> {
  const path = join(folder, manifest.path);
  const lines = createInterface({
    input: createReadStream(path, 'utf8'),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  for await (const line of lines) {
    if (line.startsWith(`${bucket},`)) continue;
    throw new RunbookError(
      'RECORD_FOREIGN_BUCKET',
      `${path} names another bucket than the plan's '${bucket}': ${line.slice(0, 120)}`,
      { hint: 'a manifest is never edited by hand: plan again from the inventory of the right bucket' },
    );
  }
}

function changed(fact: string): RunbookError {
  return new RunbookError('RECORD_CHANGED', fact, { hint: PLAN_AGAIN });
}
