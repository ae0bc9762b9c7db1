import { compareKeys, sharedPrefixLength } from '../../s3/key-order.ts';

/**
 * Where to split a range of keys that is being listed, knowing only the keys seen so far. S3 tells neither the last
 * key nor how keys are spread, but keys share prefixes: the text that the first and the last key of a page have in
 * common is what a page cannot cross, so that whatever differs before its end belongs to far more than a page.
 *
 * A split key need not exist. The range keeps the keys up to it and gives the keys behind it away; ListObjectVersions
 * goes on behind a `key-marker` whether or not there is such a key. A key is on one side with its whole stack.
 */

export type SplitBasis = {
  /** the last key that was listed */
  position: string;
  /** what every key of the last page has in common, as a length in UTF-16 units */
  pageDepth: number;
  /** last key of the range, which need not exist; null: no end is known */
  end: string | null;
  /** length of the literal prefix that is listed; S3-compatible stores refuse markers outside of it */
  prefixLength: number;
};

export type Split = {
  key: string;
  /** how many characters of keys lie between what the range spans and what a page spans: more is larger */
  levels: number;
};

/** The share of the levels that are passed over: coarse splits give away more, fine ones are more often of use. */
const SKIPPED_SHARE = 1 / 3;
const MAX_CODE_POINT = 0x10ffff;

/** Finds the key to split a range at, behind its position and before its end, or null where there is no room. */
export function chooseSplit({ position, pageDepth, end, prefixLength }: SplitBasis): Split | null {
  const shared = end === null ? 0 : sharedPrefixLength(position, end);
  const coarsest = Math.max(shared, prefixLength);
  const finest = Math.max(pageDepth, coarsest);
  const start = coarsest + Math.floor((finest - coarsest) * SKIPPED_SHARE);
  for (let at = characterStart(position, start); at <= finest && at < position.length; ) {
    const point = position.codePointAt(at) ?? 0;
    const endPoint = end !== null && at === shared ? end.codePointAt(at) : undefined;
    const next = between(point, endPoint);
    if (next !== null) {
      const key = position.slice(0, at) + String.fromCodePoint(next);
      if (end === null || compareKeys(key, end) < 0) return { key, levels: finest - at + 1 };
    }
    at += point > 0xffff ? 2 : 1;
  }
  return null;
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

/** Moves back to the start of a character where an index points inside one. */
function characterStart(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  return index > 0 && unit >= 0xdc00 && unit <= 0xdfff ? index - 1 : index;
}
