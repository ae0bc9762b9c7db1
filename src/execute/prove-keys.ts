import { compareKeys } from '../s3/key-order.ts';
import type { PlannedRow } from '../s3/manifest.ts';
import type { HeadAnswer, ListedEntry, VersionPage } from '../s3/version-entry.ts';
import { forEachConcurrently } from './concurrently.ts';
import type { RowHistory } from './journal.ts';
import { keyBefore } from './key-before.ts';
import { type KeyProof, proofFromHeads, proofFromListing } from './key-proof.ts';
import type { S3Calls } from './s3-calls.ts';

/** What proving needs: verify has it too, without a journal. */
export type Prover<Row extends PlannedRow> = {
  calls: Pick<S3Calls, 'listVersions' | 'headObject'>;
  read<T>(request: () => Promise<T>): Promise<T>;
  history(row: Row): Pick<RowHistory, 'intents'>;
};

type ProvenKey<Row extends PlannedRow> = { key: string; rows: readonly Row[] };

/**
 * Keys that a page of a listing has to settle to be worth it: a LIST costs 12.5 times a HEAD ($0.005 and $0.0004 a
 * thousand), and takes as long as eight of them.
 */
const MIN_KEYS_PER_PAGE = 13;
/**
 * Keys that are looked up one by one before the next page is tried; four times as many each time that it did not pay.
 * Among sparse keys a split of 1,000 rows tries three pages.
 */
const KEYS_BETWEEN_PAGES = 64;
const BETWEEN_PAGES_GROWTH = 4;
const LOOKUPS_IN_FLIGHT = 32;
/** Above so many versions to ask for, a listing of the key is the cheaper answer. */
const MAX_HEADS_PER_KEY = 4;
/** Of a page that is read for the last key alone, to see where its stack ends. */
const ENTRIES_TO_END_A_KEY = 100;
/** Entries from the top of a stack that are always kept, besides those that were asked for. */
const KEPT_FROM_TOP = 3;

/**
 * Asks S3 what stands at some keys now: pages of the listing where the keys lie dense, HEADs where they are sparse.
 * A key with an announced request is listed in any case, for only its whole stack shows what became of it.
 * @param bucket the bucket to ask
 * @returns a proof for every key
 */
export async function proveKeys<Row extends PlannedRow>(
  context: Prover<Row>,
  bucket: string,
  keys: readonly ProvenKey<Row>[],
): Promise<Map<string, KeyProof>> {
  const proofs = new Map<string, KeyProof>();
  const ordered = keys.toSorted((left, right) => compareKeys(left.key, right.key));
  let position = 0;
  let between = KEYS_BETWEEN_PAGES;
  while (position < ordered.length) {
    const rest = ordered.slice(position);
    if (rest.length >= MIN_KEYS_PER_PAGE) {
      const settled = await sweep(context, bucket, rest, proofs);
      position += settled;
      if (settled >= MIN_KEYS_PER_PAGE) between = KEYS_BETWEEN_PAGES;
    }
    const sparse = ordered.slice(position, position + between);
    between *= BETWEEN_PAGES_GROWTH;
    await forEachConcurrently(sparse, LOOKUPS_IN_FLIGHT, async (key) => {
      proofs.set(key.key, await lookUp(context, bucket, key));
    });
    position += sparse.length;
  }
  return proofs;
}

/** Pages over the listing as long as each settles enough keys. @returns how many keys were settled, from the first */
async function sweep<Row extends PlannedRow>(
  context: Prover<Row>,
  bucket: string,
  keys: readonly ProvenKey<Row>[],
  proofs: Map<string, KeyProof>,
): Promise<number> {
  let settled = 0;
  let page: VersionPage | null = null;
  let open: { key: ProvenKey<Row>; entries: ListedEntry[] } | null = null;
  const close = (key: ProvenKey<Row>, entries: readonly ListedEntry[]) => {
    proofs.set(key.key, proofFromListing(entries));
    settled += 1;
  };
  for (;;) {
    const first = keys[settled];
    if (first === undefined) return settled;
    const isLast = open !== null && settled === keys.length - 1;
    page = await nextPage(context, bucket, page, first.key, isLast ? ENTRIES_TO_END_A_KEY : null);
    const before = settled;
    for (const entry of page.entries) {
      // Keys that the listing has passed have no entry, or all of theirs were seen.
      for (
        let key = keys[settled];
        key !== undefined && compareKeys(key.key, entry.key) < 0;
        key = keys[settled]
      ) {
        close(key, open?.key === key ? open.entries : []);
        open = null;
      }
      const key = keys[settled];
      if (key === undefined) return settled;
      if (key.key !== entry.key) continue;
      open ??= { key, entries: [] };
      keepEntry(open.entries, entry, key);
    }
    if (page.next === null) {
      for (const key of keys.slice(settled)) close(key, open?.key === key ? open.entries : []);
      return settled;
    }
    if (open !== null && isSeenWhole(open.entries, open.key)) {
      close(open.key, open.entries);
      open = null;
    }
    if (settled - before < MIN_KEYS_PER_PAGE && open === null) return settled;
  }
}

/**
 * Whether what lies deeper in a stack makes no difference: every entry that was asked for has been seen, and one that
 * no row is about, which stays.
 */
function isSeenWhole<Row extends PlannedRow>(
  entries: readonly ListedEntry[],
  { rows }: ProvenKey<Row>,
): boolean {
  const seen = new Set(entries.map(({ versionId }) => versionId));
  const isSeen = (id: string | null) => id === null || seen.has(id);
  const actedOn = new Set(rows.map(({ versionId }) => versionId));
  return (
    rows.every((row) => isSeen(row.versionId) && isSeen(row.currentVersionId)) &&
    entries.some(({ versionId }) => !actedOn.has(versionId))
  );
}

async function nextPage<Row extends PlannedRow>(
  context: Prover<Row>,
  bucket: string,
  page: VersionPage | null,
  firstKey: string,
  maxEntries: number | null,
): Promise<VersionPage> {
  const { keyMarker, versionIdMarker } = page?.next ?? {
    keyMarker: keyBefore(firstKey),
    versionIdMarker: null,
  };
  return await context.read(() =>
    context.calls.listVersions({
      bucket,
      ...(keyMarker !== '' && { keyMarker }),
      ...(versionIdMarker !== null && { versionIdMarker }),
      ...(maxEntries !== null && { maxEntries }),
    }),
  );
}

/** Keeps what a guard may ask for, so that a stack of a million versions takes no more room than a small one. */
function keepEntry<Row extends PlannedRow>(
  kept: ListedEntry[],
  entry: ListedEntry,
  { rows }: ProvenKey<Row>,
): void {
  const isAskedFor = (id: string) => rows.some((row) => row.versionId === id || row.currentVersionId === id);
  const isNews =
    kept.length < KEPT_FROM_TOP ||
    isAskedFor(entry.versionId) ||
    kept.every((other) => isAskedFor(other.versionId));
  if (isNews) kept.push(entry);
}

async function lookUp<Row extends PlannedRow>(
  context: Prover<Row>,
  bucket: string,
  key: ProvenKey<Row>,
): Promise<KeyProof> {
  const isUnclear = key.rows.some((row) => context.history(row).intents.length > 0);
  return (isUnclear ? null : await headKey(context, bucket, key)) ?? (await listKey(context, bucket, key));
}

async function headKey<Row extends PlannedRow>(
  context: Prover<Row>,
  bucket: string,
  key: ProvenKey<Row>,
): Promise<KeyProof | null> {
  const ids = key.rows.flatMap(({ versionId }) => versionId ?? []);
  if (ids.length > MAX_HEADS_PER_KEY) return null;
  const top = await context.read(() => context.calls.headObject({ bucket, key: key.key }));
  const asked = new Map<string, HeadAnswer>();
  for (const versionId of ids) {
    const isTop = top.kind === 'marker' && top.versionId === versionId;
    const answer = isTop
      ? top
      : await context.read(() => context.calls.headObject({ bucket, key: key.key, versionId }));
    asked.set(versionId, answer);
  }
  return proofFromHeads(key.key, top, asked);
}

/**
 * Lists one key's stack.
 * @param isKept entries that are kept beside those that matter anyway; told of the one above
 */
export async function listKey<Row extends PlannedRow>(
  context: Prover<Row>,
  bucket: string,
  key: ProvenKey<Row>,
  isKept: (entry: ListedEntry, above: ListedEntry | undefined) => boolean = () => false,
): Promise<KeyProof> {
  const entries: ListedEntry[] = [];
  let above: ListedEntry | undefined;
  let marker: VersionPage['next'] = null;
  for (;;) {
    const page: VersionPage = await context.read(() =>
      context.calls.listVersions({
        bucket,
        prefix: key.key,
        ...(marker === null ? {} : { keyMarker: marker.keyMarker }),
        ...(marker?.versionIdMarker ? { versionIdMarker: marker.versionIdMarker } : {}),
      }),
    );
    for (const entry of page.entries) {
      if (entry.key !== key.key) continue;
      if (isKept(entry, above)) entries.push(entry);
      else keepEntry(entries, entry, key);
      above = entry;
    }
    const hasMore = page.next !== null && page.entries.at(-1)?.key === key.key;
    if (!hasMore) return proofFromListing(entries);
    marker = page.next;
  }
}
