import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bucket } from '../../sandbox/bucket.ts';
import type { ObjectVersion } from '../../sandbox/entries.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { openRetentionCalls } from '../../src/aws/retention-calls.ts';
import { openDuckDb } from '../../src/engine/duckdb.ts';
import { openInventory } from '../../src/inventory/open.ts';
import { readParquetColumns } from '../../src/inventory/parquet-columns.ts';
import type { InventorySource } from '../../src/inventory/source.ts';
import type { PlanSite } from '../../src/plan/build-plan.ts';
import { localSite } from '../../src/plan/local-site.ts';
import { builtInPrices } from '../../src/plan/prices.ts';
import { sqlText } from '../../src/render/sql.ts';
import { buildRetentionPlan, RETENTION_LISTS } from '../../src/retention/build-retention-plan.ts';
import type { RetentionCalls } from '../../src/retention/retention-calls.ts';
import { RETENTION_PLAN_FILE } from '../../src/retention/retention-plan-file.ts';
import {
  type RetentionRecord,
  readPreviousRun,
  readRetentionRecord,
} from '../../src/retention/retention-record.ts';
import type { PreviousRun } from '../../src/retention/review-need.ts';
import type { RetentionOutcome } from '../../src/retention/run-files.ts';
import { runRetention } from '../../src/retention/run-retention.ts';
import { parseSettings, type RetentionRule, type RetentionSettings } from '../../src/retention/settings.ts';
import type { RetentionMode } from '../../src/s3/retention.ts';
import { clientOf } from '../sandbox/client.ts';

export const BUCKET = 'locked';
export const START = '2026-01-05T03:00:00Z';
export const DAY_MS = 86_400_000;

/** A sandbox with one bucket under Object Lock, its clock standing still, and a folder for records. */
export type Stage = {
  sandbox: Sandbox;
  bucket: Bucket;
  folder: string;
  calls: RetentionCalls;
  end(): Promise<void>;
};

export async function openStage(seed = 7): Promise<Stage> {
  const sandbox = await startSandbox({ seed });
  sandbox.clock.set(START);
  const bucket = sandbox.createBucket(BUCKET, { objectLock: true });
  const folder = await mkdtemp(join(tmpdir(), 's3-rewind-retention-'));
  const client = clientOf(sandbox);
  return {
    sandbox,
    bucket,
    folder,
    calls: openRetentionCalls(client),
    async end() {
      client.destroy();
      await sandbox.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Days from the clock of the sandbox, in milliseconds since the epoch. */
export function inDays({ sandbox }: Pick<Stage, 'sandbox'>, days: number): number {
  return sandbox.clock.now() + days * DAY_MS;
}

export function lock(stage: Stage, mode: RetentionMode, days: number) {
  return { retention: { mode, retainUntil: inDays(stage, days) } };
}

export function settingsOf(
  rule: Partial<RetentionRule> = {},
  rest: Partial<Omit<RetentionSettings, 'rules'>> = {},
): RetentionSettings {
  const rules = [{ minimumRetentionDays: 90, extensionFrequencyDays: 28, ...rule }];
  return parseSettings(JSON.stringify({ bucket: BUCKET, ...rest, rules }), 'the test');
}

/** The versions of a bucket as a CSV of S3 Inventory with its Object Lock fields. */
export function inventoryOf(bucket: Bucket): string {
  const lines = [
    'bucket,key,version_id,is_latest,is_delete_marker,size,last_modified_date,storage_class,e_tag,object_lock_retain_until_date,object_lock_mode,object_lock_legal_hold_status',
  ];
  for (const [key] of bucket.stacks.from(() => true)) {
    for (const [index, entry] of bucket.stack(key).entries()) {
      const time = new Date(entry.lastModified).toISOString();
      const place = [
        bucket.name,
        encodeURIComponent(key),
        entry.versionId,
        index === 0,
        entry.isDeleteMarker,
      ];
      lines.push(
        [...place, ...(entry.isDeleteMarker ? ['', time, '', '', '', '', ''] : own(entry, time))].join(','),
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

function own({ content, eTag, attributes }: ObjectVersion, time: string): (string | number)[] {
  const { retention, legalHold, storageClass } = attributes;
  const until = retention === undefined ? '' : new Date(retention.retainUntil).toISOString();
  return [content.size, time, storageClass, eTag, until, retention?.mode ?? '', legalHold ? 'ON' : 'OFF'];
}

/** How S3 Inventory's Parquet may have the date of a lock, from the text of its CSV. */
export const PARQUET_DATES = {
  'a time': 'CAST(object_lock_retain_until_date AS timestamp)',
  'a time with a zone': 'CAST(object_lock_retain_until_date AS timestamptz)',
  milliseconds: 'epoch_ms(CAST(object_lock_retain_until_date AS timestamptz))',
} as const;

/** The versions of the bucket as a Parquet file of S3 Inventory. @returns its path */
export async function writeParquetInventory(
  { bucket, folder }: Stage,
  dates: keyof typeof PARQUET_DATES,
): Promise<string> {
  const place = await mkdtemp(join(folder, 'parquet-'));
  const [csv, parquet] = [join(place, 'report.csv'), join(place, 'report.parquet')];
  await writeFile(csv, inventoryOf(bucket));
  const engine = await openDuckDb({ workFolder: place, memoryLimit: '1GB', threads: 1 });
  await engine.run(
    `COPY (SELECT * REPLACE (url_decode(key) AS key, ${PARQUET_DATES[dates]} AS object_lock_retain_until_date, CAST(last_modified_date AS timestamp) AS last_modified_date, CAST(is_latest AS boolean) AS is_latest, CAST(is_delete_marker AS boolean) AS is_delete_marker, CAST(size AS bigint) AS size) FROM read_csv(${sqlText(csv)}, all_varchar = true)) TO ${sqlText(parquet)} (FORMAT parquet)`,
  );
  engine.close();
  return parquet;
}

let records = 0;

/** Plans from the bucket as it is now. */
export async function planNow(
  stage: Stage,
  settings: RetentionSettings = settingsOf(),
  options: {
    previous?: RetentionRecord;
    inventory?: string;
    path?: string;
    reportOnly?: boolean;
    template?: string;
    found?: PreviousRun | null;
    /** where the plan is made, instead of by DuckDB here */
    site?: (source: InventorySource) => Promise<PlanSite>;
  } = {},
): Promise<RetentionRecord> {
  records += 1;
  const folder = await mkdtemp(join(stage.folder, `record-${records}-`));
  const inventory = join(stage.folder, `inventory-${records}.csv`);
  await writeFile(inventory, options.inventory ?? inventoryOf(stage.bucket));
  const lockOfBucket = await stage.calls.readBucketLock(BUCKET);
  const engine = await openDuckDb({ workFolder: stage.folder, memoryLimit: '1GB', threads: 1 });
  try {
    const source = await openInventory([options.path ?? inventory], (path) =>
      readParquetColumns(path, engine),
    );
    const named = { ...source, location: 'inventory.csv' };
    const plan = await buildRetentionPlan(folder, {
      site: (await options.site?.(named)) ?? localSite(engine, named, BUCKET, RETENTION_LISTS),
      source: named,
      settings,
      lock: lockOfBucket,
      previous:
        options.previous === undefined
          ? (options.found ?? null)
          : await readPreviousRun(options.previous.folder),
      reportOnly: options.reportOnly ?? false,
      prices: builtInPrices(),
      template: options.template ?? null,
      now: new Date(stage.sandbox.clock.now()),
      progress: () => {},
    });
    await writeFile(join(folder, RETENTION_PLAN_FILE), JSON.stringify(plan));
  } finally {
    engine.close();
  }
  return await readRetentionRecord(folder);
}

/** Runs a record against the stage without waiting anywhere. */
export async function run(
  stage: Stage,
  record: RetentionRecord,
  options: { calls?: RetentionCalls; startedBy?: 'review' | 'unattended' } = {},
): Promise<RetentionOutcome> {
  return await runRetention({
    record: await readRetentionRecord(record.folder),
    calls: options.calls ?? stage.calls,
    startedBy: options.startedBy ?? 'review',
    progress: () => {},
    pause: async () => {},
    isStopped: () => false,
    concurrency: 16,
  });
}

/** The lock of every version, by key and version ID. */
export function locksOf(bucket: Bucket): Map<string, { mode: RetentionMode; retainUntil: number } | null> {
  const locks = new Map<string, { mode: RetentionMode; retainUntil: number } | null>();
  for (const [key] of bucket.stacks.from(() => true)) {
    for (const entry of bucket.stack(key)) {
      if (entry.isDeleteMarker) continue;
      locks.set(`${key}\n${entry.versionId}`, entry.attributes.retention ?? null);
    }
  }
  return locks;
}

export async function outcomeLines({ folder }: RetentionRecord, name: string): Promise<string[]> {
  return (await readFile(join(folder, `outcomes/${name}.csv`), 'utf8')).trimEnd().split('\n').slice(1);
}
