import { sharedPrefixLength } from '../../s3/key-order.ts';
import type { KeyRange } from './key-range.ts';

/**
 * How many entries are left to list. S3 tells neither how many a bucket has nor its last key, so this is an estimate,
 * which corrects itself as keys are seen: a range holds entries behind its position as densely as it does before it.
 */
export type Reach = Pick<KeyRange, 'done' | 'first' | 'position' | 'end' | 'expected'> & {
  part: { readonly entries: number };
};

/** With fewer entries a range says nothing of how densely it is filled. */
const TELLING_ENTRIES = 500;
/** Below this share the keys up to the position say nothing of those up to the end: something else lies between. */
const TELLING_SHARE = 1e-6;
/** The largest range is split first, so that they stay alike; one that seems far larger ends in a gap of the keys. */
const LARGEST_PER_MEDIAN = 8;

/** @returns entries that are not listed yet; null while nothing tells */
export function estimateRemaining(ranges: readonly Reach[]): number | null {
  const estimates = ranges.filter(({ done }) => !done).map(remainingOf);
  if (estimates.length === 0) return 0;
  const known = estimates.filter((estimate) => estimate !== null).toSorted((left, right) => left - right);
  const median = known[known.length >> 1];
  if (median === undefined) return null;
  const most = LARGEST_PER_MEDIAN * median;
  const total = known.reduce((sum, estimate) => sum + Math.min(estimate, most), 0);
  // Ranges of which nothing is known are taken to be like the others.
  return (total / known.length) * estimates.length;
}

/** Notes what is expected on both sides of a split. To be called while the giver has its old end. */
export function shareExpected(giver: KeyRange, taker: KeyRange, key: string): void {
  const { position, end } = giver;
  const remaining = remainingOf(giver);
  if (remaining === null || position === null || end === null) return;
  const share = 1 - shareBefore(key, position, end);
  taker.expected = remaining * share;
  giver.expected = remaining * (1 - share);
}

function remainingOf({ done, first, position, end, expected, part }: Reach): number | null {
  if (done) return 0;
  if (first === null || position === null || end === null || part.entries < TELLING_ENTRIES) return expected;
  const share = shareBefore(position, first, end);
  return share < TELLING_SHARE ? expected : (part.entries * (1 - share)) / share;
}

const CHARACTERS_COMPARED = 12;

/**
 * Where a key lies between two others, from 0 to 1, if keys were spread evenly. What the key and the first one have in
 * common where the last one differs already, such as the name of a folder, is taken for the only one there is.
 */
function shareBefore(key: string, from: string, end: string): number {
  const shared = Math.min(sharedPrefixLength(from, end), sharedPrefixLength(key, end));
  const differs = Math.max(shared, sharedPrefixLength(from, key));
  const telling = (text: string) =>
    text.slice(shared, shared + 1) + text.slice(Math.max(differs, shared + 1));
  const keys = [
    telling(from),
    telling(key),
    differs > shared ? end.slice(shared, shared + 1) : end.slice(shared),
  ];
  const places = [0, 0, 0];
  let unit = 1;
  for (let at = 0; at < CHARACTERS_COMPARED; at += 1) {
    const characters = keys.map((text) => text[at] ?? '');
    const alphabet = ALPHABETS.find((letters) =>
      characters.every((character) => letters.includes(character)),
    );
    unit /= (alphabet?.length ?? CHARACTER_CODES) + 1;
    for (const [index, character] of characters.entries()) {
      const rank = alphabet?.indexOf(character) ?? Math.min(character.charCodeAt(0), CHARACTER_CODES - 1);
      // A text that ended before comes before all that go on.
      if (character !== '') places[index] = (places[index] ?? 0) + (rank + 1) * unit;
    }
  }
  const [low = 0, middle = 0, high = 0] = places;
  return high <= low ? 1 : Math.min(1, Math.max(0, (middle - low) / (high - low)));
}

/** What keys are likely to be made of in one place, in their order: all that numbers need are ten digits. */
const ALPHABETS = [
  '0123456789',
  '0123456789abcdef',
  '0123456789ABCDEF',
  'abcdefghijklmnopqrstuvwxyz',
  'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
];
const CHARACTER_CODES = 1024;
