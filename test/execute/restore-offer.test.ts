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
  listed: rows,
});
const INPUTS = { mode: 'bucket-rollback', storageClass: 'STANDARD' } as const;
const HERE = { asks: false, copies: false };
const BY_JOBS = { asks: true, copies: true };
const offer = (shares: ArchivedShare[], tier: RestoreTier, days: number | null = null, who = HERE) =>
  offerRestore(shares, { tier, days, agreedDays: null, ...who }, INPUTS, builtInPrices());

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

// 12 h until it is restored, 3 h until that is seen, a day of slack, some seconds of copying; and so on.
const WINDOWS: [string, RestoreTier, number, number][] = [
  ['GLACIER', 'Bulk', 1, 2],
  ['GLACIER', 'Standard', 1, 2],
  ['DEEP_ARCHIVE', 'Bulk', 3, 4],
  ['DEEP_ARCHIVE', 'Standard', 1, 2],
];
test.each(WINDOWS)('%s, %s: %d days are too short, %d are enough', (storageClass, tier, short, enough) => {
  for (const who of [HERE, BY_JOBS]) {
    expect(codeOf(() => offer([share(storageClass)], tier, short, who))).toBe('RESTORE_WINDOW_TOO_SHORT');
    expect(offer([share(storageClass)], tier, enough, who).days).toBe(enough);
    expect(offer([share(storageClass)], tier, null, who).days).toBe(7);
  }
});

test('jobs say of no version when they asked for it: the time that they take counts', () => {
  // 200 million requests at 1,000 a second take 56 hours; tasks copy them in 7.
  const many = share('GLACIER', 200_000_000, 1_000);
  expect(codeOf(() => offer([many], 'Standard', 2, BY_JOBS))).toBe('RESTORE_WINDOW_TOO_SHORT');
  expect(offer([many], 'Standard', 2, { asks: false, copies: true }).days).toBe(2);
});

test('what was agreed to is not refused later', () => {
  const asked = { tier: 'Bulk', days: null, agreedDays: 1, ...BY_JOBS } as const;
  expect(offerRestore([share('DEEP_ARCHIVE')], asked, INPUTS, builtInPrices()).days).toBe(1);
});

test('jobs that ask cost by the job and by the object; those of rows that no job takes cost nothing', () => {
  const shares = [
    share('GLACIER', 1_000_000),
    share('DEEP_ARCHIVE', 1_000_000),
    { ...share(null), listed: 0 },
  ];
  expect(offer(shares, 'Bulk', null, BY_JOBS)).toMatchObject({ restoreJobs: 2, restoreJobsUsd: 2.5 });
  expect(offer(shares, 'Bulk')).toMatchObject({ restoreJobs: 0, restoreJobsUsd: 0, restoreWith: 'direct' });
});

test('tasks that copy cost their job, tasks and invocations on top of the requests', () => {
  const million = share('GLACIER', 1_000_000, 100);
  const [here, tasks] = [HERE, BY_JOBS].map((who) => offer([million], 'Bulk', null, who));
  // A million of copies at $5, of guards and of looks at $0.40 a HEAD.
  expect(here?.copyUsd).toBeGreaterThan(5.8);
  expect(here?.copyUsd).toBeLessThan(7.5);
  expect(tasks?.copyUsd).toBeGreaterThan((here?.copyUsd ?? 0) + 0.25);
  expect(tasks?.copyHours).toBeLessThan(here?.copyHours ?? 0);
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
