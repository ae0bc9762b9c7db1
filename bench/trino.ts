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
  const out = join(folder, 'inventory.parquet');
  const { bytes } = await generateInventory({ entries: options.entries, format: 'parquet', out });
  const engine = await openDuckDb({ workFolder: join(folder, 'work'), memoryLimit: '1GB' });
  const source = await openInventory([out], (path) => readParquetColumns(path, engine));
  engine.close();
  const place = { url: trino.url, root: trino.root, database: 'bench' };
  await createInventoryTable(place, source, out, 'parquet');
  process.stdout.write(`${options.entries} entries, ${bytes} bytes of Parquet\n`);

  // Once before, so that no one pays for starting the server's code.
  await costOf(scanStatement('bench'));
  const scan = await costOf(scanStatement('bench'));
  tell('one scan of the needed columns', scan, scan);

  // The first plan makes the server compile its queries; the second is measured.
  await planOnce(place, source);
  for (const table of await tablesOf('bench')) await queryTrino(trino.url, `DROP TABLE bench.${table}`);
  const costs = await planOnce(place, source);
  const plan: Cost = { cpuSeconds: 0, bytes: 0 };
  for (const { sql, cpuMs, bytes: read } of costs) {
    plan.cpuSeconds += cpuMs / 1000;
    plan.bytes += read;
    if (cpuMs > 500) tell(`  plan: ${nameOf(sql)}`, { cpuSeconds: cpuMs / 1000, bytes: read }, scan);
  }
  tell('the plan, all outputs', plan, scan);

  const chain: Cost = { cpuSeconds: 0, bytes: 0 };
  for (const [name, sql] of Object.entries(chainStatements('bench', BENCH_POINT_IN_TIME))) {
    const cost = await costOf(sql);
    chain.cpuSeconds += cost.cpuSeconds;
    chain.bytes += cost.bytes;
    tell(`  chain: ${name}`, cost, scan);
  }
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

async function tablesOf(schema: string): Promise<string[]> {
  const rows = await trinoRows(trino.url, `SHOW TABLES FROM ${schema}`);
  return rows.map((row) => String(row.Table)).filter((name) => name !== 'inventory');
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
