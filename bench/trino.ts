import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { Command } from 'commander';
import { openDuckDb } from '../src/engine/duckdb.ts';
import { openInventory } from '../src/inventory/open.ts';
import { readParquetColumns } from '../src/inventory/parquet-columns.ts';
import type { InventorySource } from '../src/inventory/source.ts';
import { buildPlan } from '../src/plan/build-plan.ts';
import { parsePlanInputs } from '../src/plan/inputs.ts';
import { PART_BYTES } from '../src/plan/list-shape.ts';
import { builtInPrices } from '../src/plan/prices.ts';
import { sqlIdentifier } from '../src/render/sql.ts';
import { queryTrino, trinoRows } from '../test/trino/client.ts';
import { createInventoryTable } from '../test/trino/inventory-table.ts';
import { startTrino } from '../test/trino/server.ts';
import { type QueryCost, type TrinoPlace, trinoSite } from '../test/trino/trino-site.ts';
import { BENCH_BUCKET, BENCH_POINT_IN_TIME, generateInventory, parseCount } from './generate.ts';
import { chainStatements, scanStatement } from './trino-sql.ts';

/**
 * The Athena text of a rollback with all its outputs on a real Trino, beside one scan of the needed columns and beside a
 * chain of one full-scan query a step; all in one run on one server. Prints ratios of CPU time and of bytes read.
 */

type Cost = { cpuSeconds: number; bytes: number };

const WARM_UP_ENTRIES = 300_000;
const WARM_UP_ROUNDS = 3;

const command = new Command('bench/trino.ts')
  .description('Measures a plan on Trino. Needs Java 24 or newer, Maven, and 821 MB from Maven Central once.')
  .option('--entries <count>', 'number of version entries', parseCount, 10_000_000)
  .option('--heap <size>', "Trino's heap, in JVM notation", '7g')
  .option('--query-memory <size>', 'what a query may take of it', '5GB');
const options = command.parse().opts<{ entries: number; heap: string; queryMemory: string }>();

const folder = await mkdtemp(join(tmpdir(), 's3-rewind-bench-trino-'));
const trino = await startTrino(options);
try {
  await measure();
} finally {
  await trino.stop();
  await rm(folder, { recursive: true });
}

async function measure(): Promise<void> {
  // A fresh server interprets its code and compiles what is used often. Everything runs as many times before, on a small
  // inventory, so that neither side pays for it.
  const warm = await makeInventory('warm', Math.min(options.entries, WARM_UP_ENTRIES));
  for (let round = 0; round < WARM_UP_ROUNDS; round += 1) {
    await measureScan(warm);
    await measurePlan(warm);
    await measureChain(warm);
  }
  const bench = await makeInventory('bench', options.entries);
  process.stdout.write(`${options.entries} entries, ${bench.bytes} bytes of Parquet\n`);
  // Each twice, in turns: how far the two disagree tells how quiet the machine is. The second counts.
  for (let round = 0; round < 2; round += 1) {
    const scan = await measureScan(bench);
    tell('one scan of the needed columns', scan, scan);
    tell('  the same, and e_tag', await measureScan(bench, ['e_tag']), scan);
    const plan = await measurePlan(bench, (name, cost) => {
      if (cost.cpuSeconds > 0.5) tell(`  plan: ${name}`, cost, scan);
    });
    tell('the plan, all outputs', plan, scan);
    if (round > 0) await compareWithChain(bench, plan, scan);
  }
}

async function compareWithChain(bench: Inventory, plan: Cost, scan: Cost): Promise<void> {
  const chain = await measureChain(bench, (name, cost) => tell(`  chain: ${name}`, cost, scan));
  tell('the chain', chain, scan);
  const ratio = (left: number, right: number) => (left / right).toFixed(2);
  process.stdout.write(
    [
      `plan : scan   bytes ${ratio(plan.bytes, scan.bytes)} (aim: at most 1.4), CPU ${ratio(plan.cpuSeconds, scan.cpuSeconds)} (aim: at most 3)`,
      `chain : plan  bytes ${ratio(chain.bytes, plan.bytes)}, CPU ${ratio(chain.cpuSeconds, plan.cpuSeconds)} (aim: at least 8)`,
      '',
    ].join('\n'),
  );
}

async function costOf(sql: string): Promise<Cost> {
  const { stats } = await queryTrino(trino.url, sql);
  return { cpuSeconds: stats.cpuTimeMillis / 1000, bytes: stats.physicalInputBytes };
}

/** An inventory of its own in a schema of the server. */
type Inventory = { place: TrinoPlace; source: InventorySource; bytes: number };

async function makeInventory(database: string, entries: number): Promise<Inventory> {
  const out = join(folder, `${database}.parquet`);
  const { bytes } = await generateInventory({ entries, format: 'parquet', out });
  const engine = await openDuckDb({ workFolder: join(folder, 'work'), memoryLimit: '1GB' });
  const source = await openInventory([out], (path) => readParquetColumns(path, engine));
  engine.close();
  const place = { url: trino.url, root: trino.root, database };
  await createInventoryTable(place, source, out, 'parquet');
  return { place, source, bytes };
}

function measureScan({ place }: Inventory, more: readonly string[] = []): Promise<Cost> {
  return costOf(scanStatement(place.database, more));
}

/** What a side took in all. @param each is told of every query */
async function measurePlan({ place, source }: Inventory, each: Tell = () => {}): Promise<Cost> {
  const costs = await planOnce(place, source);
  await dropTables(place.database);
  return addUp(
    costs.map(({ sql, cpuMs, bytes }) => [nameOf(sql), { cpuSeconds: cpuMs / 1000, bytes }]),
    each,
  );
}

async function measureChain({ place }: Inventory, each: Tell = () => {}): Promise<Cost> {
  const costs: [string, Cost][] = [];
  for (const [name, sql] of Object.entries(chainStatements(place.database, BENCH_POINT_IN_TIME))) {
    costs.push([name, await costOf(sql)]);
  }
  await dropTables(place.database);
  return addUp(costs, each);
}

type Tell = (name: string, cost: Cost) => void;

function addUp(costs: readonly [string, Cost][], each: Tell): Cost {
  const sum: Cost = { cpuSeconds: 0, bytes: 0 };
  for (const [name, cost] of costs) {
    each(name, cost);
    sum.cpuSeconds += cost.cpuSeconds;
    sum.bytes += cost.bytes;
  }
  return sum;
}

async function planOnce(place: TrinoPlace, source: InventorySource): Promise<QueryCost[]> {
  const site = trinoSite(place, source, { checksum: `sha256:${'0'.repeat(64)}`, partBytes: PART_BYTES });
  const now = new Date();
  await buildPlan(await mkdtemp(join(folder, 'plan-')), {
    site,
    source,
    inputs: parsePlanInputs({ bucket: BENCH_BUCKET, timestamp: BENCH_POINT_IN_TIME }, now),
    inventoryTime: null,
    preflight: null,
    prices: builtInPrices(),
    taskCode: null,
    now,
    progress: () => {},
  });
  return site.engine.costs;
}

async function dropTables(schema: string): Promise<void> {
  for (const { Table: name } of await trinoRows(trino.url, `SHOW TABLES FROM ${schema}`)) {
    if (name !== 'inventory') await queryTrino(trino.url, `DROP TABLE ${schema}.${sqlIdentifier(name)}`);
  }
}

/** The table that a query makes, or its first words. */
function nameOf(sql: string): string {
  return (
    /CREATE TABLE "[^"]+"\."([^"]+)"/.exec(sql)?.[1] ??
    sql
      .replace(/^--.*\n/gm, '')
      .slice(0, 24)
      .replaceAll('\n', ' ')
  );
}

function tell(name: string, cost: Cost, scan: Cost): void {
  const times = (value: number, one: number) => `${(value / one).toFixed(2)} x`;
  process.stdout.write(
    `${name.padEnd(34)} ${cost.cpuSeconds.toFixed(1).padStart(7)} s CPU (${times(cost.cpuSeconds, scan.cpuSeconds)}), ${(cost.bytes / 1e6).toFixed(0).padStart(6)} MB read (${times(cost.bytes, scan.bytes)})\n`,
  );
}
