import { expect, test } from 'vitest';
import { estimateSecondsLeft } from '../../src/inventory/listing/coverage.ts';

test.each([
  ['of too little', 0.04, null],
  ['of a quarter', 0.25, 30],
  ['of a half', 0.5, 10],
  ['of as much as an estimate gives before the end, when a lot may be left', 0.99, null],
  ['of everything', 1, null],
])('the time left is estimated from 10 s: %s', (_name, coverage, seconds) => {
  expect(estimateSecondsLeft(10, coverage)).toBe(seconds);
});
