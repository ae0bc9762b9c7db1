import { openDuckDb } from '../engine/duckdb.ts';
import type { QueryEngine } from '../engine/query-engine.ts';
import { openInventory } from '../inventory/open.ts';
import { readParquetColumns } from '../inventory/parquet-columns.ts';
import type { InventorySource } from '../inventory/source.ts';
import { localSite } from '../plan/local-site.ts';
import type { PlanEngine } from '../plan/plan-file.ts';
import type { StagedFolder } from '../plan/plan-folder.ts';
import {
  buildRetentionPlan,
  RETENTION_LISTS,
  type RetentionPlanOptions,
} from '../retention/build-retention-plan.ts';
import type { RetentionCalls } from '../retention/retention-calls.ts';
import { RETENTION_PLAN_FILE, type RetentionPlan } from '../retention/retention-plan-file.ts';
import { chooseReportEngine, type ReportChoice } from './choose-engine.ts';
import { engineCheck } from './engine-check.ts';
import type { ExtendRetentionOptions } from './extend-retention-command.ts';
import { resolveLatestReports } from './latest-report.ts';
import { listWithLocks } from './lock-listing.ts';
import { fetchInventories } from './remote-inventory.ts';

const MEMORY_LIMIT = '2GB';

type Asked = Omit<RetentionPlanOptions, 'site' | 'source'> & { signal: AbortSignal };
type Place = Pick<StagedFolder, 'path' | 'workPath'>;

/**
 * Makes the plan of an extension in a folder, on the engine that is asked for or that the report asks for.
 * @throws RunbookError INVALID_OPTION, INVENTORY_*, QUERY_*, and what building the plan refuses
 */
export async function planExtension(
  folder: Place,
  options: ExtendRetentionOptions,
  calls: RetentionCalls,
  asked: Asked,
): Promise<RetentionPlan> {
  const reports = options.inventory && (await resolveLatestReports(options.inventory, options));
  const named = { ...options, ...(reports === undefined ? {} : { inventory: reports }) };
  const choice = await chooseReportEngine(named, async (url, place) => {
    const { openAthenaSide, openReportOnS3 } = await import('./athena-side.ts');
    return openReportOnS3(openAthenaSide({ ...options, ...place }), url);
  });
  return choice.engine === 'athena'
    ? await planOnAthena(folder, options, choice, asked)
    : await planHere(folder, named, calls, { ...asked, reason: choice.reason });
}

/** Athena reads the report where it lies, in a database of the plan's own. */
async function planOnAthena(
  folder: Place,
  options: ExtendRetentionOptions,
  { place, inventory, reason }: ReportChoice & { engine: 'athena' },
  { signal, ...asked }: Asked,
): Promise<RetentionPlan> {
  const { openAthenaSide } = await import('./athena-side.ts');
  const { planInDatabase } = await import('./athena-database.ts');
  const { tableOverReport } = await import('./athena-inventory.ts');
  const side = openAthenaSide({ ...options, ...place });
  const work = { bucket: asked.settings.bucket, recordBucket: place.recordBucket, folder: folder.path };
  return await planInDatabase(
    { ...work, side, signal, planFile: RETENTION_PLAN_FILE },
    (database) => tableOverReport(database, inventory.source),
    async ({ engine, site, source }) => {
      const plan = await buildRetentionPlan(folder.path, { ...asked, site, source });
      return withEngine(plan, { name: 'athena', reason, ...engine.usage() });
    },
  );
}

/** DuckDB reads a listing or a report that is brought here. */
async function planHere(
  folder: Place,
  options: ExtendRetentionOptions,
  calls: RetentionCalls,
  { signal, reason, ...asked }: Asked & { reason: string | null },
): Promise<RetentionPlan> {
  const engine = await openDuckDb({ workFolder: folder.workPath, memoryLimit: MEMORY_LIMIT, signal });
  try {
    const source = await openSource(folder, { engine, calls, options, asked: { ...asked, signal } });
    const site = localSite(engine, source, asked.settings.bucket, RETENTION_LISTS);
    const plan = await buildRetentionPlan(folder.path, { ...asked, site, source });
    if (reason === null) return plan;
    return withEngine(plan, { name: 'duckdb', reason, queries: 0, scannedBytes: 0 });
  } finally {
    engine.close();
  }
}

function withEngine(plan: RetentionPlan, engine: PlanEngine): RetentionPlan {
  return { ...plan, engine, checks: [...plan.checks, engineCheck(engine)] };
}

type SourceRequest = {
  engine: QueryEngine;
  calls: RetentionCalls;
  options: ExtendRetentionOptions;
  asked: Pick<Asked, 'settings' | 'progress' | 'signal'>;
};

async function openSource(folder: Place, request: SourceRequest): Promise<InventorySource> {
  const { engine, options } = request;
  const { settings, progress } = request.asked;
  const describe = (path: string) => readParquetColumns(path, engine);
  if (options.inventory !== undefined) {
    const paths = await fetchInventories(options.inventory, folder.workPath, options, progress);
    const source = await openInventory(paths, describe);
    return { ...source, location: options.inventory.join(', ') };
  }
  return await listWithLocks(folder, { ...request, settings, progress, signal: request.asked.signal });
}
