import { compareKeys } from '../../s3/key-order.ts';
import { MarkerTrail } from './marker-trail.ts';
import type { Marker, VersionsPage } from './page.ts';
import type { PartFile, PartProgress } from './part-file.ts';
import { chooseSplit, type Split, type SplitExperience } from './split.ts';

/** What the entries of one key have shown so far, newest first. */
export type StackView = {
  entries: number;
  /** how many say that they are the current entry; every whole stack has one, on top */
  currents: number;
  startsCurrent: boolean;
};

/** How far a range was listed and written to disk; what a resumed listing goes on from. */
export type RangeProgress = {
  cursor: Marker | null;
  position: string | null;
  stack: StackView;
  part: PartProgress;
  keys: number;
  done: boolean;
  /** the first key that was listed, and how many entries were expected when the range was split: for the estimate */
  first: string | null;
  expected: number | null;
};

const TELLING_ENTRIES = 200;

export const EMPTY_STACK: StackView = { entries: 0, currents: 0, startsCurrent: true };

/**
 * A run of keys that is listed page by page: those that start with `prefix`, come after `start` and not after `end`.
 * Its end moves closer when a part of it is given away.
 */
export class KeyRange {
  readonly id: number;
  readonly prefix: string;
  readonly start: string | null;
  end: string | null;
  readonly part: PartFile;
  /** where the next page begins; null: at the start of the range */
  cursor: Marker | null;
  /** the last key that was listed */
  position: string | null;
  stack: StackView;
  /** version ID of the last entry that was taken; null: none since the command began */
  lastVersionId: string | null = null;
  keys: number;
  done: boolean;
  /** the first key that was listed */
  first: string | null;
  /** entries that were expected when it was split, or split off; null: nothing told */
  expected: number | null;
  /** what is safely on disk, for the checkpoint */
  durable: RangeProgress;
  /** first key of the last page that says how far a page goes */
  #pageStart: string | null = null;
  readonly #trail = new MarkerTrail();

  constructor(
    bounds: { id: number; prefix: string; start: string | null; end: string | null },
    part: PartFile,
    progress: RangeProgress,
  ) {
    this.id = bounds.id;
    this.prefix = bounds.prefix;
    this.start = bounds.start;
    this.end = bounds.end;
    this.part = part;
    this.cursor = progress.cursor;
    this.position = progress.position;
    this.stack = progress.stack;
    this.keys = progress.keys;
    this.done = progress.done;
    this.first = progress.first;
    this.expected = progress.expected;
    this.durable = progress;
  }

  /** The marker to ask the next page with. */
  get marker(): Marker | null {
    return this.cursor ?? (this.start === null ? null : { key: this.start, versionId: null });
  }

  /** Whether a key lies behind the range, where another range lists it. */
  isBeyond(key: string): boolean {
    return this.end !== null && compareKeys(key, this.end) > 0;
  }

  /** Where this range could be split now; null while nothing of it is known, or where there is no room. */
  chooseSplit(experience: SplitExperience): Split | null {
    if (this.done || this.position === null || this.#pageStart === null) return null;
    return chooseSplit({
      pageStart: this.#pageStart,
      position: this.position,
      end: this.end,
      prefixLength: this.prefix.length,
      experience,
    });
  }

  /** Notes how far a page went, once its entries were taken. A short one would make the rest look longer than it is. */
  notePage(page: VersionsPage): void {
    const first = page.entries[0]?.key;
    if (first !== undefined && page.entries.length >= TELLING_ENTRIES) this.#pageStart = detach(first);
    if (first !== undefined) this.first ??= detach(first);
    if (this.position !== null) this.position = detach(this.position);
    if (this.lastVersionId !== null) this.lastVersionId = detach(this.lastVersionId);
  }

  /**
   * Moves on to the next page, or ends the range behind its last key.
   * @throws RunbookError LISTING_STUCK when the store sends the listing in a circle
   */
  advance(next: Marker | null): void {
    if (next === null || this.isBeyond(next.key)) {
      this.done = true;
      return;
    }
    const cursor = { key: detach(next.key), versionId: next.versionId && detach(next.versionId) };
    this.#trail.follow(cursor, this.marker);
    this.cursor = cursor;
  }

  /** Writes what was listed and takes the mark from which a resumed listing goes on. Only between two pages. */
  async flush(): Promise<void> {
    await this.part.flush();
    this.durable = {
      cursor: this.cursor,
      position: this.position,
      stack: { ...this.stack },
      part: this.part.onDisk,
      keys: this.keys,
      done: this.done,
      first: this.first,
      expected: this.expected,
    };
  }
}

/** Copies a text: a slice of a page would keep the whole page in memory for as long as the range is remembered. */
function detach(text: string): string {
  return Buffer.from(text).toString();
}
