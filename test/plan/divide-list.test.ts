import { expect, test } from 'vitest';
import { divideList } from '../../src/plan/athena-lists.ts';

const MIB = 1024 * 1024;

/** Limits of Athena and S3: 100 partitions a query, 32 MB a row, 10,000 parts of at least 5 MiB. */
test.each<[bytes: number, slices: number]>([
  [0, 0],
  [1, 1],
  [480 * MIB, 1],
  [480 * MIB + 1, 2],
  [10_200_000_000, 21],
  [102_000_000_000, 100],
  [6_000 * 24 * MIB, 100],
])('%d bytes go into %d slices, within every limit', (bytes, expected) => {
  const { partBytes, slices } = divideList(bytes, 'list');
  expect(slices).toBe(expected);
  expect(partBytes).toBeGreaterThanOrEqual(5 * MIB);
  expect(partBytes).toBeLessThan(32_000_000);
  expect(bytes / partBytes + slices).toBeLessThan(10_000);
});

test('a list that no division fits is refused', () => {
  expect(() => divideList(6_000 * 24 * MIB + 1, 'manifests/scenario2.csv')).toThrow(
    'manifests/scenario2.csv',
  );
});
