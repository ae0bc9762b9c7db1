import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RunbookError } from '../errors.ts';
import type { Progress } from '../progress.ts';
import { formatDuration } from '../s3/duration.ts';
import { assembleListing, type ListingFormat } from './listing/assemble.ts';
import { estimateSecondsLeft } from './listing/coverage.ts';
import { Lister, type ListPage } from './listing/lister.ts';
import { DEFAULT_RETRIES, RequestPace } from './listing/pace.ts';
import { type ListingScope, NO_PROGRESS, PartialFolder } from './listing/partial-folder.ts';

export type { ListPage } from './listing/lister.ts';

export type ListingOptions = {
  bucket: string;
  /** literal prefixes, none inside another; empty: the whole bucket */
  prefixes: readonly string[];
  /** tells listings of equally named buckets apart; empty for AWS */
  endpoint: string;
  /** file to make */
  out: string;
  /** folder that holds the work until then; `<out>.partial` by default */
  partialPath?: string;
  format: ListingFormat;
  /** most requests at a time */
  concurrency: number;
  /** go on with what an earlier run left behind */
  resume: boolean;
  now: Date;
  progress: Progress;
  signal: AbortSignal;
  memoryLimit?: string;
  retries?: number;
};

export type ListingResult = {
  entries: number;
  keys: number;
  bytes: number;
  /** start of the listing: what was written later may or may not be in it */
  takenAt: Date;
  requests: number;
  /** requests that were sent again */
  retries: number;
  seconds: number;
};

export const DEFAULT_CONCURRENCY = 32;
const DEFAULT_MEMORY_LIMIT = '1GB';
const PROGRESS_INTERVAL_MS = 500;

/**
 * Lists every version entry of a bucket exactly once, in S3's order, into one file. The key space is split as it is
 * discovered, so that many requests can be under way without knowing the prefixes. The file appears whole or not at
 * all; a listing that fails or is killed can be resumed.
 * @param listPage answers raw pages of ListObjectVersions
 * @throws RunbookError OUTPUT_*, LISTING_*, and whatever `listPage` throws
 */
export async function listBucket(listPage: ListPage, options: ListingOptions): Promise<ListingResult> {
  const started = performance.now();
  const folder = new PartialFolder(options.partialPath ?? `${options.out}.partial`);
  const scope = { bucket: options.bucket, endpoint: options.endpoint, prefixes: [...options.prefixes] };
  try {
    const { takenAt, ranges } = await beginOrResume(folder, scope, options);
    const abort = linkedAbort(options.signal);
    const pace = new RequestPace({
      concurrency: options.concurrency,
      retries: options.retries ?? DEFAULT_RETRIES,
      signal: abort.signal,
    });
    const lister = new Lister({ ranges, listPage, pace, folder, abort });
    const before = lister.entries;
    const showing = setInterval(
      () => showProgress(options.progress, lister, pace, before, started),
      PROGRESS_INTERVAL_MS,
    );
    try {
      await lister.run(() => folder.writeState(scope, takenAt, lister.ranges));
    } catch (error) {
      if (lister.entries === 0) await folder.remove();
      throw error;
    } finally {
      clearInterval(showing);
    }
    const { entries, keys } = lister;
    const { bytes } = await assembleListing(folder, lister.ranges, {
      ...options,
      takenAt,
      path: options.out,
      memoryLimit: options.memoryLimit ?? DEFAULT_MEMORY_LIMIT,
      onProgress: (percent) => options.progress(`Writing ${entries.toLocaleString('en')} entries`, percent),
    });
    await folder.remove();
    const { requests, failedRequests: retries } = pace;
    return {
      entries,
      keys,
      bytes,
      takenAt,
      requests,
      retries,
      seconds: (performance.now() - started) / 1000,
    };
  } catch (error) {
    throw explain(error, options.out);
  }
}

/** Stops with the outer signal, or by itself when a range fails. */
function linkedAbort(outer: AbortSignal): AbortController {
  const abort = new AbortController();
  if (outer.aborted) abort.abort(outer.reason);
  else outer.addEventListener('abort', () => abort.abort(outer.reason), { signal: abort.signal });
  return abort;
}

async function beginOrResume(folder: PartialFolder, scope: ListingScope, options: ListingOptions) {
  await assertFree(options.out);
  if (await folder.exists()) {
    if (!options.resume) {
      throw new RunbookError('LISTING_NOT_RESUMABLE', `${folder.path} holds an unfinished listing.`, {
        hint: `add --resume to go on with it, or start anew: rm -r ${folder.path}`,
      });
    }
    await folder.create();
    const found = await folder.readState(scope);
    if (found !== null) return found;
  }
  await mkdir(dirname(options.out), { recursive: true });
  await folder.create();
  const prefixes = scope.prefixes.length === 0 ? [''] : scope.prefixes;
  const ranges = prefixes.map((prefix, id) =>
    folder.openRange({ id, prefix, start: null, end: null }, { ...NO_PROGRESS, weight: 1 / prefixes.length }),
  );
  // From the first moment on: a listing that is killed in its first second can be resumed too.
  await folder.writeState(scope, options.now, ranges);
  return { takenAt: options.now, ranges };
}

async function assertFree(path: string): Promise<void> {
  if ((await stat(path).catch(() => null)) === null) return;
  throw new RunbookError('OUTPUT_NOT_EMPTY', `${path} exists.`, {
    hint: 'an inventory is never overwritten: name another file with --out, or remove this one',
  });
}

function showProgress(
  progress: Progress,
  lister: Lister,
  pace: RequestPace,
  before: number,
  started: number,
): void {
  const seconds = (performance.now() - started) / 1000;
  const { entries, coverage } = lister;
  const rate = Math.round((entries - before) / seconds);
  const secondsLeft = estimateSecondsLeft(seconds, coverage);
  const left = secondsLeft === null ? '' : `, about ${formatDuration(secondsLeft)} left`;
  const slowed = pace.limit < lister.activeRanges ? `, slowed down to ${pace.limit} requests at a time` : '';
  progress(
    `Listing: ${entries.toLocaleString('en')} entries, ${rate.toLocaleString('en')} a second${left}${slowed}`,
    coverage * 100,
  );
}

/** Says what remains of a listing that ended early. */
function explain(error: unknown, out: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code ?? '';
  if (error instanceof RunbookError) return error;
  if (code === 'ENOSPC') {
    return new RunbookError('DISK_FULL', `The disk of ${out} is full.`, {
      hint: 'free space, then run the same command again with --resume',
      cause: error,
    });
  }
  if (['EACCES', 'EPERM', 'EROFS', 'ENOTDIR'].includes(code)) {
    return new RunbookError('OUTPUT_NOT_WRITABLE', `${out} cannot be written: ${(error as Error).message}.`, {
      hint: 'name a file in a folder that you may write with --out',
      cause: error,
    });
  }
  return error;
}
