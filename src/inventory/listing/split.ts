import { compareKeys, sharedPrefixLength } from '../../s3/key-order.ts';
import { MAX_KEY_BYTES } from '../../s3/rollback.ts';

/**
 * Where to split a range of keys that is being listed, knowing only the keys of its last page. S3 tells neither the
 * last key nor how keys are spread. But within one page keys change from some character on; whatever lies before it
 * changes with far more keys than a page has. So the characters between the last key and the end of the range give an
 * estimate of the pages that are left, on a logarithmic scale, and a choice of keys to split at.
 *
 * A split key need not exist. The range keeps the keys up to it and gives the keys behind it away; ListObjectVersions
 * goes on behind a `key-marker` whether or not there is such a key. A key is on one side with its whole stack.
 */

export type SplitBasis = {
  /** first key of the last page, and the last key that was listed */
  pageStart: string;
  position: string;
  /** last key of the range, which need not exist; null: no end is known */
  end: string | null;
  /** length of the literal prefix that is listed; S3-compatible stores refuse markers outside of it */
  prefixLength: number;
  /** what earlier splits in keys of the same shape brought */
  experience: SplitExperience;
};

export type Split = {
  key: string;
  /** logarithm of the pages that are estimated to be left */
  size: number;
  /** shape of the keys' text before the character that the split changes */
  shape: string;
};

type Candidate = Omit<Split, 'shape'> & { at: number };

/**
 * Keys of a bucket are alike: where numbers are padded with zeros in one folder, they are in the next. A place where
 * splits gave away parts with next to nothing in them is left alone.
 */
export class SplitExperience {
  readonly #poor = new Map<string, number>();
  readonly #rich = new Map<string, number>();

  note(shape: string, isPoor: boolean): void {
    const counts = isPoor ? this.#poor : this.#rich;
    if (counts.size < MAX_SHAPES) counts.set(shape, (counts.get(shape) ?? 0) + 1);
  }

  isHopeless(shape: string): boolean {
    const poor = this.#poor.get(shape) ?? 0;
    return poor >= 3 && poor > 4 * (this.#rich.get(shape) ?? 0);
  }
}

const MAX_SHAPES = 10_000;

/**
 * Where between one page and the whole rest a split is best, on the logarithmic scale. Coarse splits give large parts
 * away; the very coarsest fall into what all keys have in common more often (measured in bench/lister.md).
 */
const PREFERRED_SIZE = 0.92;
/** A range keeps at least this many pages, or a split costs more than it brings. */
const MIN_PAGES = 1.5;
const MAX_CODE_POINT = 0x10ffff;

/** Finds the key to split a range at, behind its position and before its end, or null where it is not worth it. */
export function chooseSplit(basis: SplitBasis): Split | null {
  const candidates = [...splitKeys(basis)].filter(({ size }) => size >= Math.log(MIN_PAGES));
  const whole = Math.max(...candidates.map(({ size }) => size));
  const distance = ({ size }: Candidate) => Math.abs(size - whole * PREFERRED_SIZE);
  for (const { key, at } of candidates.toSorted((left, right) => distance(left) - distance(right))) {
    const shape = shapeOf(basis.position, at);
    if (!basis.experience.isHopeless(shape)) return { key, size: whole, shape };
  }
  return null;
}

/** The text before a place with digits as 0 and letters as a, runs before the last one at one character each. */
function shapeOf(key: string, at: number): string {
  const kinds = key
    .slice(0, at)
    .replace(/\p{Nd}/gu, '0')
    .replace(/\p{L}/gu, 'a');
  const last = /(?:0*|a*)$/.exec(kinds)?.[0] ?? '';
  return (
    kinds
      .slice(0, kinds.length - last.length)
      .replace(/0+/g, '0')
      .replace(/a+/g, 'a') + last
  );
}

/** One key to split at for each character between what the range spans and what the last page spans. */
function* splitKeys({ pageStart, position, end, prefixLength }: SplitBasis): Generator<Candidate> {
  const shared = end === null ? 0 : sharedPrefixLength(position, end);
  const pageDepth = sharedPrefixLength(pageStart, position);
  const coarsest = Math.max(shared, prefixLength);
  const speed = Math.log(Math.max(1, rankAt(position, pageDepth) - rankAt(pageStart, pageDepth)));
  let scale = 0;
  for (let at = Math.min(pageDepth, position.length - 1); at >= coarsest; at -= 1) {
    const point = position.codePointAt(at) ?? 0;
    // Second half of a character beyond U+FFFF: its first half comes next.
    if (point >= 0xdc00 && point <= 0xdfff) continue;
    const endPoint = end !== null && at === shared ? end.codePointAt(at) : undefined;
    const next = between(point, endPoint);
    const key = next === null ? null : position.slice(0, at) + String.fromCodePoint(next);
    if (next !== null && key !== null && fits(key) && (end === null || compareKeys(key, end) < 0)) {
      yield { key, at, size: scale + Math.log(next - point) - speed };
    }
    scale += Math.log(spreadOf(point));
  }
}

/** A marker is a key: S3 may refuse a longer one ("Creating object key names"). */
function fits(key: string): boolean {
  return Buffer.byteLength(key) <= MAX_KEY_BYTES;
}

/** How many characters keys are likely to use in the place of this one. Words differ less than numbers do. */
function spreadOf(point: number): number {
  if (point >= 0x30 && point <= 0x39) return 10;
  return isLetter(point) || point >= 0x80 ? 3 : 1.5;
}

function isLetter(point: number): boolean {
  return (point >= 0x41 && point <= 0x5a) || (point >= 0x61 && point <= 0x7a);
}

function rankAt(key: string, at: number): number {
  return key.codePointAt(at) ?? 0;
}

/**
 * A character behind `point`, halfway to `limit` or to the end of the class of characters that keys of this kind are
 * likely to use here: digits, letters, a block of 256 beyond ASCII.
 */
function between(point: number, limit: number | undefined): number | null {
  const classEnd = endOfClass(point);
  const bound = limit === undefined || limit > classEnd ? classEnd + 1 : limit;
  const middle = representable(point + Math.max(1, Math.ceil((bound - point) / 2)));
  if (middle > MAX_CODE_POINT) return null;
  return limit === undefined || middle <= limit ? middle : null;
}

function endOfClass(point: number): number {
  if (point >= 0x30 && point <= 0x39) return 0x39;
  if (point >= 0x41 && point <= 0x5a) return 0x5a;
  if (point >= 0x61 && point <= 0x7a) return 0x7a;
  return point < 0x80 ? point : point | 0xff;
}

/** The next character that XML and every store can carry: no control, surrogate or noncharacter. */
function representable(point: number): number {
  if (point < 0x20) return 0x20;
  if (point >= 0x7f && point < 0xa0) return 0xa0;
  if (point >= 0xd800 && point < 0xe000) return 0xe000;
  return point === 0xfffe || point === 0xffff ? 0x10000 : point;
}
