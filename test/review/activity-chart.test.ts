import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildActivityChart } from '../../src/review/activity-chart.ts';
import { buildActivity, POINT_IN_TIME } from './sample-plan.ts';

const P = Date.parse(POINT_IN_TIME);

/** One put in each interval, `before` of them up to P and `after` behind it. */
function evenActivity(intervalSeconds: number, before: number, after: number) {
  return {
    intervalSeconds,
    intervals: Array.from({ length: before + after }, (_, i) => ({
      start: `${new Date(P + (i - before) * intervalSeconds * 1000).toISOString().slice(0, 19)}Z`,
      afterPointInTime: i >= before,
      puts: 1,
      deletes: 0,
    })),
  };
}

function labelsOf(mermaid: string | null): string[] {
  return JSON.parse(/x-axis (\[.*\])/.exec(mermaid ?? '')?.[1] ?? '[]');
}

test('totals, and the interval in which most happened', () => {
  const chart = buildActivityChart(buildActivity(), POINT_IN_TIME);
  expect(chart.before).toEqual({ puts: 115_094, deletes: 1742 });
  expect(chart.after).toEqual({ puts: 161_078, deletes: 319_524 });
  expect(chart.busiest).toEqual({ start: '2025-08-22T11:16:00Z', puts: 41_390, deletes: 150_622 });
});

test.each([
  ['minutes', 60, 12, 12, '10:49'],
  ['quarters of an hour', 900, 12, 24, '08:01'],
  ['hours of more than a day', 3600, 12, 24, '21 23h'],
  ['days', 86_400, 6, 10, '08-16'],
  ['years', 28 * 86_400, 12, 24, '2024-09'],
])('labels of %s', (_, seconds, before, after, first) => {
  expect(labelsOf(buildActivityChart(evenActivity(seconds, before, after), POINT_IN_TIME).mermaid)[0]).toBe(
    first,
  );
});

test('no activity, no chart', () => {
  const chart = buildActivityChart({ intervalSeconds: 60, intervals: [] }, POINT_IN_TIME);
  expect(chart).toMatchObject({ mermaid: null, busiest: null, before: { puts: 0 }, after: { puts: 0 } });
});

test('an interval that is missing is an empty column', () => {
  const activity = evenActivity(900, 3, 3);
  activity.intervals = activity.intervals.filter((_, i) => i !== 4);
  const { mermaid } = buildActivityChart(activity, POINT_IN_TIME);
  expect(labelsOf(mermaid)).toEqual(['10:16', '10:31', '10:46', 'P', '11:01', '11:16', '11:31']);
  expect(mermaid).toContain('bar [1, 1, 1, 0, 1, 0, 1]');
});

test('columns differ in name, are few, lose nothing, and are as many in each series', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(1, 60, 90, 300, 900, 3600, 21_600, 86_400, 604_800, 2_419_200),
      fc.nat(200),
      fc.nat(200),
      (seconds, before, after) => {
        const chart = buildActivityChart(evenActivity(seconds, before, after), POINT_IN_TIME);
        const labels = labelsOf(chart.mermaid);
        expect(new Set(labels).size).toBe(labels.length);
        expect(labels.length).toBeLessThanOrEqual(25);
        expect([chart.before.puts, chart.after.puts]).toEqual([before, after]);
        const series = [...(chart.mermaid ?? '').matchAll(/bar \[(.*)\]/g)].map(
          ([, values = '']) => values.split(', ').length,
        );
        expect(new Set(series)).toEqual(new Set(labels.length === 0 ? [] : [labels.length]));
      },
    ),
  );
});
