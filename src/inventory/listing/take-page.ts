import { setTimeout as sleep } from 'node:timers/promises';
import { RunbookError } from '../../errors.ts';
import { compareKeys } from '../../s3/key-order.ts';
import { encodeKey } from '../../s3/listed-key.ts';
import type { ScannedEntry } from '../../s3/scan-versions.ts';
import { EMPTY_STACK, type KeyRange } from './key-range.ts';
import { MarkerTrail } from './marker-trail.ts';
import type { Marker, VersionsPage } from './page.ts';

/** Reads a page of the keys that start with a text, for a stack that is read once more. */
export type ReadPage = (prefix: string, marker: Marker | null) => Promise<VersionsPage>;

const REREAD_ATTEMPTS = 5;
const FIRST_PAUSE_MS = 25;

/**
 * Takes the entries of a page into a range, up to the range's end. A stack that was written to between two pages can
 * show none or two current entries (semantics, section 2); such a stack is read again, alone.
 * @throws RunbookError LISTING_OUT_OF_ORDER, LISTING_CHANGED, LISTING_STUCK
 */
export async function takePage(range: KeyRange, page: VersionsPage, readPage: ReadPage): Promise<void> {
  let encodedKey = range.position === null ? '' : encodeKey(range.position);
  for (const entry of page.entries) {
    if (entry.key !== range.position) {
      if (range.isBeyond(entry.key)) {
        await endStack(range, readPage);
        range.done = true;
        return;
      }
      assertOrder(range, entry);
      await endStack(range, readPage);
      encodedKey = encodeKey(entry.key);
      beginStack(range, entry.key);
    }
    take(range, entry, encodedKey);
  }
  range.notePage(page);
  range.advance(page.next);
  if (range.done) await endStack(range, readPage);
}

function beginStack(range: KeyRange, key: string): void {
  range.position = key;
  range.keys += 1;
  range.stack = { ...EMPTY_STACK };
  range.part.beginStack();
}

/** @throws RunbookError LISTING_OUT_OF_ORDER for an entry that the store repeats, as at the seam of two pages */
function take(range: KeyRange, entry: ScannedEntry, encodedKey: string): void {
  const { stack } = range;
  if (stack.entries > 0 && entry.versionId === range.lastVersionId) throw repeated(entry);
  range.lastVersionId = entry.versionId;
  if (entry.isLatest) stack.currents += 1;
  if (stack.entries === 0) stack.startsCurrent = entry.isLatest;
  stack.entries += 1;
  range.part.append(entry, encodedKey);
}

function isConsistent({ stack }: KeyRange): boolean {
  return stack.entries === 0 || (stack.currents === 1 && stack.startsCurrent);
}

/** Checks a stack that is complete now, and replaces it by a fresh one when it contradicts itself. */
async function endStack(range: KeyRange, readPage: ReadPage): Promise<void> {
  if (range.position === null || isConsistent(range)) return;
  const key = range.position;
  for (let attempt = 0; attempt < REREAD_ATTEMPTS; attempt += 1) {
    if (attempt > 0) await sleep(FIRST_PAUSE_MS * 2 ** attempt * (1 + Math.random()));
    await rereadStack(range, key, readPage);
    if (!isConsistent(range)) continue;
    // Every entry of the key may have been deleted for good meanwhile.
    if (range.stack.entries === 0) range.keys -= 1;
    return;
  }
  throw contradiction(range, key);
}

async function rereadStack(range: KeyRange, key: string, readPage: ReadPage): Promise<void> {
  range.part.dropStack();
  range.stack = { ...EMPTY_STACK };
  range.part.beginStack();
  const encodedKey = encodeKey(key);
  const trail = new MarkerTrail();
  for (let marker: Marker | null = null; ; ) {
    // Of all keys that start with this one, this one comes first.
    const page = await readPage(key, marker);
    for (const entry of page.entries) {
      if (entry.key !== key) return;
      take(range, entry, encodedKey);
    }
    if (page.next === null || page.next.key !== key) return;
    trail.follow(page.next, marker);
    marker = page.next;
    // A key may have millions of versions. Nothing is noted before its stack is whole, so a kill changes nothing.
    range.part.seal();
    if (range.part.isFull) await range.part.flush();
  }
}

function assertOrder(range: KeyRange, entry: ScannedEntry): void {
  const before = range.position ?? range.start;
  const follows = before === null || compareKeys(before, entry.key) < 0;
  if (follows && entry.key.startsWith(range.prefix)) return;
  throw new RunbookError(
    'LISTING_OUT_OF_ORDER',
    follows
      ? `The store lists '${entry.key}', which does not start with '${range.prefix}'.`
      : `The store lists '${entry.key}' after '${before}'; S3 lists keys in the order of their UTF-8 bytes.`,
    {
      hint: "a listing in another order cannot be split or resumed; take an inventory with the store's own tools",
    },
  );
}

function repeated({ key, versionId }: ScannedEntry): RunbookError {
  return new RunbookError('LISTING_OUT_OF_ORDER', `The store lists version ${versionId} of '${key}' twice.`, {
    hint: "every version counts once; take an inventory with the store's own tools",
  });
}

function contradiction({ stack }: KeyRange, key: string): RunbookError {
  if (stack.currents === 1) {
    return new RunbookError(
      'LISTING_OUT_OF_ORDER',
      `The current entry of '${key}' is not the first that the store lists; S3 lists the newest entry first.`,
      { hint: "the order of entries decides ties; take an inventory with the store's own tools" },
    );
  }
  return new RunbookError(
    'LISTING_CHANGED',
    `'${key}' shows ${stack.currents} current entries in ${stack.entries}, also after ${REREAD_ATTEMPTS} fresh readings.`,
    { hint: 'stop whatever keeps writing this key, then run the same command again with --resume' },
  );
}
