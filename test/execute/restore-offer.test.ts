import { expect, test } from 'vitest';
import { RunbookError } from '../../src/errors.ts';
import { type ArchivedShare, offerRestore } from '../../src/execute/archived/offer.ts';
import { builtInPrices } from '../../src/plan/prices.ts';
import type { RestoreTier } from '../../src/s3/restore.ts';

const codeOf = (attempt: () => unknown) => {
  try {
    attempt();
    return null;
  } catch (error) {
    return error instanceof RunbookError ? error.code : error;
  }
};

const GIB = 2 ** 30;
const share = (storageClass: string | null, rows = 1_000, gigabytes = 100): ArchivedShare => ({
  storageClass,
  rows,
  bytes: gigabytes * GIB,
});
const offer = (shares: ArchivedShare[], tier: RestoreTier, days: number | null = null) =>
  offerRestore(shares, { tier, days }, builtInPrices());

// 1,000 versions of 100 GiB together, by AWS's list prices.
test.each<[string | null, RestoreTier, number | null, number, number]>([
  ['GLACIER', 'Bulk', 0, 5, 12],
  ['GLACIER', 'Standard', 1.05, 3, 5],
  ['GLACIER', 'Expedited', 13, 1 / 60, 5 / 60],
  ['DEEP_ARCHIVE', 'Bulk', 0.275, 24, 48],
  ['DEEP_ARCHIVE', 'Standard', 2.1, 9, 12],
  ['INTELLIGENT_TIERING', 'Bulk', 0, 5, 48],
  ['INTELLIGENT_TIERING', 'Standard', 0, 3, 12],
  ['INTELLIGENT_TIERING', 'Expedited', 13, 1 / 60, 12],
  [null, 'Bulk', null, 5, 48],
])('%s, %s costs %s and takes %d to %d hours', (storageClass, tier, usd, from, to) => {
  const { classes, restoreUsd } = offer([share(storageClass)], tier);
  const [found] = classes;
  if (usd === null) expect(restoreUsd).toBeNull();
  else expect(restoreUsd).toBeCloseTo(usd);
  expect([found?.fromHours, found?.toHours]).toEqual([from, to]);
});

test('temporary copies are billed as STANDARD for their days, those of Intelligent-Tiering not', () => {
  expect(offer([share('GLACIER')], 'Bulk', 30).storageUsd).toBeCloseTo(2.3);
  expect(offer([share('INTELLIGENT_TIERING')], 'Bulk', 30).storageUsd).toBe(0);
});

test.each<[string, RestoreTier, number, number]>([
  // 5 h unseen, a day of slack, a second of copying; and so on.
  ['GLACIER', 'Bulk', 1, 2],
  ['GLACIER', 'Standard', 1, 2],
  ['DEEP_ARCHIVE', 'Bulk', 2, 3],
  ['DEEP_ARCHIVE', 'Standard', 1, 2],
])('%s, %s: %d days are too short, %d are enough', (storageClass, tier, short, enough) => {
  expect(codeOf(() => offer([share(storageClass)], tier, short))).toBe('RESTORE_WINDOW_TOO_SHORT');
  expect(offer([share(storageClass)], tier, enough).days).toBe(enough);
  expect(offer([share(storageClass)], tier).days).toBe(7);
});

test('more data takes a longer window, and the usual one grows with it', () => {
  const petabytes = share('GLACIER', 1_000_000, 5_000_000);
  expect(codeOf(() => offer([petabytes], 'Bulk', 7))).toBe('RESTORE_WINDOW_TOO_SHORT');
  expect(offer([petabytes], 'Bulk').days).toBeGreaterThan(7);
});

test('Expedited is not for DEEP_ARCHIVE, not even for one version of it', () => {
  const refused = codeOf(() => offer([share('GLACIER'), share('DEEP_ARCHIVE', 1)], 'Expedited'));
  expect(refused).toBe('RESTORE_TIER_UNAVAILABLE');
});
