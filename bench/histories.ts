import type { KeyClass } from '../src/s3/rollback.ts';

/**
 * The histories that a generated inventory is made of, one line each, in the notation of the truth table: entries
 * before the point in time P, an arrow, entries after it, oldest first. `V` is an object version, `D` a delete marker.
 * Flags behind the letter:
 *   a archived class · t Intelligent-Tiering in an archive tier · b over 5 GiB · m multipart upload · c SSE-C
 *   n version ID `null` · w multipart upload begun in the 24 h before P · r written in the 24 h before P
 *   p exactly at P · s one second after P · = in the same second as the entry before it
 */
const NOTATION = /^(?<kind>[VD])(?<flags>[atbmcnwrps=]*)$/;

/** Histories repeat with this period of keys; shares are given in parts of it. */
export const PERIOD = 1000;

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Longest stack before P, which bounds how far back a history reaches. */
const MAX_STEP = 5;

/** One entry of a history: everything about it that does not depend on the key. Seconds are relative to P. */
export type EntryShape = {
  marker: boolean;
  start: number;
  spread: number;
  archived: boolean;
  archiveTier: boolean;
  large: boolean;
  multipart: boolean;
  nullVersion: boolean;
  customerKey: boolean;
};

export type History = {
  notation: string;
  share: number;
  /** Class under Bucket Rollback, from a CSV inventory and from a Parquet one, which shows encryption and tiers. */
  csvClass: KeyClass;
  parquetClass: KeyClass;
  /** Newest first. */
  entries: readonly EntryShape[];
};

type When = 'incident' | 'ordinary';
type Line = [share: number, notation: string, csvClass: KeyClass, parquetClass?: KeyClass, when?: When];

const CHANGED_LINES: Line[] = [
  // The truth table, within the hour after P.
  [330, 'V -> D', 'remove-delete-markers'],
  [205, 'V -> V', 'copy'],
  [80, '-> V', 'add-delete-marker'],
  [30, 'V -> D D D', 'remove-delete-markers'],
  [25, 'V D -> V', 'add-delete-marker'],
  [20, 'V -> D V D', 'copy'],
  [15, '-> V D', 'already-absent'],
  [10, 'V D -> V D', 'already-absent'],
  [10, 'V D -> D', 'already-absent'],
  [10, '-> D', 'already-absent'],
  [80, 'V V -> D', 'remove-delete-markers'],
  [50, 'V V V -> V', 'copy'],
  // Ordinary traffic that went on afterwards.
  [20, 'V -> V V', 'copy', 'copy', 'ordinary'],
  [15, '-> V', 'add-delete-marker', 'add-delete-marker', 'ordinary'],
  [10, 'V V -> D', 'remove-delete-markers', 'remove-delete-markers', 'ordinary'],
  // What the storage decides.
  [14, 'Va -> V', 'copy-after-restore'],
  [5, 'Va -> D', 'remove-delete-markers'],
  [4, 'Vt -> V', 'copy', 'copy-after-restore'],
  [5, 'Vb -> V', 'copy-multipart'],
  [2, 'Vb -> D', 'remove-delete-markers'],
  [10, 'Vm -> Vm', 'copy'],
  [3, 'Vc -> V', 'copy', 'uncopyable'],
  // Versioning that was off at first, or suspended.
  [8, 'Vn -> V', 'copy'],
  [5, 'Vn V -> D', 'remove-delete-markers'],
  [2, 'V -> Dn', 'remove-delete-markers'],
  // Ties that decide, and ties that do not.
  [4, 'V V= -> V', 'ambiguous'],
  [2, 'V V= -> D', 'ambiguous'],
  [1, 'V D= -> V', 'ambiguous'],
  [4, 'V -> V V=', 'copy'],
  [2, 'V -> D D=', 'remove-delete-markers'],
  [3, 'V V= V -> V', 'copy'],
  [2, 'V D D= -> V', 'add-delete-marker'],
  // The edges of P, and uploads that may have become visible after it.
  [3, 'Vp -> V', 'copy'],
  [2, 'Vp -> D', 'remove-delete-markers'],
  [3, 'V -> Vs', 'copy'],
  [1, 'Vr -> D', 'remove-delete-markers'],
  [3, 'Vw -> V', 'suspect-multipart'],
  [2, 'V Vw -> D', 'suspect-multipart'],
];

const UNCHANGED_LINES: Line[] = [
  [470, 'V ->', 'unchanged'],
  [185, 'V V ->', 'unchanged'],
  [90, 'V V V ->', 'unchanged'],
  [45, 'V V V V ->', 'unchanged'],
  [30, 'V V V V V ->', 'unchanged'],
  [50, 'V D ->', 'unchanged'],
  [30, 'V D V ->', 'unchanged'],
  [30, 'Va ->', 'unchanged'],
  [20, 'Vm ->', 'unchanged'],
  [15, 'Vr ->', 'unchanged'],
  [15, 'Vn V ->', 'unchanged'],
  [10, 'Vn ->', 'unchanged'],
  [4, 'V V= ->', 'unchanged'],
  [2, 'Vb ->', 'unchanged'],
  [2, 'Vc ->', 'unchanged'],
  [1, 'Vt ->', 'unchanged'],
  [1, 'Vw ->', 'suspect-multipart'],
];

/** One more entry for the last keys, where the histories alone do not add up to the number asked for. */
export const EXTRA_ENTRY: EntryShape = oneEntry('V', 0, 'before');

/** Histories of keys with entries after P, one for each rank modulo PERIOD. */
export const CHANGED_HISTORIES: History[] = schedule(CHANGED_LINES.map(parseHistory));
/** Histories of keys without entries after P, one for each rank modulo PERIOD. */
export const UNCHANGED_HISTORIES: History[] = schedule(UNCHANGED_LINES.map(parseHistory));

function parseHistory([
  share,
  notation,
  csvClass,
  parquetClass = csvClass,
  when = 'incident',
]: Line): History {
  const [before = '', after = ''] = notation.split('->');
  const entries = [...parseEntries(before, 'before'), ...parseEntries(after, when)].reverse();
  return { notation, share, csvClass, parquetClass, entries };
}

function parseEntries(text: string, era: 'before' | When): EntryShape[] {
  const tokens = text.split(' ').filter((token) => token !== '');
  let step = era === 'before' ? MAX_STEP - tokens.length : 0;
  return tokens.map((token, index) => {
    if (index > 0 && !token.includes('=')) step += 1;
    return oneEntry(token, step, era);
  });
}

function oneEntry(token: string, step: number, era: 'before' | When): EntryShape {
  const groups = NOTATION.exec(token)?.groups;
  if (groups === undefined) throw new Error(`'${token}' is not an entry of a history`);
  const has = (flag: string) => groups.flags?.includes(flag) === true;
  return {
    marker: groups.kind === 'D',
    ...moment(has, step, era),
    archived: has('a'),
    archiveTier: has('t'),
    large: has('b'),
    multipart: has('m') || has('w') || has('b'),
    nullVersion: has('n'),
    customerKey: has('c'),
  };
}

/** The time of an entry is P + start + (hash of the key modulo spread), so entries of one key keep their distances. */
function moment(has: (flag: string) => boolean, step: number, era: 'before' | When) {
  if (has('p')) return { start: 0, spread: 1 };
  if (has('s')) return { start: 1, spread: 1 };
  if (has('w') || has('r')) return { start: -23 * HOUR, spread: 22 * HOUR };
  if (era === 'before') return { start: -602 * DAY - (MAX_STEP - step) * 9 * DAY, spread: 600 * DAY };
  if (era === 'incident') return { start: 5 * MINUTE + step * MINUTE, spread: 40 * MINUTE };
  return { start: HOUR + step * 10 * MINUTE, spread: 8 * HOUR };
}

/** Every history once, so that few keys already show them all, then the rest evenly mixed. */
function schedule(histories: readonly History[]): History[] {
  const total = histories.reduce((sum, { share }) => sum + share, 0);
  if (total !== PERIOD) throw new Error(`the shares of the histories add up to ${total}, not ${PERIOD}`);
  const rest = histories.flatMap((history) => Array<History>(history.share - 1).fill(history));
  const stride = coprimeNear(377, rest.length);
  return [...histories, ...rest.map((history, index) => rest[(index * stride) % rest.length] ?? history)];
}

/** The first number from `start` on that has no factor in common with `modulus`: a stride that visits everything. */
export function coprimeNear(start: number, modulus: number): number {
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  let candidate = start;
  while (gcd(candidate, modulus) !== 1) candidate += 1;
  return candidate;
}
