import { setTimeout as sleep } from 'node:timers/promises';
import { estimateRemaining, shareExpected } from './coverage.ts';
import type { KeyRange } from './key-range.ts';
import type { RequestPace } from './pace.ts';
import { type Marker, parsePage, type VersionsPage } from './page.ts';
import { NO_PROGRESS, type PartialFolder } from './partial-folder.ts';
import { type Split, SplitExperience } from './split.ts';
import { takePage } from './take-page.ts';

/** One request of ListObjectVersions. */
export type PageRequest = {
  prefix: string;
  /** null: from the first key */
  marker: Marker | null;
  /** asks for a short page; undefined: as many as the store gives, 1,000 on S3 */
  maxEntries?: number;
};

/** Answers the raw XML of a page. @throws RetryableError when it may succeed if asked again */
export type ListPage = (request: PageRequest, signal: AbortSignal) => Promise<string>;

/** How often a range that lists slowly is written to disk, and the state with it. */
const CHECKPOINT_MS = 1000;
/** First page of a part that was given away: where it turns out to be empty, little was sent in vain. */
const PROBE_ENTRIES = 10;
/** A part with fewer entries was not worth its requests. */
const WORTHWHILE_ENTRIES = 500;
/** How many such parts there may be: so many at first, to find out how keys are spread, then a share of the pages. */
const FREE_POOR_PARTS = 64;
const POOR_PARTS_PER_PAGE = 0.25;

/**
 * Lists ranges of keys at the same time. Whenever fewer ranges are under way than requests may be, the range that
 * seems to have the most left gives away a part; where nothing is left to give away, the rest finishes alone.
 */
export class Lister {
  readonly ranges: KeyRange[];
  readonly #listPage: ListPage;
  readonly #pace: RequestPace;
  readonly #folder: PartialFolder;
  readonly #abort: AbortController;
  readonly #active = new Set<KeyRange>();
  readonly #waiting: KeyRange[];
  readonly #gifts = new WeakMap<KeyRange, { shape: string }>();
  readonly #experience = new SplitExperience();
  readonly #finished = Promise.withResolvers<void>();
  #failure: { error: unknown } | null = null;
  #pages = 0;
  #poorParts = 0;

  constructor(options: {
    ranges: KeyRange[];
    listPage: ListPage;
    pace: RequestPace;
    folder: PartialFolder;
    abort: AbortController;
  }) {
    this.ranges = options.ranges;
    this.#waiting = options.ranges.filter((range) => !range.done).toReversed();
    this.#listPage = options.listPage;
    this.#pace = options.pace;
    this.#folder = options.folder;
    this.#abort = options.abort;
  }

  get activeRanges(): number {
    return this.#active.size;
  }

  get entries(): number {
    return countEntries(this.ranges);
  }

  /** Entries that are estimated to be left; null while nothing tells. */
  get remaining(): number | null {
    return estimateRemaining(this.ranges);
  }

  /**
   * Lists every range to its end, and notes the progress as it goes.
   * @param saveState writes what is on disk to the state file
   * @throws RunbookError, or the reason of the abort; whatever was listed is on disk by then
   */
  async run(saveState: () => Promise<void>): Promise<void> {
    const checkpoints = this.#saveRegularly(saveState);
    this.#startRanges();
    await this.#finished.promise;
    await checkpoints.stop();
    await saveState();
    if (this.#failure !== null) throw this.#failure.error;
  }

  #saveRegularly(saveState: () => Promise<void>): { stop: () => Promise<void> } {
    const ending = new AbortController();
    const loop = async () => {
      for (;;) {
        await sleep(CHECKPOINT_MS, undefined, { signal: ending.signal }).catch(() => {});
        if (ending.signal.aborted) return;
        await saveState();
      }
    };
    const running = loop().catch((error) => this.#fail(error));
    return {
      stop: async () => {
        ending.abort();
        await running;
      },
    };
  }

  /** Starts as many ranges as requests may be under way: those that wait first, then parts of running ones. */
  #startRanges(): void {
    while (this.#failure === null && this.#active.size < this.#pace.limit) {
      const range = this.#waiting.pop() ?? this.#splitLargest();
      if (range === null) break;
      this.#active.add(range);
      void this.#listRange(range).finally(() => {
        this.#active.delete(range);
        this.#startRanges();
      });
    }
    if (this.#active.size === 0) this.#finished.resolve();
  }

  #splitLargest(): KeyRange | null {
    if (this.#poorParts > FREE_POOR_PARTS + this.#pages * POOR_PARTS_PER_PAGE) return null;
    let largest: ({ range: KeyRange } & Split) | null = null;
    for (const range of this.#active) {
      const split = range.chooseSplit(this.#experience);
      if (split !== null && split.size > (largest?.size ?? 0)) largest = { range, ...split };
    }
    if (largest === null) return null;
    const { range: giver, key, shape } = largest;
    const bounds = { id: this.ranges.length, prefix: giver.prefix, start: key, end: giver.end };
    const taker = this.#folder.openRange(bounds, NO_PROGRESS);
    shareExpected(giver, taker, key);
    giver.end = key;
    this.#gifts.set(taker, { shape });
    this.ranges.push(taker);
    return taker;
  }

  async #listRange(range: KeyRange): Promise<void> {
    try {
      await this.#listPages(range);
    } catch (error) {
      this.#fail(error);
    } finally {
      await range.part.close().catch((error) => this.#fail(error));
    }
  }

  async #listPages(range: KeyRange): Promise<void> {
    const readPage = (prefix: string, marker: Marker | null) => this.#readPage({ prefix, marker });
    const gift = this.#gifts.get(range);
    let lastFlush = performance.now();
    while (!range.done) {
      let page: VersionsPage;
      try {
        const probe = gift !== undefined && range.cursor === null ? { maxEntries: PROBE_ENTRIES } : {};
        page = await this.#readPage({ prefix: range.prefix, marker: range.marker, ...probe });
      } catch (error) {
        // Between two pages the range can be noted as it is; inside one it goes on from the last note.
        await range.flush();
        throw error;
      }
      await takePage(range, page, readPage);
      range.part.seal();
      if (page.entries.length >= WORTHWHILE_ENTRIES) this.#pages += 1;
      if (range.part.isFull || performance.now() - lastFlush > CHECKPOINT_MS) {
        await range.flush();
        lastFlush = performance.now();
      }
      this.#startRanges();
    }
    if (gift !== undefined) {
      const isPoor = range.part.entries < WORTHWHILE_ENTRIES;
      if (isPoor) this.#poorParts += 1;
      this.#experience.note(gift.shape, isPoor);
    }
    await range.flush();
  }

  #readPage(request: PageRequest): Promise<VersionsPage> {
    const { signal } = this.#abort;
    return this.#pace.send(async () => parsePage(await this.#listPage(request, signal)));
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#abort.abort(this.#failure.error);
  }
}

export function countEntries(ranges: readonly KeyRange[]): number {
  return ranges.reduce((total, range) => total + range.part.entries, 0);
}

export function countKeys(ranges: readonly KeyRange[]): number {
  return ranges.reduce((total, range) => total + range.keys, 0);
}
