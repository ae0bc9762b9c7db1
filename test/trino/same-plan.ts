import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { buildPlan } from '../../src/plan/build-plan.ts';
import { builtInPrices } from '../../src/plan/prices.ts';
import type { PlannedInventory } from '../plan/planner.ts';
import { queryTrino } from './client.ts';
import { createInventoryTable, type TableFormat } from './inventory-table.ts';
import { trinoSite } from './trino-site.ts';

let schemas = 0;

/** So small that lists of a few rows come in several parts. */
const SMALL_PART_BYTES = 2000;

/** Makes a plan of the Athena text on Trino and compares all of it with DuckDB's: plan.json and every list. */
export async function expectSamePlan(
  { url, root }: { url: string; root: string },
  format: TableFormat,
  inventory: PlannedInventory,
  partBytes = SMALL_PART_BYTES,
): Promise<void> {
  schemas += 1;
  const { source, inputs, planned } = inventory;
  const place = { url, root, database: `plan_${process.pid}_${schemas}` };
  await createInventoryTable(place, source, inventory.path, format);
  const folder = await mkdtemp(join(tmpdir(), 's3-rewind-same-'));
  try {
    const options = { checksum: planned.plan.inventory.sha256, partBytes };
    const plan = await buildPlan(folder, {
      site: trinoSite(place, source, options),
      source,
      inputs,
      inventoryTime: inventory.inventoryTime,
      preflight: null,
      prices: builtInPrices(),
      taskCode: null,
      now: inventory.now,
      progress: () => {},
    });
    expect(await readLists(folder)).toEqual(Object.fromEntries(planned.lists));
    expect(plan).toEqual(planned.plan);
  } finally {
    await rm(folder, { recursive: true });
    await rm(join(root, 'inventories', place.database), { recursive: true });
    await queryTrino(url, `DROP SCHEMA ${place.database} CASCADE`);
  }
}

async function readLists(folder: string): Promise<Record<string, string>> {
  const lists: Record<string, string> = {};
  for (const name of ['manifests', 'review']) {
    await mkdir(join(folder, name), { recursive: true });
    for (const file of await readdir(join(folder, name))) {
      lists[`${name}/${file}`] = await readFile(join(folder, name, file), 'utf8');
    }
  }
  return lists;
}
