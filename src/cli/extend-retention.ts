import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openS3Client } from '../aws/client.ts';
import { openRetentionCalls } from '../aws/retention-calls.ts';
import { RunbookError } from '../errors.ts';
import { readPatiently, sleep } from '../execute/backoff.ts';
import { formatRecordUrl } from '../execute/batch/record-place.ts';
import { refusalOf } from '../execute/refusals.ts';
import { stageFolder } from '../plan/plan-folder.ts';
import { builtInPrices, readPriceTable } from '../plan/prices.ts';
import { readTemplate } from '../render/handlebars.ts';
import { assertBucketLock } from '../retention/bucket-lock.ts';
import { publishRetention } from '../retention/remote-record.ts';
import { RETENTION_NEEDS } from '../retention/retention-calls.ts';
import { renderRetentionComment } from '../retention/retention-comment.ts';
import { RETENTION_PLAN_FILE, type RetentionPlan } from '../retention/retention-plan-file.ts';
import type { RetentionRecord } from '../retention/retention-record.ts';
import { renderRetentionTemplate } from '../retention/retention-template.ts';
import { readSettings } from '../retention/settings.ts';
import { parseBucketName } from '../s3/bucket.ts';
import { parseEndpoint } from './endpoint-options.ts';
import type { ExtendRetentionOptions } from './extend-retention-command.ts';
import { watchInterruption } from './interruption.ts';
import { removeKeptListing } from './lock-listing.ts';
import { openRecordCalls } from './open-record.ts';
import { planExtension } from './plan-extension.ts';
import { findPreviousRun, type RecordSite } from './previous-run.ts';
import { retentionPlanSummary } from './retention-summary.ts';
import { openTerminal, writeJson, writeOut } from './terminal.ts';

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
    try {
      const plan = await planExtension(folder, options, calls, {
        ...{ settings, lock, previous, prices, now, progress },
        reportOnly: options.reportOnly ?? false,
        template: place === null ? null : await renderRetentionTemplate(settings),
        signal: interruption.signal,
      });
      await writePlan(folder.path, plan);
      interruption.assertNone();
      const record = await publish(site, place, { folder: folder.path, plan });
      // The plan folder has the listing; that there is one means that there is nothing to go on with.
      if (options.list) await removeKeptListing(options);
      await folder.commit();
      terminal.finish();
      tell(options, plan, record);
    } catch (error) {
      if (options.list && isRefusedListing(error)) await removeKeptListing(options);
      throw folder.explain(error);
    } finally {
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

/** Whether going on with the same listing would end in the same way. */
function isRefusedListing(error: unknown): boolean {
  return error instanceof RunbookError && ['INVENTORY_INCONSISTENT', 'NOTHING_IN_SCOPE'].includes(error.code);
}

function assertOneSource({ list, inventory, concurrency, resume }: ExtendRetentionOptions): void {
  if ((list === true) === (inventory !== undefined)) {
    throw new RunbookError('INVALID_OPTION', 'extend-retention needs one of --inventory and --list.', {
      hint: 'give the manifest.json of a report with the Object Lock fields, or --list for a small bucket',
    });
  }
  if (list || (concurrency === undefined && resume !== true)) return;
  const name = resume ? '--resume' : '--concurrency';
  throw new RunbookError('INVALID_OPTION', `${name} is for --list alone.`, { hint: 'leave it out' });
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
