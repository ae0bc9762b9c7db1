import { expect, test } from 'vitest';
import { estimateRemaining, type Reach } from '../../src/inventory/listing/coverage.ts';

const reach = (
  entries: number,
  first: string | null,
  position: string | null,
  end: string | null,
): Reach => ({
  ...{ first, position, end, expected: null, done: false },
  part: { entries },
});
const FINISHED = { ...reach(9000, 'a', 'b', 'c'), done: true };
const HALF = reach(1000, 'k00', 'k50', 'ka');

test.each([
  ['numbers', reach(1000, 'k0000000', 'k2500000', 'k5'), 1000],
  ['hexadecimal digits', reach(1000, '00000000', '7fffffff', 'c'), 500],
  [
    'a range from the first key on, all keys in the same folders',
    reach(2000, 'raw/tenant-00/2025-00/0', 'raw/tenant-09/2025-00/0', 'raw/tenant-3'),
    4700,
  ],
  [
    'an end beyond what the names of the folders use',
    reach(6000, 'live/customer-58/000', 'live/customer-58/600', 'live/customer-580'),
    4000,
  ],
])('%s', (_, range, expected) => {
  const remaining = estimateRemaining([range]) ?? 0;
  expect(remaining / expected).toBeGreaterThan(0.7);
  expect(remaining / expected).toBeLessThan(1.4);
});

test('a range that is listed to its end has nothing left', () => {
  expect(estimateRemaining([FINISHED])).toBe(0);
});

test.each([
  ['no page was listed', reach(0, null, null, 'k5')],
  ['a page of ten entries', reach(10, 'k0', 'k1', 'k5')],
  ['no end is known', reach(5000, 'k0', 'k1', null)],
])('%s: nothing tells', (_, range) => {
  expect(estimateRemaining([range])).toBeNull();
  expect(estimateRemaining([FINISHED, range])).toBeNull();
  // It is taken to be like the others, or as it was estimated when it was split off.
  expect(estimateRemaining([HALF, range])).toBeCloseTo(2 * (estimateRemaining([HALF]) ?? 0));
  expect(estimateRemaining([{ ...range, expected: 700 }])).toBe(700);
});

test('one range that seems far larger than all others is not believed', () => {
  const far = { ...reach(0, null, null, null), expected: 1e12 };
  expect(estimateRemaining([HALF, HALF, HALF, far])).toBeLessThan(20_000);
});
