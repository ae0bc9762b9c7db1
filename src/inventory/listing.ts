import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RunbookError } from '../errors.ts';
import type { Progress } from '../progress.ts';
import { formatDuration } from '../s3/duration.ts';
import { assembleListing, type ListingFormat } from './listing/assemble.ts';
import { countEntries, countKeys, Lister, type ListPage } from './listing/lister.ts';
import { DEFAULT_RETRIES, RequestPace } from './listing/pace.ts';
import { type ListingState, NO_PROGRESS, PartialFolder } from './listing/partial-folder.ts';

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
/** Of what is estimated to be there: before that, too little was seen to tell how much is left. */
const LEAST_SHARE_THAT_TELLS = 0.02;
const MOST_SHARE_BEFORE_THE_END = 0.99;

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
  try {
    const unlock = await claimFolder(folder, options);
    try {
      const state = await beginOrResume(folder, options);
      const counts = state.isAssembled
        ? { requests: 0, failedRequests: 0 }
        : await listInto(folder, state, listPage, { ...options, started });
      const { size: bytes } = await stat(options.out);
      await folder.remove();
      return {
        entries: countEntries(state.ranges),
        keys: countKeys(state.ranges),
        bytes,
        takenAt: state.takenAt,
        requests: counts.requests,
        retries: counts.failedRequests,
        seconds: (performance.now() - started) / 1000,
      };
    } finally {
      await unlock();
    }
  } catch (error) {
    throw explain(error, options.out);
  }
}

/** Lists what is not listed yet, and joins it to the file that was asked for. */
async function listInto(
  folder: PartialFolder,
  state: ListingState,
  listPage: ListPage,
  options: ListingOptions & { started: number },
): Promise<Pick<RequestPace, 'requests' | 'failedRequests'>> {
  const abort = linkedAbort(options.signal);
  const pace = new RequestPace({
    concurrency: options.concurrency,
    retries: options.retries ?? DEFAULT_RETRIES,
    signal: abort.signal,
  });
  const lister = new Lister({ ranges: state.ranges, listPage, pace, folder, abort });
  const before = lister.entries;
  const showing = setInterval(
    () => showProgress(options.progress, lister, pace, before, options.started),
    PROGRESS_INTERVAL_MS,
  );
  try {
    await lister.run(() => folder.writeState(state, lister.ranges));
  } catch (error) {
    if (lister.entries === 0) await folder.remove();
    throw error;
  } finally {
    clearInterval(showing);
  }
  const rows = lister.entries.toLocaleString('en');
  await assembleListing(folder, lister.ranges, {
    ...options,
    takenAt: state.takenAt,
    path: options.out,
    memoryLimit: options.memoryLimit ?? DEFAULT_MEMORY_LIMIT,
    onProgress: (percent) => options.progress(`Writing ${rows} entries`, percent),
    beforeNaming: () => folder.writeState({ ...state, isAssembled: true }, lister.ranges),
  });
  return pace;
}

/** Stops with the outer signal, or by itself when a range fails. */
function linkedAbort(outer: AbortSignal): AbortController {
  const abort = new AbortController();
  if (outer.aborted) abort.abort(outer.reason);
  else outer.addEventListener('abort', () => abort.abort(outer.reason), { signal: abort.signal });
  return abort;
}

/**
 * Takes the folder of a listing for this process alone.
 * @throws RunbookError LISTING_IN_USE, LISTING_NOT_RESUMABLE, OUTPUT_NOT_EMPTY
 */
async function claimFolder(
  folder: PartialFolder,
  { out, resume }: ListingOptions,
): Promise<() => Promise<void>> {
  const isUnfinished = await folder.exists();
  if (isUnfinished && !resume) await refuseUnfinished(folder);
  if (!isUnfinished) await assertFree(out);
  await mkdir(dirname(out), { recursive: true });
  await folder.create();
  return await folder.lock();
}

async function refuseUnfinished(folder: PartialFolder): Promise<never> {
  // One that is at work is not to be resumed; whatever else lies there is of no interest here.
  const unlock = await folder.lock().catch((error: unknown) => {
    if (error instanceof RunbookError) throw error;
    return async () => {};
  });
  await unlock();
  throw new RunbookError('LISTING_NOT_RESUMABLE', `${folder.path} holds an unfinished listing.`, {
    hint: `add --resume to go on with it, or start anew: rm -r ${folder.path}`,
  });
}

async function beginOrResume(folder: PartialFolder, options: ListingOptions): Promise<ListingState> {
  const { bucket, endpoint, out, now } = options;
  const scope = { bucket, endpoint, prefixes: [...options.prefixes] };
  const found = await folder.readState(scope);
  if (found?.isAssembled && !(await folder.holdsResult(options.format)) && (await isThere(out))) return found;
  await assertFree(out);
  if (found !== null) return { ...found, isAssembled: false };
  const prefixes = scope.prefixes.length === 0 ? [''] : scope.prefixes;
  const ranges = prefixes.map((prefix, id) =>
    folder.openRange({ id, prefix, start: null, end: null }, NO_PROGRESS),
  );
  // From the first moment on: a listing that is killed in its first second can be resumed too.
  const state = { scope, takenAt: now, isAssembled: false, ranges };
  await folder.writeState(state, ranges);
  return state;
}

async function assertFree(path: string): Promise<void> {
  if (!(await isThere(path))) return;
  throw new RunbookError('OUTPUT_NOT_EMPTY', `${path} exists.`, {
    hint: 'an inventory is never overwritten: name another file with --out, or remove this one',
  });
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

function showProgress(
  progress: Progress,
  lister: Lister,
  pace: RequestPace,
  before: number,
  started: number,
): void {
  const seconds = (performance.now() - started) / 1000;
  const { entries, remaining } = lister;
  const rate = Math.round((entries - before) / seconds);
  const share = remaining === null ? 0 : entries / Math.max(1, entries + remaining);
  const isTelling = remaining !== null && share >= LEAST_SHARE_THAT_TELLS && rate > 0;
  const left = isTelling ? `, about ${formatDuration(remaining / rate)} left` : '';
  const slowed = pace.limit < lister.activeRanges ? `, slowed down to ${pace.limit} requests at a time` : '';
  progress(
    `Listing: ${entries.toLocaleString('en')} entries, ${rate.toLocaleString('en')} a second${left}${slowed}`,
    isTelling ? 100 * Math.min(MOST_SHARE_BEFORE_THE_END, share) : null,
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
