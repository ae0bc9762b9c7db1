import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { QueryEngine } from '../engine/query-engine.ts';
import { RunbookError } from '../errors.ts';
import type { InventoryAccess } from '../inventory/access.ts';
import { sha256OfText } from '../inventory/checksum.ts';
import type { InventorySource } from '../inventory/source.ts';
import type { Progress } from '../progress.ts';
import { loadSql, type SqlRenderer } from '../render/sql.ts';
import { formatInstant } from '../s3/point-in-time.ts';
import { type KeyClass, scenarioOf } from '../s3/rollback.ts';
import { assertCopiesConserved, batchCopyClasses } from './batch-copies.ts';
import { inventoryChecks, inventoryTime } from './checks.ts';
import { type CountRow, classifyInventory, readCounts, type Totals } from './classify.ts';
import { addUpClasses } from './conservation.ts';
import { planDigest, rollbackIdOf } from './digest.ts';
import { estimatePlan } from './estimate.ts';
import type { EstimateInput } from './estimate-input.ts';
import { readActivity, readSamples, readTopPrefixes } from './excerpts.ts';
import {
  copyQueries,
  manifestQueries,
  reviewQueries,
  undoQueries,
  type WriteList,
  writeLists,
} from './outputs.ts';
import type {
  Check,
  CopyManifest,
  PlanInputs,
  PlanInventory,
  PlanManifest,
  RollbackPlan,
} from './plan-file.ts';
import type { PriceTable } from './prices.ts';
import { queryView } from './query-view.ts';
import { renderRollbackTemplate, type TemplateQuery } from './template.ts';

/** Where a plan is made: the engine, what gets it at the inventory, and where it writes lists. */
export type PlanSite = {
  engine: QueryEngine;
  /** Makes the inventory known to the engine; called once the values of the queries are settled. */
  openInventory(sql: SqlRenderer, view: object): InventoryAccess;
  /** of Athena; DuckDB has a database of its own, and no name for it */
  database: string;
  /** The inventory's checksum, once its files are known to be the ones that were listed. */
  checksum(source: InventorySource, signal: AbortSignal): Promise<string>;
  /** Called once the rollback has its ID, with the folder that becomes the plan folder. */
  openLists(folder: string, rollbackId: string): Promise<WriteList>;
};

export type BuildPlanOptions = {
  site: PlanSite;
  source: InventorySource;
  inputs: PlanInputs;
  /** when the inventory was taken, where the user knows and the source does not tell */
  inventoryTime: Date | null;
  /** checks of the bucket itself; null where it was not looked at */
  preflight: Check[] | null;
  /** every source that was looked at; null where the user named one */
  sources?: RollbackPlan['sources'] | null;
  /** who changed the scope after the point in time, where a journal tells */
  requesters?: RollbackPlan['requesters'] | null;
  /** the query that made the inventory, in a database; null where it lies in files */
  inventoryQuery?: ((database: string) => string) | null;
  prices: PriceTable;
  /** code of the task function for the template; null leaves the execution side out of it */
  taskCode: string | null;
  now: Date;
  progress: Progress;
};

/**
 * Makes a plan: reads the inventory, classifies every key, and writes manifests, review lists, SQL and template into
 * a folder. plan.json and comment.md are the caller's to write, from the plan that comes back.
 * @param folder an empty folder that becomes the plan folder
 * @throws RunbookError INVENTORY_*, NOTHING_IN_SCOPE, CONSERVATION_VIOLATED, DISK_FULL, OUT_OF_MEMORY
 */
export async function buildPlan(folder: string, options: BuildPlanOptions): Promise<RollbackPlan> {
  const { site, inputs, now, progress } = options;
  const { engine } = site;
  const source = { ...options.source, takenAt: options.source.takenAt ?? options.inventoryTime };
  assertSourceFits(source, inputs);

  // The checksum reads the files beside the queries. A file that is not the one its report lists explains any error
  // of the queries, so its own error comes first.
  const abort = new AbortController();
  const checksum = site.checksum(source, abort.signal);
  checksum.catch(() => engine.interrupt());
  try {
    const queries = await loadSql(engine.dialect);
    const { database } = site;
    const view = queryView(inputs, source, engine.dialect, { database, takenAt: inventoryTime(source, now) });
    const classifier = { engine, access: site.openInventory(queries, view), sql: queries, view };
    const totals = await classifyInventory(classifier, source, inputs, progress);
    progress('Checking the inventory against its checksums', null);
    const sha256 = await checksum;
    return await assemblePlan(folder, { ...options, source }, { queries, view, totals, sha256 });
  } catch (error) {
    // Nothing but a report has checksums to compare with; hashing any other file to its end would tell nothing.
    // Someone who interrupts does not want to wait for it either.
    const interrupted = error instanceof RunbookError && error.code === 'INTERRUPTED';
    if (interrupted || source.files.every((file) => file.expectedMd5 === null)) abort.abort();
    await checksum.catch((reason) => {
      if (reason instanceof RunbookError) throw reason;
    });
    throw error;
  }
}

function assertSourceFits(source: InventorySource, inputs: PlanInputs): void {
  if (source.sourceBucket !== null && source.sourceBucket !== inputs.bucket) {
    throw new RunbookError(
      'INVENTORY_FOREIGN_BUCKET',
      `${source.location} is a report of the bucket '${source.sourceBucket}', not of '${inputs.bucket}'.`,
      {
        hint: `name the report's bucket, --bucket ${source.sourceBucket}, or give a report of '${inputs.bucket}'`,
      },
    );
  }
  if (source.takenAt !== null && source.takenAt.getTime() < Date.parse(inputs.timestamp)) {
    throw new RunbookError(
      'INVENTORY_TOO_OLD',
      `${source.location} was taken at ${formatInstant(source.takenAt)}, before the point in time ${inputs.timestamp}.`,
      { hint: 'take a newer inventory: the next S3 Inventory report, or a listing of all versions' },
    );
  }
}

async function assemblePlan(
  folder: string,
  options: BuildPlanOptions,
  read: { queries: SqlRenderer; view: object; totals: Totals; sha256: string },
): Promise<RollbackPlan> {
  const { site, source, inputs, now, progress } = options;
  const { engine } = site;
  const { queries, view, totals, sha256 } = read;
  const counts = await readCounts(engine, queries, view);
  const classes = addUpClasses(totals, counts, inputs);
  const rollbackId = rollbackIdOf(inputs, sha256);
  const copied = batchCopies(inputs, counts);
  const written = await writeLists(
    await site.openLists(folder, rollbackId),
    {
      manifests: manifestQueries(queries, view, inputs),
      copies: copied.flatMap(({ scenario, classes }) => copyQueries(queries, view, scenario, classes.keys())),
      undo: undoQueries(queries, view, inputs),
      reviews: reviewQueries(queries, view),
    },
    classes,
    progress,
  );
  const lists = { ...written, ...copyManifests(written, copied) };
  progress('Writing the review', null);
  const files = await writeQueryFiles(folder, rollbackId, lists.manifests, copied, options);
  const plannedClasses = classes.filter(({ class: name }) => isPlanned(name, inputs)).map((row) => row.class);
  const inventory: PlanInventory = {
    format: source.format,
    location: source.location,
    files: source.files.length,
    bytes: source.files.reduce((total, file) => total + file.bytes, 0),
    sha256,
    takenAt: source.takenAt === null ? null : formatInstant(source.takenAt),
    order: source.order,
    entries: totals.entries,
    entriesInScope: totals.entriesInScope,
    keysInScope: totals.keysInScope,
    newestEntry: totals.newestEntry,
  };
  const covered = {
    schemaVersion: 1 as const,
    rollbackId,
    origin: 'rollback' as const,
    inputs,
    inventory,
    classes,
    ...lists,
    ...files,
  };
  return {
    ...covered,
    digest: planDigest(covered),
    createdAt: formatInstant(now),
    samples: await readSamples(engine, queries, view, inputs),
    activity: await readActivity(engine, queries, view, inputs, totals.newestEntry),
    topPrefixes: await readTopPrefixes(engine, queries, view, plannedClasses),
    estimate: estimatePlan(estimateInput(inventory, inputs, counts, lists.manifests), options.prices),
    checks: inventoryChecks(source, inputs, totals, classes, options.preflight),
    ...(options.sources ? { sources: options.sources } : {}),
    ...(options.requesters ? { requesters: options.requesters } : {}),
  };
}

/** The scenarios that S3's own jobs copy, with the storage classes that the copies will have. */
type BatchCopy = { scenario: CopyManifest['scenario']; classes: ReturnType<typeof batchCopyClasses> };

function batchCopies(inputs: PlanInputs, counts: readonly CountRow[]): BatchCopy[] {
  return (['3b', '5b'] as const)
    .filter((scenario) => inputs.scenarios.includes(scenario))
    .map((scenario) => ({ scenario, classes: batchCopyClasses(scenario, inputs, counts) }))
    .filter(({ classes }) => classes.size > 0);
}

/** @throws RunbookError CONSERVATION_VIOLATED */
function copyManifests(
  lists: Pick<RollbackPlan, 'manifests' | 'copyManifests'>,
  copied: readonly BatchCopy[],
): Pick<RollbackPlan, 'copyManifests'> {
  if (copied.length === 0) return {};
  const own = copied.flatMap(({ scenario, classes }): CopyManifest[] => {
    const several = (lists.copyManifests ?? []).filter((copy) => copy.scenario === scenario);
    const whole = lists.manifests.find((manifest) => manifest.scenario === scenario);
    const [only, ...more] = classes.keys();
    if (only === undefined || more.length > 0 || whole === undefined) return several;
    const { operation: _operation, keys: _keys, ...file } = whole;
    return [{ ...file, scenario, storageClass: only }];
  });
  assertCopiesConserved(
    lists.manifests,
    own,
    (scenario) => copied.find((copy) => copy.scenario === scenario)?.classes ?? new Map(),
  );
  return { copyManifests: own };
}

function isPlanned(name: KeyClass, inputs: PlanInputs): boolean {
  const scenario = scenarioOf(inputs.mode, name);
  return scenario !== null && inputs.scenarios.includes(scenario);
}

/**
 * Writes the SQL of both dialects into `sql/` and the template. The DuckDB text is what has just run, over a view
 * named `inventory`; the Athena text is the same plan over the Glue table of that name.
 */
async function writeQueryFiles(
  folder: string,
  rollbackId: string,
  manifests: readonly PlanManifest[],
  copied: readonly BatchCopy[],
  options: BuildPlanOptions,
): Promise<Pick<RollbackPlan, 'sql' | 'template'>> {
  const { source, inputs, now } = options;
  const database = rollbackId.replaceAll('-', '_');
  const written: RollbackPlan['sql'] = [];
  let athena: TemplateQuery[] = [];
  const write = async (name: string, text: string) => {
    const path = `sql/${name}.sql`;
    await writeFile(join(folder, path), text);
    written.push({ path, sha256: sha256OfText(text) });
  };
  await mkdir(join(folder, 'sql'));
  if (options.inventoryQuery) await write('00_inventory.athena', options.inventoryQuery(database));
  for (const dialect of ['duckdb', 'athena'] as const) {
    const view = queryView(inputs, source, dialect, { database, takenAt: inventoryTime(source, now) });
    const queries = listQueries(await loadSql(dialect), view, inputs, copied);
    if (dialect === 'athena') athena = queries;
    for (const { name, text } of queries) await write(`${name}.${dialect}`, text);
  }
  const template = await renderRollbackTemplate({
    ...{ rollbackId, database, inputs, source, manifests, queries: athena },
    taskCode: options.taskCode,
  });
  await writeFile(join(folder, 'template.yaml'), template);
  return { sql: written, template: { path: 'template.yaml', sha256: sha256OfText(template) } };
}

/** The queries of a plan in the order in which they run, each with a name that sorts. */
export function listQueries(
  sql: SqlRenderer,
  view: object,
  inputs: PlanInputs,
  copied: readonly BatchCopy[] = [],
): TemplateQuery[] {
  const steps = ['scan', 'totals', 'changed', 'contradictions', 'classified', 'counts'] as const;
  const lists = [
    ...manifestQueries(sql, view, inputs),
    ...copied.flatMap(({ scenario, classes }) => copyQueries(sql, view, scenario, classes.keys())),
    ...undoQueries(sql, view, inputs),
    ...reviewQueries(sql, view),
  ];
  return [
    ...steps.map((step) => ({ name: step, text: sql(step, view) })),
    ...lists.map(({ name, query }) => ({ name, text: query })),
  ].map(({ name, text }, index) => ({ name: `${String(index + 1).padStart(2, '0')}_${name}`, text }));
}

function estimateInput(
  inventory: PlanInventory,
  inputs: PlanInputs,
  counts: readonly CountRow[],
  manifests: RollbackPlan['manifests'],
): EstimateInput {
  return {
    mode: inputs.mode,
    entries: inventory.entries,
    entriesInScope: inventory.entriesInScope,
    keysInScope: inventory.keysInScope,
    inventoryBytes: inventory.bytes,
    storageClass: inputs.storageClass,
    copyWith: inputs.copyWith,
    crossRegion: inputs.mode === 'copy-to-bucket' ? null : false,
    scenarios: manifests.map(({ scenario, keys, rows }) => {
      const own = counts.filter((row) => scenarioOf(inputs.mode, row.class) === scenario);
      const sum = (field: 'bytes' | 'largeKeys' | 'largeBytes') =>
        own.reduce((total, row) => total + row[field], 0);
      const copies = own.filter((row) => row.class.startsWith('copy'));
      return {
        scenario,
        keys,
        rows,
        bytes: sum('bytes'),
        byStorageClass: copies.map((row) => ({
          storageClass: row.storageClass,
          keys: row.keys,
          bytes: row.wantedBytes,
        })),
        ...(copies.length === 0 ? {} : { multipart: { keys: sum('largeKeys'), bytes: sum('largeBytes') } }),
      };
    }),
  };
}
