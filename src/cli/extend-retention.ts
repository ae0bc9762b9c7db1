import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openS3Client } from '../aws/client.ts';
import { openRetentionCalls } from '../aws/retention-calls.ts';
import { openDuckDb } from '../engine/duckdb.ts';
import type { QueryEngine } from '../engine/query-engine.ts';
import { RunbookError } from '../errors.ts';
import { readPatiently, sleep } from '../execute/backoff.ts';
import { formatRecordUrl } from '../execute/batch/record-place.ts';
import { refusalOf } from '../execute/refusals.ts';
import { openInventory } from '../inventory/open.ts';
import { readParquetColumns } from '../inventory/parquet-columns.ts';
import type { InventorySource } from '../inventory/source.ts';
import { type StagedFolder, stageFolder } from '../plan/plan-folder.ts';
import { builtInPrices, readPriceTable } from '../plan/prices.ts';
import type { Progress } from '../progress.ts';
import { readTemplate } from '../render/handlebars.ts';
import { assertBucketLock } from '../retention/bucket-lock.ts';
import { buildRetentionPlan } from '../retention/build-retention-plan.ts';
import { readLocks } from '../retention/read-locks.ts';
import { publishRetention } from '../retention/remote-record.ts';
import { RETENTION_NEEDS, type RetentionCalls } from '../retention/retention-calls.ts';
import { renderRetentionComment } from '../retention/retention-comment.ts';
import { RETENTION_PLAN_FILE, type RetentionPlan } from '../retention/retention-plan-file.ts';
import type { RetentionRecord } from '../retention/retention-record.ts';
import { renderRetentionTemplate } from '../retention/retention-template.ts';
import { type RetentionSettings, readSettings } from '../retention/settings.ts';
import { parseBucketName } from '../s3/bucket.ts';
import { parseEndpoint } from './endpoint-options.ts';
import type { ExtendRetentionOptions } from './extend-retention-command.ts';
import { watchInterruption } from './interruption.ts';
import { resolveLatestReports } from './latest-report.ts';
import { listLiveBucket, outermost, parseConcurrency } from './list-bucket.ts';
import { LISTING_FILE } from './live-inventory.ts';
import { openRecordCalls } from './open-record.ts';
import { findPreviousRun, type RecordSite } from './previous-run.ts';
import { fetchInventories } from './remote-inventory.ts';
import { retentionPlanSummary } from './retention-summary.ts';
import { openTerminal, writeJson, writeOut } from './terminal.ts';

const MEMORY_LIMIT = '2GB';
const COMMENT_TEMPLATE = new URL('../../templates/retention.md.hbs', import.meta.url);

/** The `extend-retention` command: from the locks of a bucket to the plan of their extension. */
export async function runExtendRetention(options: ExtendRetentionOptions): Promise<void> {
  const settings = await readSettings(options);
  assertOneSource(options);
  const prices = options.prices === undefined ? builtInPrices() : await readPriceTable(options.prices);
  const place = options.recordBucket === undefined ? null : parseBucketName(options.recordBucket);
  const site = { objects: openRecordCalls(options), pause: sleep };
  const client = openS3Client(parseEndpoint(options));
  const interruption = watchInterruption();
  const terminal = await openTerminal({ quiet: options.quiet ?? false });
  const { progress } = terminal;
  try {
    const calls = openRetentionCalls(client);
    const { bucket } = settings;
    const lock = await readPatiently(() => calls.readBucketLock(bucket), sleep);
    assertBucketLock(bucket, lock);
    const previous = await findPreviousRun(options, settings, site);
    // The store's clock: its dates are what the locks are compared with.
    const now = calls.serverTime();
    const folder = await stageFolder(options.out, null);
    let engine: QueryEngine | null = null;
    try {
      engine = await openDuckDb({
        workFolder: folder.workPath,
        memoryLimit: MEMORY_LIMIT,
        signal: interruption.signal,
      });
      const source = await openSource(folder, { engine, calls, settings, options, progress });
      const plan = await buildRetentionPlan(folder.path, {
        engine,
        source,
        settings,
        lock,
        previous,
        reportOnly: options.reportOnly ?? false,
        prices,
        template: place === null ? null : await renderRetentionTemplate(settings),
        now,
        progress,
      });
      await writePlan(folder.path, plan);
      interruption.assertNone();
      const record = await publish(site, place, { folder: folder.path, plan });
      await folder.commit();
      terminal.finish();
      tell(options, plan, record);
    } catch (error) {
      throw folder.explain(error);
    } finally {
      engine?.close();
      await folder.discard();
    }
  } catch (error) {
    throw refusalOf(error, settings.bucket, RETENTION_NEEDS);
  } finally {
    terminal.finish();
    interruption.end();
    client.destroy();
  }
}

function assertOneSource({ list, inventory, concurrency }: ExtendRetentionOptions): void {
  if ((list === true) === (inventory !== undefined)) {
    throw new RunbookError('INVALID_OPTION', 'extend-retention needs one of --inventory and --list.', {
      hint: 'give the manifest.json of a report with the Object Lock fields, or --list for a small bucket',
    });
  }
  if (list || concurrency === undefined) return;
  throw new RunbookError('INVALID_OPTION', '--concurrency is for --list alone.', { hint: 'leave it out' });
}

type SourceRequest = {
  engine: QueryEngine;
  calls: RetentionCalls;
  settings: RetentionSettings;
  options: ExtendRetentionOptions;
  progress: Progress;
};

async function openSource(folder: StagedFolder, request: SourceRequest): Promise<InventorySource> {
  const { engine, options, progress } = request;
  const describe = (path: string) => readParquetColumns(path, engine);
  if (options.inventory !== undefined) {
    const reports = await resolveLatestReports(options.inventory, options);
    const paths = await fetchInventories(reports, folder.workPath, options, progress);
    const source = await openInventory(paths, describe);
    return { ...source, location: reports.join(', ') };
  }
  const { bucket, rules } = request.settings;
  const concurrency = parseConcurrency(options.concurrency);
  const isWhole = rules.some((rule) => rule.prefixes.length === 0);
  const listing = join(folder.workPath, 'listing.parquet');
  const live = await listLiveBucket(
    {
      bucket,
      prefixes: isWhole ? [] : outermost(rules.flatMap((rule) => rule.prefixes)),
      out: listing,
      format: 'parquet',
      concurrency,
      resume: false,
      afterInterrupt: 'run the same command again',
    },
    { ...parseEndpoint(options), requesterPays: options.requesterPays },
    progress,
  );
  const inventory = join(folder.path, LISTING_FILE);
  const paths = { listing, locks: join(folder.workPath, 'locks.csv'), inventory };
  await readLocks(engine, request.calls, bucket, paths, { concurrency, progress, pause: sleep });
  const source = await openInventory([inventory], describe);
  return { ...source, location: LISTING_FILE, takenAt: live.listing.takenAt };
}

/** Puts a plan into the record bucket. @returns the address of its record; null where it stays in its folder */
async function publish(
  site: RecordSite,
  bucket: string | null,
  record: RetentionRecord,
): Promise<string | null> {
  if (bucket === null) return null;
  const place = { bucket, prefix: `${record.plan.retentionId}/` };
  try {
    await publishRetention(site, place, record);
  } catch (error) {
    throw refusalOf(error, bucket);
  }
  return formatRecordUrl(place);
}

async function writePlan(folder: string, plan: RetentionPlan): Promise<void> {
  const comment = renderRetentionComment(plan, await readTemplate(COMMENT_TEMPLATE));
  await writeFile(join(folder, RETENTION_PLAN_FILE), `${JSON.stringify(plan, null, 2)}\n`);
  await writeFile(join(folder, 'comment.md'), comment);
}

function tell({ json, out }: ExtendRetentionOptions, plan: RetentionPlan, url: string | null): void {
  const record = url ?? out;
  if (!json) {
    writeOut(retentionPlanSummary(plan, record));
    return;
  }
  const { retentionId, digest, settings, now, dates, classes, manifests, review, estimate, checks } = plan;
  writeJson({
    command: 'extend-retention',
    record,
    folder: out,
    retentionId,
    planDigest: digest,
    settings,
    now,
    dates,
    classes,
    manifests,
    review,
    estimate,
    checks,
  });
}
