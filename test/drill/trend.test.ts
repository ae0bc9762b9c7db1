import { describe, expect, test } from 'vitest';
import type { Drill } from '../../src/drill/drill-file.ts';
import { planIncident } from '../../src/drill/incident.ts';
import { scratchBucketName } from '../../src/drill/scratch-bucket.ts';
import { readTrend, sparkline } from '../../src/drill/trend.ts';
import { drillOf } from './drills.ts';

const timeToRollBack = (now: Drill, earlier: Drill[]) =>
  readTrend(now, earlier).measures.find(({ name }) => name === 'timeToRollBack');

describe('a drill is slower', () => {
  /** One line a history of times to roll back, the last one this drill's. */
  test.each<[seconds: (number | null)[], isSlower: boolean]>([
    [[10, 10, 10, 16], true],
    [[10, 10, 10, 15], false],
    [[10, 10, 16], false],
    [[2, 2, 2, 6], false],
    [[100, 10, 10, 11], false],
    [[10, null, 10, 10, 20], true],
    [[10, null, 10, 20], false],
    [[10, 10, 10, null], false],
  ])('after %j: %s', (seconds, isSlower) => {
    const drills = seconds.map((value) => drillOf(value));
    expect(timeToRollBack(drills.at(-1) ?? drillOf(1), drills.slice(0, -1))).toMatchObject({ isSlower });
  });

  test('than those alone that did the same', () => {
    const others = [1, 1, 1, 1].map((value) => drillOf(value, 10));
    expect(timeToRollBack(drillOf(100), others)).toMatchObject({
      values: [100],
      median: null,
      isSlower: false,
    });
  });
});

test('the trend holds the newest twenty, and counts what failed', () => {
  const earlier = Array.from({ length: 30 }, (_, i) => drillOf(i === 29 ? null : 10));
  const { drills, failures } = readTrend(drillOf(10), earlier);
  expect(drills).toHaveLength(20);
  expect(failures).toBe(1);
  expect(drills.at(-2)).toMatchObject({ passed: false, code: 'DRILL_FAILED' });
});

test('sparkline', () => {
  expect(sparkline([1, 2, null, 4, 8])).toBe('▂▃·▅█');
  expect(sparkline([0, 0])).toBe('▁▁');
  expect(sparkline([])).toBe('');
});

test('the bucket is named after account and Region', () => {
  expect(scratchBucketName('123456789012', 'ap-southeast-1')).toBe(
    's3-rewind-drill-123456789012-ap-southeast-1',
  );
  expect(() => scratchBucketName('', '')).toThrow(expect.objectContaining({ code: 'INVALID_BUCKET' }));
});

test.each([10, 11, 40, 1000])('an incident of %i objects changes what it says it changes', (objects) => {
  const { good, bad, expected } = planIncident('p/', objects);
  const added = [...bad.keys()].filter((key) => !good.has(key)).length;
  const overwritten = [...good].filter(([key, text]) => bad.has(key) && bad.get(key) !== text).length;
  const deleted = [...good.keys()].filter((key) => !bad.has(key)).length;
  expect(good.size).toBe(objects);
  expect(expected[1]).toBe(added);
  // One of three deleted objects was overwritten before: a copy brings it back.
  expect((expected[2] ?? 0) + (expected['3b'] ?? 0)).toBe(overwritten + deleted);
  expect(Math.min(added, overwritten, deleted)).toBeGreaterThan(0);
});
