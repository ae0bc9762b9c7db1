import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { Command } from 'commander';
import { openDuckDb } from '../src/engine/duckdb.ts';
import { openInventory } from '../src/inventory/open.ts';
import { readParquetColumns } from '../src/inventory/parquet-columns.ts';
import { buildPlan } from '../src/plan/build-plan.ts';
import { parsePlanInputs } from '../src/plan/inputs.ts';
import { PART_BYTES } from '../src/plan/list-shape.ts';
import { builtInPrices } from '../src/plan/prices.ts';
import { queryTrino } from '../test/trino/client.ts';
import { createInventoryTable } from '../test/trino/inventory-table.ts';
import { startTrino } from '../test/trino/server.ts';
import { trinoSite } from '../test/trino/trino-site.ts';
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
  .option('--heap <size>', "Trino's heap, in JVM notation", '4g');
const options = command.parse().opts<{ entries: number; heap: string }>();

const folder = await mkdtemp(join(tmpdir(), 's3-rewind-bench-trino-'));
const trino = await startTrino({ heap: options.heap });
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

  const site = trinoSite(place, source, { checksum: `sha256:${'0'.repeat(64)}`, partBytes: PART_BYTES });
  const planFolder = join(folder, 'plan');
  await mkdir(planFolder);
  const now = new Date();
  await buildPlan(planFolder, {
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
  const plan = { cpuSeconds: site.engine.cpuMs() / 1000, bytes: site.engine.bytes() };
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

function tell(name: string, cost: Cost, scan: Cost): void {
  const times = (value: number, one: number) => `${(value / one).toFixed(2)} x`;
  process.stdout.write(
    `${name.padEnd(34)} ${cost.cpuSeconds.toFixed(1).padStart(7)} s CPU (${times(cost.cpuSeconds, scan.cpuSeconds)}), ${(cost.bytes / 1e6).toFixed(0).padStart(6)} MB read (${times(cost.bytes, scan.bytes)})\n`,
  );
}
