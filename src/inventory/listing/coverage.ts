import { sharedPrefixLength } from '../../s3/key-order.ts';
import type { KeyRange } from './key-range.ts';

/** As far as an estimate goes. What is left then is not known, and may be a lot. */
const MOST_BEFORE_THE_END = 0.99;
/** What has been listed of less than this says nothing about the rest. */
const LEAST_TO_GO_BY = 0.05;

/**
 * How much of the work is done. S3 does not tell how many entries a bucket has, so this is an estimate: a range that
 * is split is taken to be split in halves, unless the part given away turns out to be empty, and within a range the
 * position is read off the characters of the keys. It is whole only when every range is.
 */
export function estimateCoverage(ranges: readonly KeyRange[]): number {
  const done = ranges.reduce(
    (total, range) => total + range.weight * (range.done ? 1 : shareListed(range)),
    0,
  );
  return ranges.every((range) => range.done) ? 1 : Math.min(MOST_BEFORE_THE_END, done);
}

/** @returns null where the coverage says nothing about the time */
export function estimateSecondsLeft(seconds: number, coverage: number): number | null {
  if (coverage <= LEAST_TO_GO_BY || coverage >= MOST_BEFORE_THE_END) return null;
  return seconds / coverage - seconds;
}

/** Gives half of what a range has left to the range that is split off it. To be called while it has its old end. */
export function shareWeight(giver: KeyRange, taker: KeyRange): void {
  const share = (giver.weight * (1 - shareListed(giver))) / 2;
  giver.weight -= share;
  taker.weight += share;
}

/** Takes the share back from a range that turned out to hold nothing. */
export function returnWeight(giver: KeyRange, taker: KeyRange): void {
  giver.weight += taker.weight;
  taker.weight = 0;
}

const CHARACTERS_COMPARED = 5;
const BASE = 128;

function shareListed({ prefix, start, position, end }: KeyRange): number {
  if (position === null || end === null) return 0;
  const from = start ?? prefix;
  const shared = Math.min(sharedPrefixLength(from, end), sharedPrefixLength(position, end));
  const low = place(from, shared);
  const width = place(end, shared) - low;
  return width <= 0 ? 0 : Math.min(1, Math.max(0, (place(position, shared) - low) / width));
}

function place(key: string, from: number): number {
  let value = 0;
  for (let index = 0; index < CHARACTERS_COMPARED; index += 1) {
    const code = Math.min(BASE - 1, key.charCodeAt(from + index) || 0);
    value = value * BASE + code;
  }
  return value;
}
