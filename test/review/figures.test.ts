import { expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatQuantity,
  formatShare,
  formatUsd,
  formatUtc,
} from '../../src/review/figures.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1 kB'],
  [1_234_567, '1.2 MB'],
  [99_949, '99.9 kB'],
  [99_950, '100 kB'],
  [999_499, '999 kB'],
  [999_950, '1 MB'],
  [1_200_000_000_000, '1.2 TB'],
  [5_368_709_120, '5.4 GB'],
  [Number.MAX_SAFE_INTEGER, '9 PB'],
])('%d bytes', (bytes, expected) => expect(formatBytes(bytes)).toBe(expected));

test.each([
  [0, '$0.00'],
  [0.000_001, '\\< $0.01'],
  [0.0099, '\\< $0.01'],
  [0.01, '$0.01'],
  [10.715, '$10.72'],
  [1204.5, '$1,204.50'],
])('%d US dollars', (usd, expected) => expect(formatUsd(usd)).toBe(expected));

test.each([
  [0, 0, ''],
  [0, 10, '0 %'],
  [1, 100_000, '\\< 0.01 %'],
  [86, 10_000, '0.86 %'],
  [1, 3, '33.3 %'],
  [9999, 10_000, '\\> 99.9 %'],
  [10, 10, '100 %'],
])('%d of %d', (part, whole, expected) => expect(formatShare(part, whole)).toBe(expected));

test('counts', () => {
  expect(formatCount(48_211_730)).toBe('48,211,730');
  expect(formatQuantity(1, 'key')).toBe('1 key');
  expect(formatQuantity(0, 'key')).toBe('0 keys');
});

test('a time that is not one of plan.json is refused', () => {
  expect(formatUtc('2025-08-22T11:01:00Z')).toBe('2025-08-22 11:01:00');
  expect(() => formatUtc('2025-08-22T11:01:00+02:00')).toThrow(TypeError);
});
