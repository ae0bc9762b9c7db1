import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { QueryEngine, QueryRow } from '../engine/query-engine.ts';
import { RunbookError } from '../errors.ts';
import { localAccess } from '../inventory/access.ts';
import { checkInventory, sha256OfFile, sha256OfText } from '../inventory/checksum.ts';
import type { InventorySource } from '../inventory/source.ts';
import type { PriceTable } from '../plan/prices.ts';
import type { Progress } from '../progress.ts';
import { loadSql, type SqlRenderer, sqlText } from '../render/sql.ts';
import { formatInstant } from '../s3/point-in-time.ts';
import { type BucketLock, isRetentionMode, RETENTION_MODES } from '../s3/retention.ts';
import { retentionChecks } from './retention-checks.ts';
import { estimateRetention } from './retention-estimate.ts';
import {
  type RetentionClassCount,
  type RetentionManifest,
  type RetentionPlan,
  type RetentionSample,
  retentionDigest,
  retentionIdOf,
} from './retention-plan-file.ts';
import { retentionView } from './retention-view.ts';
import { decideReview, type PreviousRun } from './review-need.ts';
import { datesOf, RETENTION_CLASSES, SELECTED_CLASSES } from './rule.ts';
import { fingerprintOf, type RetentionSettings } from './settings.ts';

const SAMPLES_PER_MANIFEST = 5;

export type RetentionPlanOptions = {
  engine: QueryEngine;
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
  const { engine, source, settings, progress } = options;
  const { bucket } = settings;
  assertOwnReport(source, bucket);
  const now = formatInstant(options.now);
  const dates = settings.rules.map((rule, index) => {
    const { horizon, target } = datesOf(rule, settings.scheduleIntervalDays, new Date(now));
    return { rule: index + 1, horizon: formatInstant(horizon), target: formatInstant(target) };
  });
  progress('Checking the inventory against its checksums', null);
  const sha256 = await checkInventory(source, new AbortController().signal);
  const sql = await loadSql('duckdb');
  const view = retentionView(source, settings, dates, now);
  const access = localAccess(engine, source, bucket);
  let counts: QueryRow[];
  try {
    await access.open();
    progress('Reading every entry of the inventory', null);
    counts = await engine.rows(sql('retention-counts', view));
    if (counts.some((row) => Number(row.refused_entries) > 0)) throw await access.locateBadRow();
    assertLocksReadable(counts, source);
    progress('Collecting the versions to extend', null);
    await engine.run(sql('retention-selected', view));
  } catch (error) {
    throw await access.explain(error);
  }
  const classes = classesOf(counts);
  const total = (rows: readonly QueryRow[], field: string) =>
    rows.reduce((sum, row) => sum + Number(row[field]), 0);
  const inScope = counts.filter((row) => row.rule !== null);
  if (inScope.length === 0) {
    throw new RunbookError('NOTHING_IN_SCOPE', 'No version entry of the inventory is under any rule.', {
      hint: `check the prefixes; they are taken literally, for example: aws s3 ls s3://${bucket}/PREFIX`,
    });
  }
  const written = await writeManifests(folder, options, { sql, view, dates });
  assertConserved(classes, written.manifests, await selectedKeys(engine));
  const versions = settings.rules.map((_, index) =>
    classes
      .filter((row) => row.rule === index + 1 && !['delete-marker', 'noncurrent'].includes(row.class))
      .reduce((sum, row) => sum + row.entries, 0),
  );
  const estimate = estimateRetention(
    settings,
    versions,
    written.manifests.map(({ rows }) => rows),
    options.prices,
  );
  const { tasks, directUsd, batchUsd } = estimate.run;
  const settingsFingerprint = fingerprintOf(settings);
  const covered = {
    schemaVersion: 1 as const,
    kind: 'retention' as const,
    retentionId: retentionIdOf(bucket, now, settingsFingerprint, sha256),
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
    ...written,
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
    samples: await readSamples(engine, written.manifests),
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
      firstKey: String(row.first_key),
    };
  });
}

/** One manifest for each mode and date, as one job of S3 Batch Operations sets one mode and one date. */
async function writeManifests(
  folder: string,
  { engine, settings, progress }: RetentionPlanOptions,
  { sql, view, dates }: { sql: SqlRenderer; view: object; dates: RetentionPlan['dates'] },
): Promise<Pick<RetentionPlan, 'manifests' | 'sql'>> {
  await mkdir(join(folder, 'manifests'));
  await mkdir(join(folder, 'sql'));
  const written: RetentionPlan['sql'] = [];
  const keep = async (name: string, text: string) => {
    const path = `sql/${String(written.length + 1).padStart(2, '0')}_${name}.duckdb.sql`;
    await writeFile(join(folder, path), text);
    written.push({ path, sha256: sha256OfText(text) });
  };
  await keep('retention_counts', sql('retention-counts', view));
  await keep('retention_selected', sql('retention-selected', view));
  const manifests: RetentionManifest[] = [];
  for (const { rule, target } of dates) {
    for (const mode of RETENTION_MODES) {
      const name = settings.rules.length === 1 ? mode.toLowerCase() : `rule${rule}-${mode.toLowerCase()}`;
      const path = `manifests/${name}.csv`;
      const query = sql('retention-manifest', { ...view, rule, newMode: mode });
      const [found] = await engine.rows(
        `SELECT count(*) AS versions, count_if(lock_mode <> '' AND lock_mode <> new_mode) AS converted FROM retention_selected WHERE rule = ${rule} AND new_mode = ${sqlText(mode)}`,
      );
      if (Number(found?.versions ?? 0) === 0) continue;
      progress(`Writing ${path}`, null);
      const file = join(folder, path);
      const [copied] = await engine.rows(
        `COPY (${query}) TO ${sqlText(file)} (FORMAT csv, HEADER false, DELIMITER ',', QUOTE '"', ESCAPE '"')`,
      );
      await keep(name.replaceAll('-', '_'), query);
      manifests.push({
        name,
        rule,
        mode,
        retainUntil: target,
        rows: Number(copied?.Count ?? 0),
        converted: Number(found?.converted ?? 0),
        path,
        bytes: (await stat(file)).size,
        sha256: await sha256OfFile(file),
      });
    }
  }
  return { manifests, sql: written };
}

async function writeTemplate(folder: string, text: string | null): Promise<Pick<RetentionPlan, 'template'>> {
  if (text === null) return {};
  const path = 'template.yaml';
  await writeFile(join(folder, path), text);
  return { template: { path, sha256: sha256OfText(text) } };
}

async function selectedKeys(engine: QueryEngine): Promise<number> {
  const [row] = await engine.rows('SELECT count(DISTINCT key) AS keys FROM retention_selected');
  return Number(row?.keys ?? 0);
}

/** Every selected entry is in exactly one manifest, and a key has one current version. */
function assertConserved(
  classes: readonly RetentionClassCount[],
  manifests: readonly RetentionManifest[],
  keys: number,
): void {
  const selected = classes
    .filter((row) => SELECTED_CLASSES.includes(row.class))
    .reduce((sum, row) => sum + row.entries, 0);
  const rows = manifests.reduce((sum, manifest) => sum + manifest.rows, 0);
  if (keys !== selected) {
    throw new RunbookError(
      'INVENTORY_INCONSISTENT',
      `${selected} current versions belong to ${keys} keys: a key has two of them.`,
      { hint: 'take the inventory again, or name every file of it once' },
    );
  }
  if (rows === selected) return;
  throw new RunbookError(
    'CONSERVATION_VIOLATED',
    `${selected} versions were selected, the manifests have ${rows} rows.`,
    { hint: 'report this as a bug; no plan was written' },
  );
}

async function readSamples(
  engine: QueryEngine,
  manifests: readonly RetentionManifest[],
): Promise<RetentionSample[]> {
  const samples: RetentionSample[] = [];
  for (const { name, rule, mode } of manifests) {
    const rows = await engine.rows(
      `SELECT key, version_id, lock_mode, strftime(lock_until, '%Y-%m-%dT%H:%M:%SZ') AS lock_until FROM retention_selected WHERE rule = ${rule} AND new_mode = ${sqlText(mode)} ORDER BY retention_selected.lock_until NULLS FIRST, key LIMIT ${SAMPLES_PER_MANIFEST}`,
    );
    for (const row of rows) {
      samples.push({
        manifest: name,
        key: String(row.key),
        versionId: String(row.version_id),
        mode: isRetentionMode(row.lock_mode) ? row.lock_mode : null,
        retainUntil: row.lock_until === null ? null : String(row.lock_until),
      });
    }
  }
  return samples;
}
