import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { QueryRow } from '../engine/query-engine.ts';
import { RunbookError } from '../errors.ts';
import type { InventoryAccess } from '../inventory/access.ts';
import { sha256OfText } from '../inventory/checksum.ts';
import type { InventorySource } from '../inventory/source.ts';
import type { PlanSite } from '../plan/build-plan.ts';
import type { PriceTable } from '../plan/prices.ts';
import type { Progress } from '../progress.ts';
import { loadSql, type SqlRenderer } from '../render/sql.ts';
import { formatInstant } from '../s3/point-in-time.ts';
import { type BucketLock, isRetentionMode } from '../s3/retention.ts';
import { retentionChecks } from './retention-checks.ts';
import { estimateRetention } from './retention-estimate.ts';
import {
  type RetentionClassCount,
  type RetentionManifest,
  type RetentionPlan,
  retentionDigest,
  retentionIdOf,
} from './retention-plan-file.ts';
import {
  keyOf,
  type ManifestTally,
  manifestQuery,
  readRetentionSamples,
  readTally,
  writeRetentionQueries,
} from './retention-queries.ts';
import { retentionView } from './retention-view.ts';
import { decideReview, type PreviousRun } from './review-need.ts';
import { datesOf, RETENTION_CLASSES, SELECTED_CLASSES } from './rule.ts';
import { fingerprintOf, type RetentionSettings } from './settings.ts';

/** The folders of its lists, for a site on this disk. */
export const RETENTION_LISTS = ['manifests'];

export type RetentionPlanOptions = {
  /** the engine, what gets it at the inventory, and where manifests go */
  site: PlanSite;
  source: InventorySource;
  settings: RetentionSettings;
  lock: BucketLock;
  previous: PreviousRun | null;
  reportOnly: boolean;
  prices: PriceTable;
  /** text of the stack of the settings; null where this machine is to run the plan */
  template: string | null;
  /** the store's time, from which every date of the run is counted */
  now: Date;
  progress: Progress;
};

/**
 * Makes the plan of an extension: reads the inventory, classifies every entry, and writes manifests and SQL into a
 * folder. retention.json and comment.md are the caller's to write.
 * @throws RunbookError INVENTORY_*, NOTHING_IN_SCOPE, CONSERVATION_VIOLATED, DISK_FULL, OUT_OF_MEMORY
 */
export async function buildRetentionPlan(
  folder: string,
  options: RetentionPlanOptions,
): Promise<RetentionPlan> {
  const { site, source, settings, progress } = options;
  const { engine } = site;
  const { bucket } = settings;
  assertOwnReport(source, bucket);
  const now = formatInstant(options.now);
  const dates = settings.rules.map((rule, index) => {
    const { horizon, target } = datesOf(rule, settings.scheduleIntervalDays, new Date(now));
    return { rule: index + 1, horizon: formatInstant(horizon), target: formatInstant(target) };
  });
  progress('Checking the inventory against its checksums', null);
  const sha256 = await site.checksum(source, new AbortController().signal);
  const sql = await loadSql(engine.dialect);
  const question = { source, settings, dates, now };
  const view = retentionView(question, { dialect: engine.dialect, database: site.database });
  const counts = await readCounts(options, site.openInventory(sql, view), { sql, view });
  const classes = classesOf(counts);
  const total = (rows: readonly QueryRow[], field: string) =>
    rows.reduce((sum, row) => sum + Number(row[field]), 0);
  const inScope = counts.filter((row) => row.rule !== null);
  if (inScope.length === 0) {
    throw new RunbookError('NOTHING_IN_SCOPE', 'No version entry of the inventory is under any rule.', {
      hint: `check the prefixes; they are taken literally, for example: aws s3 ls s3://${bucket}/PREFIX`,
    });
  }
  const settingsFingerprint = fingerprintOf(settings);
  const retentionId = retentionIdOf(bucket, now, settingsFingerprint, sha256);
  const { tally, keys } = await readTally(engine, sql, view, settings.rules.length);
  const selected = classes
    .filter((row) => SELECTED_CLASSES.includes(row.class))
    .reduce((sum, row) => sum + row.entries, 0);
  assertOneVersionEach(selected, keys);
  const manifests = await writeManifests(folder, options, { sql, view, dates, retentionId, tally });
  assertConserved(selected, tally, manifests);
  const versions = settings.rules.map((_, index) =>
    classes
      .filter((row) => row.rule === index + 1 && !['delete-marker', 'noncurrent'].includes(row.class))
      .reduce((sum, row) => sum + row.entries, 0),
  );
  const estimate = estimateRetention(
    settings,
    versions,
    manifests.map(({ rows }) => rows),
    options.prices,
  );
  const { tasks, directUsd, batchUsd } = estimate.run;
  const covered = {
    schemaVersion: 1 as const,
    kind: 'retention' as const,
    retentionId,
    settings,
    settingsFingerprint,
    now,
    reportOnly: options.reportOnly,
    dates,
    inventory: {
      format: source.format,
      location: source.location,
      files: source.files.length,
      bytes: source.files.reduce((sum, file) => sum + file.bytes, 0),
      sha256,
      takenAt: source.takenAt === null ? null : formatInstant(source.takenAt),
      entries: total(counts, 'entries'),
      entriesInScope: total(inScope, 'entries'),
      currentVersionsInScope: versions.reduce((sum, own) => sum + own, 0),
    },
    classes,
    manifests,
    sql: await writeRetentionQueries(folder, question, retentionId, tally),
    ...(await writeTemplate(folder, options.template)),
    // Whichever way it is run, the budget holds for the dearer one.
    review: decideReview(
      { settings, settingsFingerprint, tasks, costUsd: Math.max(directUsd, batchUsd) },
      options.previous,
    ),
  };
  return {
    ...covered,
    digest: retentionDigest(covered),
    samples: await readRetentionSamples(engine, sql, view, manifests),
    estimate,
    checks: retentionChecks(settings, options.lock, source, options.now),
  };
}

function assertOwnReport({ sourceBucket, location }: InventorySource, bucket: string): void {
  if (sourceBucket === null || sourceBucket === bucket) return;
  throw new RunbookError(
    'INVENTORY_FOREIGN_BUCKET',
    `${location} is a report of the bucket '${sourceBucket}', not of '${bucket}'.`,
    { hint: `give a report of '${bucket}'` },
  );
}

/** Counts every entry by class, and collects the versions that are due. */
async function readCounts(
  { site: { engine }, source, progress }: RetentionPlanOptions,
  access: InventoryAccess,
  { sql, view }: { sql: SqlRenderer; view: object },
): Promise<QueryRow[]> {
  try {
    await access.open();
    progress('Reading every entry of the inventory', null);
    const counts = await engine.rows(sql('retention-counts', view));
    if (counts.some((row) => Number(row.refused_entries) > 0)) throw await access.locateBadRow();
    assertLocksReadable(counts, source);
    progress('Collecting the versions to extend', null);
    await engine.run(sql('retention-selected', view));
    return counts;
  } catch (error) {
    throw await access.explain(error);
  }
}

function assertLocksReadable(counts: readonly QueryRow[], { location }: InventorySource): void {
  const key = counts.map((row) => row.unreadable_lock_key).find((found) => found !== null);
  if (key === undefined) return;
  throw new RunbookError(
    'INVENTORY_ROW_MALFORMED',
    `${location}: the lock of the key '${key}' cannot be read: a mode other than GOVERNANCE and COMPLIANCE, no date for a mode, or a date that is none.`,
    { hint: 'no row is skipped: take the inventory again' },
  );
}

function classesOf(counts: readonly QueryRow[]): RetentionClassCount[] {
  return counts.flatMap((row) => {
    const found = RETENTION_CLASSES.find((name) => name === row.class);
    if (row.rule === null || found === undefined) return [];
    return {
      rule: Number(row.rule),
      class: found,
      mode: isRetentionMode(row.lock_mode) ? row.lock_mode : null,
      entries: Number(row.entries),
      firstKey: keyOf(row.encoded_first_key),
    };
  });
}

async function writeManifests(
  folder: string,
  { site, progress }: RetentionPlanOptions,
  made: {
    sql: SqlRenderer;
    view: object;
    dates: RetentionPlan['dates'];
    retentionId: string;
    tally: readonly ManifestTally[];
  },
): Promise<RetentionManifest[]> {
  const write = await site.openLists(folder, made.retentionId);
  const manifests: RetentionManifest[] = [];
  for (const { name, rule, mode, converted } of made.tally) {
    const list = manifestQuery(made.sql, made.view, { name, rule, mode });
    progress(`Writing ${list.path}`, null);
    const retainUntil = made.dates.find((date) => date.rule === rule)?.target ?? '';
    manifests.push({ name, rule, mode, retainUntil, converted, ...(await write(list)) });
  }
  return manifests;
}

async function writeTemplate(folder: string, text: string | null): Promise<Pick<RetentionPlan, 'template'>> {
  if (text === null) return {};
  const path = 'template.yaml';
  await writeFile(join(folder, path), text);
  return { template: { path, sha256: sha256OfText(text) } };
}

/** A key has one current version. @throws RunbookError INVENTORY_INCONSISTENT */
function assertOneVersionEach(selected: number, keys: number): void {
  if (keys === selected) return;
  throw new RunbookError(
    'INVENTORY_INCONSISTENT',
    `${selected} current versions belong to ${keys} keys: a key has two of them.`,
    { hint: 'take the inventory again, or name every file of it once' },
  );
}

/** Every selected entry is in exactly one manifest. @throws RunbookError CONSERVATION_VIOLATED */
function assertConserved(
  selected: number,
  tally: readonly ManifestTally[],
  manifests: readonly RetentionManifest[],
): void {
  const rows = manifests.reduce((sum, manifest) => sum + manifest.rows, 0);
  const isWhole = manifests.every(({ rows: own }, index) => own === tally[index]?.versions);
  if (rows === selected && isWhole) return;
  throw new RunbookError(
    'CONSERVATION_VIOLATED',
    `${selected} versions were selected, the manifests have ${rows} rows.`,
    { hint: 'report this as a bug; no plan was written' },
  );
}
