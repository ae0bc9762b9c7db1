import type { KeyClass } from '../src/s3/rollback.ts';
import { CHANGED_HISTORIES, coprimeNear, type History, PERIOD, UNCHANGED_HISTORIES } from './histories.ts';

export type Format = 'csv' | 'parquet';
export const FORMATS: readonly Format[] = ['csv', 'parquet'];

const MAX_HOSTILE_KEYS = 300;
/** Share of hostile keys in small inventories. */
const HOSTILE_SHARE = 0.01;
const GOLDEN_RATIO = 0.618_033_988_75;

/**
 * How an inventory with an exact number of entries is cut into keys. Every key has a number (its place in key order)
 * and a rank; ranks below `changedKeys` are the changed keys. `(number × stride) mod ordinaryKeys` spreads the ranks over
 * the ordinary keys; hostile keys take the first and the last ranks in turn, so that half of them are changed.
 */
export type Layout = {
  entries: number;
  keys: number;
  changedKeys: number;
  hostileKeys: number;
  /** The last keys by rank have one entry more than their history, so that the entries add up. */
  extendedKeys: number;
  stride: number;
};

const lengths = (histories: readonly History[]) => histories.map(({ entries }) => entries.length);
const CHANGED_LENGTHS = lengths(CHANGED_HISTORIES);
const UNCHANGED_LENGTHS = lengths(UNCHANGED_HISTORIES);

/** Finds the layout with exactly `entries` entries of which exactly the share `changed` of the keys is changed. */
export function planLayout(entries: number, changed: number): Layout {
  let low = 0;
  let high = entries;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (countEntries(middle, changed) <= entries) low = middle;
    else high = middle - 1;
  }
  const keys = low;
  const hostile = Math.min(MAX_HOSTILE_KEYS, Math.floor((keys * HOSTILE_SHARE) / 2) * 2);
  const ordinary = keys - hostile;
  return {
    entries,
    keys,
    changedKeys: Math.round(keys * changed),
    hostileKeys: hostile,
    extendedKeys: entries - countEntries(keys, changed),
    stride: coprimeNear(Math.max(1, Math.floor(ordinary * GOLDEN_RATIO)), Math.max(1, ordinary)),
  };
}

/** Counts the keys of each class that Bucket Rollback must find. */
export function expectedClasses(layout: Layout, format: Format): Partial<Record<KeyClass, number>> {
  const counts: Partial<Record<KeyClass, number>> = {};
  const add = (histories: readonly History[], from: number, to: number) => {
    histories.forEach((history, slot) => {
      const keyClass = format === 'csv' ? history.csvClass : history.parquetClass;
      counts[keyClass] = (counts[keyClass] ?? 0) + timesBelow(to, slot) - timesBelow(from, slot);
    });
  };
  add(CHANGED_HISTORIES, 0, layout.changedKeys);
  add(UNCHANGED_HISTORIES, layout.changedKeys, layout.keys);
  return counts;
}

function countEntries(keys: number, changed: number): number {
  const changedKeys = Math.round(keys * changed);
  const below = (rank: number, sizes: readonly number[]) =>
    sizes.reduce((sum, size, slot) => sum + size * timesBelow(rank, slot), 0);
  return (
    below(changedKeys, CHANGED_LENGTHS) +
    below(keys, UNCHANGED_LENGTHS) -
    below(changedKeys, UNCHANGED_LENGTHS)
  );
}

/** How many ranks below `rank` fall into a slot of the period. */
function timesBelow(rank: number, slot: number): number {
  return Math.floor((rank + PERIOD - 1 - slot) / PERIOD);
}
