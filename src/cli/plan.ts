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
import type { EngineChoice } from './choose-engine.ts';
import { watchInterruption } from './interruption.ts';
import { assertOneSource, findPlanSource, type SourceOptions } from './plan-source.ts';
import { openTerminal, type Terminal, writeJson, writeOut } from './terminal.ts';

export type PlanOptions = Omit<RawPlanInputs, 'prefix'> &
  SourceOptions & {
    prefix?: string[];
    engine?: string;
    recordBucket?: string;
    /** false with --no-publish */
    publish?: boolean;
    workGroup?: string;
    inventoryTime?: string;
    out: string;
    prices?: string;
    memoryLimit: string;
    threads?: string;
    workDir?: string;
    json?: boolean;
    quiet?: boolean;
    /** the plan is to be a member of a set */
    isMember?: boolean;
  };

const MEMORY_LIMIT = /^\d{1,6}(\.\d+)?\s?(MB|GB|TB|MiB|GiB|TiB)$/;

/** The `plan` command: from an inventory and a point in time to a plan folder. */
export async function runPlan(options: PlanOptions): Promise<void> {
  const now = new Date();
  const asked = parsePlanInputs(options, now);
  const settings = await readPlanSettings(options, now);
  const interruption = watchInterruption();
  const { signal } = interruption;
  try {
    const folder = await stageFolder(options.out, options.workDir ?? null);
    const terminal = await openTerminal({ quiet: options.quiet ?? false });
    try {
      const { progress } = terminal;
      const { plan, isAthena } = await planBucket(folder, options, { asked, ...settings, progress, signal });
      interruption.assertNone();
      const recordUrl = await publish(folder.path, plan, { ...options, isAthena });
      await folder.commit();
      await finish(terminal, options, plan, recordUrl);
    } catch (error) {
      throw folder.explain(error);
    } finally {
      terminal.finish();
      await folder.discard();
    }
  } finally {
    interruption.end();
  }
}

/** What the options say of every plan of a command, whichever bucket it is for. */
type PlanSettings = {
  inventoryTime: Date | null;
  prices: PriceTable | null;
  limits: EngineLimits;
  now: Date;
};

/** @throws RunbookError INVALID_OPTION, INVALID_TIMESTAMP, INVALID_PRICES */
export async function readPlanSettings(options: PlanOptions, now: Date): Promise<PlanSettings> {
  assertOneSource(options);
  const inventoryTime = parseInventoryTime(options.inventoryTime, now);
  const limits = parseLimits(options);
  const prices = options.prices === undefined ? null : await readPrices(options.prices);
  return { inventoryTime, limits, prices, now };
}

/** Makes the plan of one bucket in a folder that is staged. */
export async function planBucket(
  folder: PlanPlace,
  options: PlanOptions,
  asked: Asked & Pick<PlanSettings, 'limits'> & { signal: AbortSignal },
): Promise<{ plan: RollbackPlan; isAthena: boolean }> {
  const { limits, signal, ...made } = asked;
  const engine = lazyEngine({ workFolder: folder.workPath, signal, ...limits });
  try {
    const choice = await chooseEngineFor(options, made.asked, made.progress);
    if (choice.engine !== 'athena') {
      return { plan: await planHere(folder, made, options, choice, engine), isAthena: false };
    }
    return { plan: await planOnAthena(folder, made, options, choice, signal), isAthena: true };
  } finally {
    await engine.close();
  }
}

type PlanPlace = Pick<StagedFolder, 'path' | 'workPath'>;
type EngineLimits = { memoryLimit: string; threads?: number };

type Asked = {
  asked: PlanInputs;
  inventoryTime: Date | null;
  prices: PriceTable | null;
  now: Date;
  progress: Progress;
};

/** The plan of this machine: the inventory is listed or brought here, DuckDB reads it. */
async function planHere(
  folder: PlanPlace,
  made: Asked,
  options: PlanOptions,
  choice: EngineChoice & { engine: 'duckdb' },
  engine: LazyEngine,
): Promise<RollbackPlan> {
  const { asked, inventoryTime, prices, now, progress } = made;
  const { reason } = choice;
  const found = await findPlanSource(folder.path, asked, options, progress, choice.found);
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
    ...(reason === null
      ? {}
      : { engine: () => ({ name: 'duckdb', reason, queries: 0, scannedBytes: 0 }) as const }),
  });
}

/** Which engine makes the plan. What looks at AWS for that is loaded only where Athena could be the one. */
async function chooseEngineFor(
  options: PlanOptions,
  asked: PlanInputs,
  progress: Progress,
): Promise<EngineChoice> {
  const isHere = options.recordBucket === undefined && options.engine !== 'athena';
  if (isHere) return { engine: 'duckdb', reason: null, found: null };
  const { chooseEngine } = await import('./choose-engine.ts');
  const { openAthenaSide, openReportOnS3 } = await import('./athena-side.ts');
  const { findSource } = await import('./find-source.ts');
  return chooseEngine(options, {
    open: (url, place) => openReportOnS3(openAthenaSide({ ...options, ...place }), url),
    find(reportOnly) {
      progress(`Looking for an inventory of ${asked.bucket}`, null);
      return findSource(asked, options, { engine: 'athena', reportOnly });
    },
  });
}

/** The plan of Athena: the inventory stays where it is. A bucket is looked at where its inventory was looked for. */
async function planOnAthena(
  folder: PlanPlace,
  made: Asked,
  options: PlanOptions,
  choice: EngineChoice & { engine: 'athena' },
  signal: AbortSignal,
): Promise<RollbackPlan> {
  const { asked, ...rest } = made;
  const { found, place, inventory, reason } = choice;
  const { openAthenaSide } = await import('./athena-side.ts');
  const { makeAthenaPlan } = await import('./plan-athena.ts');
  const { checkBuckets } = await import('./bucket-checks.ts');
  const { inputs, checks } =
    found === null ? { inputs: asked, checks: null } : await checkBuckets(asked, options, null);
  return makeAthenaPlan(folder.path, {
    ...rest,
    inputs,
    inventory,
    side: openAthenaSide({ ...options, ...place }),
    recordBucket: place.recordBucket,
    reason,
    preflight: checks,
    sources: found?.considered ?? null,
    signal,
    isMember: options.isMember ?? false,
  });
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

/**
 * Puts a plan into the bucket of records, where one is named, before the folder gets its name. Athena has lists there
 * already, so --no-publish leaves out plans of this machine alone.
 * @returns the address of the record; null where none was written
 */
export async function publish(
  folder: string,
  plan: RollbackPlan,
  options: PlanOptions & { isAthena: boolean },
): Promise<string | null> {
  const { recordBucket, isAthena, publish: isWanted = true } = options;
  if (recordBucket === undefined || !(isAthena || isWanted)) return null;
  if (isAthena) {
    const { writeAthenaRecord } = await import('./plan-athena.ts');
    await writeAthenaRecord(options, folder, { recordBucket, plan });
  } else {
    const { publishRecord } = await import('./publish-record.ts');
    const { readRecord } = await import('../execute/record.ts');
    await publishRecord(options, await readRecord(folder), recordBucket);
  }
  return `s3://${recordBucket}/${plan.rollbackId}/`;
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

async function finish(
  terminal: Terminal,
  options: PlanOptions,
  plan: RollbackPlan,
  recordUrl: string | null,
): Promise<void> {
  terminal.finish();
  const out = relative(process.cwd(), options.out) || '.';
  if (options.json) {
    const { rollbackId, digest, inputs, inventory, classes, manifests, reviewLists, estimate, checks } = plan;
    writeJson({
      command: 'plan',
      record: out,
      recordUrl,
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
  if (recordUrl !== null) writeOut(`The record on S3: ${recordUrl}`);
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

function parseLimits(options: PlanOptions): EngineLimits {
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
