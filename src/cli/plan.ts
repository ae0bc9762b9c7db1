import { readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import process from 'node:process';
import { openDuckDb } from '../engine/duckdb.ts';
import { RunbookError } from '../errors.ts';
import { openInventory } from '../inventory/open.ts';
import { listingTime } from '../inventory/taken-at.ts';
import { buildPlan } from '../plan/build-plan.ts';
import { parsePlanInputs, type RawPlanInputs } from '../plan/inputs.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { stageFolder } from '../plan/plan-folder.ts';
import { builtInPrices, readPriceTable } from '../plan/prices.ts';
import { readTemplate } from '../render/handlebars.ts';
import { sqlText } from '../render/sql.ts';
import { renderComment } from '../review/comment.ts';
import { parsePointInTime } from '../s3/point-in-time.ts';
import type { EndpointOptions } from './endpoint-options.ts';
import { LISTING_FILE, listForPlan } from './live-inventory.ts';
import { planSummary } from './plan-summary.ts';
import { fetchInventories } from './remote-inventory.ts';
import { openTerminal, type Terminal, writeOut } from './terminal.ts';

export type PlanOptions = Omit<RawPlanInputs, 'prefix'> &
  EndpointOptions & {
    prefix?: string[];
    inventory?: string[];
    list?: boolean;
    concurrency?: string;
    inventoryTime?: string;
    out: string;
    prices?: string;
    memoryLimit: string;
    threads?: string;
    workDir?: string;
    json?: boolean;
    quiet?: boolean;
  };

const MEMORY_LIMIT = /^\d{1,6}(\.\d+)?\s?(MB|GB|TB|MiB|GiB|TiB)$/;

/** The `plan` command: from an inventory and a point in time to a plan folder. */
export async function runPlan(options: PlanOptions): Promise<void> {
  const now = new Date();
  const asked = parsePlanInputs(options, now);
  assertOneSource(options);
  const inventoryTime =
    options.inventoryTime === undefined ? null : new Date(parsePointInTime(options.inventoryTime, now));
  const prices = options.prices === undefined ? builtInPrices() : await readPriceTable(options.prices);
  const limits = parseLimits(options);
  const folder = await stageFolder(options.out, options.workDir ?? null);
  const terminal = await openTerminal({ quiet: options.quiet ?? false });
  try {
    const progress = terminal.progress;
    const live = options.list ? await listForPlan(folder.path, asked, options, progress) : null;
    const inputs = live?.inputs ?? asked;
    const given = live === null ? (options.inventory ?? []) : [live.path];
    const paths = await fetchInventories(given, folder.workPath, options, progress);
    const engine = await openDuckDb({ workFolder: folder.workPath, ...limits });
    const stop = onInterrupt(() => engine.interrupt());
    let plan: RollbackPlan;
    try {
      const opened = await openInventory(paths, async (path) => {
        const rows = await engine.rows(
          `DESCRIBE SELECT * FROM read_parquet(${sqlText(path)}, hive_partitioning = false)`,
        );
        return rows.map((row) => ({ name: String(row.column_name), type: String(row.column_type) }));
      });
      const takenAt = live?.takenAt ?? opened.takenAt ?? (await listingTime(engine, opened));
      const location = live === null ? given.join(', ') : LISTING_FILE;
      const source = { ...opened, takenAt, location };
      const preflight = live?.checks ?? null;
      plan = await buildPlan(folder.path, {
        engine,
        source,
        inputs,
        inventoryTime,
        preflight,
        prices,
        now,
        progress,
      });
    } finally {
      stop();
      engine.close();
    }
    await writePlan(folder.path, plan);
    await folder.commit();
    finish(terminal, options, plan);
  } finally {
    terminal.finish();
    await folder.discard();
  }
}

function assertOneSource(options: PlanOptions): void {
  if ((options.inventory !== undefined) !== (options.list === true)) return;
  throw new RunbookError(
    'INVALID_OPTION',
    options.list ? '--list and --inventory exclude each other.' : 'Neither --inventory nor --list is given.',
    { hint: 'give --inventory FILE to plan from a file, or --list to list the bucket now' },
  );
}

async function writePlan(folder: string, plan: RollbackPlan): Promise<void> {
  const template = await readTemplate(new URL('../../templates/comment.md.hbs', import.meta.url));
  await writeFile(join(folder, 'plan.json'), `${JSON.stringify(plan, null, 2)}\n`);
  await writeFile(join(folder, 'comment.md'), renderComment(plan, { template }));
}

function finish(terminal: Terminal, options: PlanOptions, plan: RollbackPlan): void {
  terminal.finish();
  const out = relative(process.cwd(), options.out) || '.';
  if (options.json) {
    const { rollbackId, digest, inputs, inventory, classes, manifests, reviewLists, estimate, checks } = plan;
    writeOut(
      JSON.stringify({
        command: 'plan',
        record: out,
        rollbackId,
        planDigest: digest,
        inputs,
        inventory,
        classes,
        manifests,
        reviewLists,
        estimate: estimate.totals,
        checks,
      }),
    );
    return;
  }
  writeOut(planSummary(plan, out));
}

function parseLimits(options: PlanOptions): { memoryLimit: string; threads?: number } {
  if (!MEMORY_LIMIT.test(options.memoryLimit)) {
    throw new RunbookError('INVALID_OPTION', `--memory-limit '${options.memoryLimit}' is not a size.`, {
      hint: 'give a number and a unit, for example --memory-limit 4GB',
    });
  }
  if (options.threads === undefined) return { memoryLimit: options.memoryLimit };
  const threads = /^\d{1,3}$/.test(options.threads) ? Number(options.threads) : 0;
  if (threads >= 1) return { memoryLimit: options.memoryLimit, threads };
  throw new RunbookError('INVALID_OPTION', `--threads '${options.threads}' is not a number of threads.`, {
    hint: 'give a whole number from 1, or leave it out to use every core',
  });
}

/** Lets an interrupted command stop its query and clean up after itself. @returns a function that ends the watch */
function onInterrupt(stop: () => void): () => void {
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return () => {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  };
}

/** The version of this package, for `--version`. */
export async function packageVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return String((JSON.parse(text) as { version: string }).version);
}
