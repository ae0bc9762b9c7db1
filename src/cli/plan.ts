import { relative } from 'node:path';
import process from 'node:process';
import type { EngineOptions } from '../engine/duckdb.ts';
import type { QueryEngine } from '../engine/query-engine.ts';
import { RunbookError } from '../errors.ts';
import { openInventory } from '../inventory/open.ts';
import { parsePlanInputs, type RawPlanInputs } from '../plan/inputs.ts';
import type { PlanInputs, RollbackPlan } from '../plan/plan-file.ts';
import { type StagedFolder, stageFolder } from '../plan/plan-folder.ts';
import type { PriceTable } from '../plan/prices.ts';
import type { Progress } from '../progress.ts';
import { parsePointInTime } from '../s3/point-in-time.ts';
import { watchInterruption } from './interruption.ts';
import { assertOneSource, findPlanSource, type SourceOptions } from './plan-source.ts';
import { openTerminal, type Terminal, writeJson, writeOut } from './terminal.ts';

export type PlanOptions = Omit<RawPlanInputs, 'prefix'> &
  SourceOptions & {
    prefix?: string[];
    engine?: string;
    recordBucket?: string;
    workGroup?: string;
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
  const inventoryTime = parseInventoryTime(options.inventoryTime, now);
  const limits = parseLimits(options);
  const prices = options.prices === undefined ? null : await readPrices(options.prices);
  const interruption = watchInterruption();
  const { signal } = interruption;
  try {
    const folder = await stageFolder(options.out, options.workDir ?? null);
    const terminal = await openTerminal({ quiet: options.quiet ?? false });
    const engine = lazyEngine({ workFolder: folder.workPath, signal, ...limits });
    try {
      const made = { asked, inventoryTime, prices, now };
      const athena = await chooseAthenaSide(options);
      const plan =
        athena === null
          ? await planHere(folder, { ...made, progress: terminal.progress }, options, engine)
          : await athena.plan(folder.path, { ...made, inputs: asked, progress: terminal.progress, signal });
      interruption.assertNone();
      await folder.commit();
      await finish(terminal, options, plan);
    } catch (error) {
      throw folder.explain(error);
    } finally {
      await engine.close();
      terminal.finish();
      await folder.discard();
    }
  } finally {
    interruption.end();
  }
}

type Asked = {
  asked: PlanInputs;
  inventoryTime: Date | null;
  prices: PriceTable | null;
  now: Date;
  progress: Progress;
};

/** The plan of this machine: the inventory is listed or brought here, DuckDB reads it. */
async function planHere(
  folder: StagedFolder,
  made: Asked,
  options: PlanOptions,
  engine: LazyEngine,
): Promise<RollbackPlan> {
  const { asked, inventoryTime, prices, now, progress } = made;
  const found = await findPlanSource(folder.path, asked, options, progress);
  const paths = await fetchRemote(found.given, folder.workPath, options, progress);
  const opened = await openInventory(paths, async (path) => {
    const { readParquetColumns } = await import('../inventory/parquet-columns.ts');
    return readParquetColumns(path, await engine.open());
  });
  const { listingTime } = await import('../inventory/taken-at.ts');
  const { makePlan } = await import('./make-plan.ts');
  const { localSite } = await import('../plan/local-site.ts');
  const takenAt = found.takenAt ?? opened.takenAt ?? (await listingTime(await engine.open(), opened));
  const source = { ...opened, takenAt, location: found.location };
  const { inputs } = found;
  return makePlan(folder.path, {
    site: localSite(await engine.open(), source, inputs.bucket),
    source,
    inputs,
    inventoryTime,
    preflight: found.checks,
    sources: found.sources,
    prices,
    now,
    progress,
  });
}

/** Athena's side of the plan, where it is the one to make it; its SDK clients are loaded only then. */
async function chooseAthenaSide(options: PlanOptions) {
  if (options.recordBucket === undefined && options.engine !== 'athena') return null;
  const { chooseAthena } = await import('./choose-engine.ts');
  const { makeAthenaPlan, openAthenaSide, openReportOnS3 } = await import('./plan-athena.ts');
  const choice = await chooseAthena(options, (url, place) =>
    openReportOnS3(openAthenaSide({ ...options, ...place }), url),
  );
  if (choice === null) return null;
  const { source, recordBucket, reason } = choice;
  const side = openAthenaSide({ ...options, ...choice });
  type Rest = Omit<Asked, 'asked'> & { inputs: PlanInputs; signal: AbortSignal };
  return {
    plan: (folder: string, rest: Rest) =>
      makeAthenaPlan(folder, { ...rest, source, side, recordBucket, reason, preflight: null }),
  };
}

/** Brings inventories on S3 here. */
async function fetchRemote(
  paths: string[],
  folder: string,
  options: PlanOptions,
  progress: Progress,
): Promise<string[]> {
  if (!paths.some((path) => path.startsWith('s3://'))) return paths;
  const { fetchInventories } = await import('./remote-inventory.ts');
  return fetchInventories(paths, folder, options, progress);
}

type LazyEngine = { open(): Promise<QueryEngine>; close(): Promise<void> };

/** The engine is large, and most refusals come before it is needed: it is loaded at its first use. */
function lazyEngine(options: EngineOptions): LazyEngine {
  let opened: Promise<QueryEngine> | null = null;
  return {
    open() {
      opened ??= import('../engine/duckdb.ts').then(({ openDuckDb }) => openDuckDb(options));
      return opened;
    },
    async close() {
      // What kept it from opening has been thrown already.
      const engine = await opened?.catch(() => null);
      engine?.close();
    },
  };
}

async function readPrices(path: string): Promise<PriceTable> {
  const { readPriceTable } = await import('../plan/prices.ts');
  return readPriceTable(path);
}

async function finish(terminal: Terminal, options: PlanOptions, plan: RollbackPlan): Promise<void> {
  terminal.finish();
  const out = relative(process.cwd(), options.out) || '.';
  if (options.json) {
    const { rollbackId, digest, inputs, inventory, classes, manifests, reviewLists, estimate, checks } = plan;
    writeJson({
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
    });
    return;
  }
  const { planSummary } = await import('./plan-summary.ts');
  writeOut(planSummary(plan, out));
}

/** When the inventory was taken, if the user says so; a time of its own, with messages of its own. */
function parseInventoryTime(text: string | undefined, now: Date): Date | null {
  if (text === undefined) return null;
  try {
    return new Date(parsePointInTime(text, now));
  } catch (cause) {
    if (!(cause instanceof RunbookError)) throw cause;
    const hint =
      cause.code === 'TIMESTAMP_IN_FUTURE'
        ? 'give the time at which the inventory was taken, or leave --inventory-time out'
        : cause.hint;
    throw new RunbookError(cause.code, `--inventory-time: ${cause.message}`, { hint, cause });
  }
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
