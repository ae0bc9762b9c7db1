import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { openDuckDb } from '../../src/engine/duckdb.ts';
import type { QueryEngine } from '../../src/engine/query-engine.ts';
import { openInventory } from '../../src/inventory/open.ts';
import type { InventorySource } from '../../src/inventory/source.ts';
import { buildPlan } from '../../src/plan/build-plan.ts';
import { parsePlanInputs, type RawPlanInputs } from '../../src/plan/inputs.ts';
import { localSite } from '../../src/plan/local-site.ts';
import type { PlanInputs, RollbackPlan } from '../../src/plan/plan-file.ts';
import { builtInPrices } from '../../src/plan/prices.ts';
import { sqlIdentifier, sqlText } from '../../src/render/sql.ts';
import type { KeyClass, Mode, Scenario } from '../../src/s3/rollback.ts';
import { BUCKET, type InventoryShape, inventoryCsv, inventoryRows } from './inventory-text.ts';
import { POINT_IN_TIME, type Stack } from './stacks.ts';

/** Runs the plan on stacks, from an inventory file to a plan folder, and reads back what it wrote. */

/** What a plan says about one key. Rows are CSV without bucket and key. */
export type PlannedKey = {
  class: KeyClass;
  rows: string[];
  /** the version that removing the key's markers exposes; null where the rows do not say */
  exposed: string | null;
  undo: string[];
  /** the row of a review list, by column */
  review: Record<string, string> | null;
};

export type Planned = {
  plan: RollbackPlan;
  keys: ReadonlyMap<string, PlannedKey>;
  /** text of every file under manifests/ and review/, by path */
  lists: ReadonlyMap<string, string>;
};

export type PlannerOptions = Partial<InventoryShape> &
  Partial<Omit<RawPlanInputs, 'bucket' | 'timestamp' | 'mode'>> & {
    mode?: Mode;
    format?: 'csv' | 'parquet';
    /** when the inventory was taken */
    takenAt?: Date;
  };

export type Planner = {
  /** @param stacks the stack of every key */
  plan(stacks: ReadonlyMap<string, Stack>, options?: PlannerOptions): Promise<Planned>;
  close(): Promise<void>;
};

/** The day on which every test is run, as far as the plan knows. */
const NOW = new Date('2025-09-30T00:00:00Z');

/** What another engine needs to make the same plan. */
export type PlannedInventory = {
  path: string;
  source: InventorySource;
  inputs: PlanInputs;
  inventoryTime: Date | null;
  now: Date;
  planned: Planned;
};

/**
 * Opens an engine in a folder of its own; plans share it one after the other.
 * @param alsoOn called with every plan while its inventory is still there
 */
export async function openPlanner(
  alsoOn: (inventory: PlannedInventory) => Promise<void> = async () => {},
): Promise<Planner> {
  const root = await mkdtemp(join(tmpdir(), 's3-rewind-plan-'));
  const engine = await openDuckDb({ workFolder: join(root, 'work'), memoryLimit: '1GB', threads: 1 });
  let number = 0;
  return {
    async plan(stacks, options = {}) {
      number += 1;
      const folder = join(root, String(number));
      await mkdir(join(folder, 'plan'), { recursive: true });
      const inventory = await runPlan(engine, folder, stacks, options);
      await alsoOn(inventory);
      await rm(folder, { recursive: true });
      return inventory.planned;
    },
    async close() {
      engine.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function runPlan(
  engine: QueryEngine,
  folder: string,
  stacks: ReadonlyMap<string, Stack>,
  options: PlannerOptions,
): Promise<PlannedInventory> {
  const inventory = await writeInventory(engine, folder, stacks, options);
  const source = await openInventory([inventory], async (path) => {
    const columns = await engine.rows(`DESCRIBE SELECT * FROM read_parquet(${sqlText(path)})`);
    return columns.map((row) => ({ name: String(row.column_name), type: String(row.column_type) }));
  });
  const mode = options.mode ?? 'bucket-rollback';
  const destination = mode === 'copy-to-bucket' ? { destinationBucket: 'example-destination' } : {};
  const inputs = parsePlanInputs(
    { ...options, ...destination, bucket: BUCKET, timestamp: POINT_IN_TIME, mode },
    NOW,
  );
  const inventoryTime = options.takenAt ?? null;
  const plan = await buildPlan(join(folder, 'plan'), {
    site: localSite(engine, source, inputs.bucket),
    source,
    inputs,
    inventoryTime,
    preflight: null,
    prices: builtInPrices(),
    taskCode: null,
    now: NOW,
    progress: () => {},
  });
  const lists = await readLists(join(folder, 'plan'));
  const keys = readKeys(plan, lists, await readClasses(engine), stacks.keys());
  return { path: inventory, source, inputs, inventoryTime, now: NOW, planned: { plan, keys, lists } };
}

async function writeInventory(
  engine: QueryEngine,
  folder: string,
  stacks: ReadonlyMap<string, Stack>,
  options: PlannerOptions,
): Promise<string> {
  const { order = 'last-modified', space = '%20', multipartColumn = false, detailColumns = false } = options;
  const rows = inventoryRows(stacks, { order, space, multipartColumn, detailColumns });
  const path = join(folder, `inventory.${options.format ?? 'csv'}`);
  if (options.format !== 'parquet') {
    await writeFile(path, inventoryCsv(rows, space));
    return path;
  }
  const names = Object.keys(rows[0] ?? {});
  const values = rows.map((row) => `(${names.map((name) => sqlText(row[name] ?? '')).join(', ')})`);
  const columns = names.map((name) => PARQUET_COLUMNS[name] ?? sqlIdentifier(name));
  await engine.run(
    `COPY (SELECT ${columns.join(', ')} FROM (VALUES ${values.join(',\n')}) AS inventory_rows (${names.join(', ')})) TO ${sqlText(path)}`,
  );
  return path;
}

/** S3 Inventory's names and types in Parquet, where they differ from the seeds' CSV. */
const PARQUET_COLUMNS: Record<string, string> = {
  bucket_name: 'bucket_name AS bucket',
  key_name: 'key_name AS key',
  is_latest: 'CAST(is_latest AS boolean) AS is_latest',
  delete_marker: 'CAST(delete_marker AS boolean) AS is_delete_marker',
  size: "CAST(nullif(size, '') AS bigint) AS size",
  last_modified: 'CAST(CAST(last_modified AS timestamptz) AS timestamp) AS last_modified_date',
  is_multipart: 'CAST(is_multipart AS boolean) AS is_multipart_uploaded',
  ordinal: 'CAST(ordinal AS bigint) AS ordinal',
};

async function readLists(folder: string): Promise<Map<string, string>> {
  const lists = new Map<string, string>();
  for (const name of ['manifests', 'review']) {
    for (const file of (await readdir(join(folder, name))).toSorted()) {
      lists.set(`${name}/${file}`, await readFile(join(folder, name, file), 'utf8'));
    }
  }
  return lists;
}

/** Classes of the keys that the plan looked at, since `unchanged` and `already-absent` keys are in no list. */
async function readClasses(engine: QueryEngine): Promise<Map<string, KeyClass>> {
  // Encoded, because the engine's text decoder drops a byte order mark at the beginning of a value.
  const rows = await engine.rows('SELECT url_encode(key) AS key, class FROM classified');
  return new Map(rows.map((row) => [decodeURIComponent(String(row.key)), row.class as KeyClass]));
}

function readKeys(
  plan: RollbackPlan,
  lists: ReadonlyMap<string, string>,
  classes: ReadonlyMap<string, KeyClass>,
  keys: Iterable<string>,
): Map<string, PlannedKey> {
  const rest: KeyClass = 'unchanged';
  const planned = new Map<string, PlannedKey>();
  for (const key of keys)
    planned.set(key, { class: classes.get(key) ?? rest, rows: [], exposed: null, undo: [], review: null });
  const find = (encoded = ''): PlannedKey => {
    const found = planned.get(decodeURIComponent(encoded));
    if (found === undefined) throw new Error(`${encoded} is listed, but the inventory has no such key`);
    return found;
  };
  const scenarios = new Map<Scenario, KeyClass>(
    plan.classes.flatMap((row) => (row.scenario === null ? [] : [[row.scenario, row.class]])),
  );
  for (const manifest of plan.manifests) {
    for (const [, key, ...row] of parseRows(lists.get(manifest.path))) {
      const found = find(key);
      assertSame(`class of ${key}`, found.class, scenarios.get(manifest.scenario));
      if (found.class === 'remove-delete-markers') found.exposed = row.pop() || null;
      found.rows.push(row.join(','));
    }
  }
  for (const undo of plan.undoManifests) {
    for (const [, key, ...row] of parseRows(lists.get(undo.path))) {
      const found = find(key);
      found.undo.push(row.join(','));
      if (found.exposed !== null) assertSame(`exposed entry of ${key}`, row[1], found.exposed);
    }
  }
  for (const list of plan.reviewLists) {
    const [header = [], ...rows] = parseRows(lists.get(list.path));
    for (const row of rows) {
      const found = find(row[0]);
      assertSame(`class of ${row[0]}`, found.class, list.class);
      found.review = Object.fromEntries(header.map((name, index) => [name, row[index] ?? '']));
    }
  }
  assertAllTold(plan, planned);
  return planned;
}

/** plan.json has to count what the lists hold. Keys out of scope are counted nowhere. */
function assertAllTold(plan: RollbackPlan, planned: ReadonlyMap<string, PlannedKey>): void {
  const all = [...planned.values()];
  const outOfScope = planned.size - plan.inventory.keysInScope;
  for (const row of plan.classes) {
    const found = all.filter((key) => key.class === row.class).length;
    assertSame(`keys of ${row.class}`, row.keys, row.class === 'unchanged' ? found - outOfScope : found);
  }
  const tally = (of: (key: PlannedKey) => number) => all.reduce((sum, key) => sum + of(key), 0);
  const total = (files: readonly { rows: number }[]) => files.reduce((sum, file) => sum + file.rows, 0);
  assertSame(
    'rows of manifests',
    total(plan.manifests),
    tally((key) => key.rows.length),
  );
  assertSame(
    'rows of undo manifests',
    total(plan.undoManifests),
    tally((key) => key.undo.length),
  );
  assertSame(
    'rows of review lists',
    total(plan.reviewLists),
    tally((key) => (key.review === null ? 0 : 1)),
  );
}

function parseRows(text = ''): string[][] {
  return parse(text, { relax_column_count: false }) as string[][];
}

function assertSame(what: string, left: unknown, right: unknown): void {
  if (left !== right) throw new Error(`${what}: ${left} in one place, ${right} in another`);
}
