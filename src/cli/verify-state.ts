import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDuckDb } from '../engine/duckdb.ts';
import type { QueryEngine } from '../engine/query-engine.ts';
import type { PlanRecord } from '../execute/record.ts';
import { openInventory } from '../inventory/open.ts';
import { readParquetColumns } from '../inventory/parquet-columns.ts';
import type { InventorySource } from '../inventory/source.ts';
import type { Progress } from '../progress.ts';
import { assertHasInventory, type StateVerification, verifyState } from '../verify/state.ts';

/** Level 3 of `verify`: opens both inventories and compares what they say. */
export async function runVerifyState(
  record: PlanRecord,
  options: { inventory: string[]; planInventory?: string[]; memoryLimit?: string },
  progress: Progress,
): Promise<StateVerification> {
  assertHasInventory(record);
  const workFolder = await mkdtemp(join(tmpdir(), 's3-rewind-verify-'));
  const engine = await openDuckDb({ workFolder, memoryLimit: options.memoryLimit ?? '2GB' });
  try {
    const { location } = record.plan.inventory;
    const before = await openSource(options.planInventory ?? location.split(', '), engine);
    const after = await openSource(options.inventory, engine);
    return await verifyState({ engine, record, before, after, progress });
  } finally {
    engine.close();
    await rm(workFolder, { recursive: true, force: true });
  }
}

function openSource(paths: readonly string[], engine: QueryEngine): Promise<InventorySource> {
  return openInventory(paths, (path) => readParquetColumns(path, engine));
}
