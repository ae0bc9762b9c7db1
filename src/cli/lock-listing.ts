import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { QueryEngine } from '../engine/query-engine.ts';
import { RunbookError } from '../errors.ts';
import { sleep } from '../execute/backoff.ts';
import { writeWhole } from '../execute/disk.ts';
import { openInventory } from '../inventory/open.ts';
import { readParquetColumns } from '../inventory/parquet-columns.ts';
import type { InventorySource } from '../inventory/source.ts';
import { listingTime } from '../inventory/taken-at.ts';
import type { Progress } from '../progress.ts';
import { readLocks } from '../retention/read-locks.ts';
import type { RetentionCalls } from '../retention/retention-calls.ts';
import type { RetentionSettings } from '../retention/settings.ts';
import { parseEndpoint } from './endpoint-options.ts';
import type { ExtendRetentionOptions } from './extend-retention-command.ts';
import { listLiveBucket, outermost, parseConcurrency } from './list-bucket.ts';
import { LISTING_FILE } from './live-inventory.ts';
import { partialListingPath } from './plan-source.ts';

export type LockListing = {
  options: ExtendRetentionOptions;
  settings: RetentionSettings;
  engine: QueryEngine;
  calls: RetentionCalls;
  progress: Progress;
  signal: AbortSignal;
};

/**
 * Lists the bucket with the lock of every current version into a plan folder. Both the pages of the listing and the
 * locks stay beside the plan folder until the plan is there, so that a command that was stopped can be resumed.
 * @throws RunbookError LISTING_*, INTERRUPTED, VERSIONING_NOT_ENABLED; S3CallError
 */
export async function listWithLocks(
  folder: { path: string; workPath: string },
  request: LockListing,
): Promise<InventorySource> {
  const { options, settings, engine, calls, progress, signal } = request;
  const { bucket, rules } = settings;
  const concurrency = parseConcurrency(options.concurrency);
  const isWhole = rules.some((rule) => rule.prefixes.length === 0);
  const prefixes = isWhole ? [] : outermost(rules.flatMap((rule) => rule.prefixes));
  const endpoint = parseEndpoint(options);
  const kept = await partialListingPath(options);
  const place = kept ?? join(folder.workPath, 'listing');
  const afterInterrupt =
    kept === null
      ? 'run the same command again; with an --out that is not there yet it can be resumed'
      : 'run the same command again with --resume to go on';
  const resume = options.resume ?? false;
  const scope = JSON.stringify({ bucket, endpoint: endpoint.endpointUrl ?? '', prefixes });
  await beginListing(place, scope, resume);
  const listing = join(place, 'listing.parquet');
  if (!(await isThere(listing))) {
    const asked = { bucket, prefixes, out: listing, format: 'parquet', concurrency, resume } as const;
    try {
      await listLiveBucket({ ...asked, afterInterrupt }, endpoint, progress);
    } catch (error) {
      // Nothing was listed: there is nothing to go on with.
      if (!(await isThere(`${listing}.partial`))) await rm(place, { recursive: true });
      throw error;
    }
  }
  const inventory = join(folder.path, LISTING_FILE);
  const paths = { listing, locks: join(place, 'locks.csv'), inventory };
  await readLocks(engine, calls, bucket, paths, {
    ...{ concurrency, progress, pause: sleep, signal },
    interrupted: () =>
      new RunbookError('INTERRUPTED', 'Reading the locks was interrupted.', { hint: afterInterrupt }),
  });
  const describe = (path: string) => readParquetColumns(path, engine);
  const takenAt = await listingTime(engine, await openInventory([listing], describe));
  return { ...(await openInventory([inventory], describe)), location: LISTING_FILE, takenAt };
}

/** Removes what an interrupted command would have gone on with. */
export async function removeKeptListing({ out }: Pick<ExtendRetentionOptions, 'out'>): Promise<void> {
  const kept = await partialListingPath({ out });
  if (kept !== null) await rm(kept, { recursive: true, force: true });
}

async function beginListing(place: string, scope: string, resume: boolean): Promise<void> {
  const path = join(place, 'scope.json');
  if (!(await isThere(place))) {
    await mkdir(place, { recursive: true });
    return await writeWhole(path, [scope]);
  }
  const found = await readFile(path, 'utf8').catch(() => null);
  if (resume && found === scope) return;
  const [fact, hint] = resume
    ? [`${place} is not an unfinished listing of this bucket and these prefixes.`, 'start anew']
    : [`${place} holds an unfinished listing.`, 'add --resume to go on with it, or start anew'];
  throw new RunbookError('LISTING_NOT_RESUMABLE', fact, { hint: `${hint}: rm -r ${place}` });
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
