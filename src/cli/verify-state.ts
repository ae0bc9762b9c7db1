import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDuckDb } from '../engine/duckdb.ts';
import type { QueryEngine } from '../engine/query-engine.ts';
import { RunbookError } from '../errors.ts';
import { copySourceOf, type PlanRecord, writtenBucket } from '../execute/record.ts';
import { openInventory } from '../inventory/open.ts';
import { readParquetColumns } from '../inventory/parquet-columns.ts';
import type { InventorySource } from '../inventory/source.ts';
import type { Progress } from '../progress.ts';
import { type StateVerification, verifyState } from '../verify/state.ts';
import { listLiveBucket, outermost, parseConcurrency } from './list-bucket.ts';
import { LISTING_FILE } from './live-inventory.ts';
import { type DestinationOptions, writtenEndpoint } from './open-calls.ts';
import { fetchInventories } from './remote-inventory.ts';

export type StateOptions = DestinationOptions & {
  /** inventory that was taken after the run; without it the bucket is listed now */
  inventory?: string[];
  planInventory?: string[];
  concurrency?: string;
};

/**
 * Level 3 of `verify`: opens the inventory of the plan and a fresh one, and compares what they say.
 * @throws RunbookError INVENTORY_*, LISTING_*, and whatever the bucket refuses
 */
export async function runVerifyState(
  record: PlanRecord,
  options: StateOptions,
  progress: Progress,
): Promise<StateVerification> {
  const concurrency = parseConcurrency(options.concurrency);
  const workFolder = await mkdtemp(join(tmpdir(), 's3-rewind-verify-'));
  const engine = await openDuckDb({ workFolder, memoryLimit: '2GB' });
  try {
    const open = async (paths: readonly string[], name: string) =>
      await openSource(await fetchInventories(paths, join(workFolder, name), options, progress), engine);
    // First, so that a plan's inventory that has moved is told before a bucket is listed.
    const before = await open(await planInventoryPaths(record, options), 'before').catch((error) => {
      throw options.planInventory === undefined ? withPlanInventoryHint(error) : error;
    });
    const fresh = options.inventory ?? [await listNow(record, options, workFolder, concurrency, progress)];
    return await verifyState({ engine, record, before, after: await open(fresh, 'after'), progress });
  } finally {
    engine.close();
    await rm(workFolder, { recursive: true, force: true });
  }
}

/** Where the inventory of a plan is: in the record, where `plan --list` made it. */
async function planInventoryPaths(
  { folder, plan }: PlanRecord,
  { planInventory }: StateOptions,
): Promise<string[]> {
  const { location } = plan.inventory;
  if (planInventory !== undefined) return planInventory;
  const own = join(folder, LISTING_FILE);
  // A user's own file may bear that name too; its plan has none in the record.
  const isOwn = location === LISTING_FILE && (await stat(own).catch(() => null)) !== null;
  return isOwn ? [own] : location.split(', ');
}

function withPlanInventoryHint(error: unknown): unknown {
  if (!(error instanceof RunbookError) || error.code !== 'INVENTORY_NOT_FOUND') return error;
  return new RunbookError(error.code, `The inventory of the plan: ${error.message}`, {
    hint: 'name where it is now: --plan-inventory PATH',
    cause: error,
  });
}

/** Lists the bucket that was written to, as far as the scope of the plan goes. @returns the file */
async function listNow(
  { plan }: PlanRecord,
  options: StateOptions,
  folder: string,
  concurrency: number,
  progress: Progress,
): Promise<string> {
  const out = join(folder, LISTING_FILE);
  const request = {
    bucket: writtenBucket(plan),
    prefixes: outermost(plan.inputs.prefixes),
    out,
    format: 'parquet' as const,
    concurrency,
    resume: false,
    afterInterrupt: 'run the same command again; nothing was changed',
  };
  const endpoint = writtenEndpoint(options, copySourceOf(plan));
  await listLiveBucket(request, endpoint, progress);
  return out;
}

function openSource(paths: readonly string[], engine: QueryEngine): Promise<InventorySource> {
  return openInventory(paths, (path) => readParquetColumns(path, engine));
}
