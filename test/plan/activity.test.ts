import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { activityCells, foldActivity } from '../../src/plan/activity.ts';
import { openPlanner, type Planner } from './planner.ts';
import { DAY, MINUTE, POINT_IN_TIME, parseStack, type Stack } from './stacks.ts';

/** Activity around the point in time: an entry of the very second lies before it, one of the next second after it. */

const HOUR = 60 * MINUTE;
const BEFORE = 12;
const MAX_AFTER = 24;
/** Widths of an interval in seconds; each covers 24 times itself after P. */
const WIDTHS = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 28 * DAY];

function instant(secondsFromP: number): string {
  return new Date(Date.parse(POINT_IN_TIME) + secondsFromP * 1000).toISOString().replace('.000', '');
}

describe('foldActivity', () => {
  test.each(WIDTHS.map((width, index) => ({ width, wider: WIDTHS[index + 1] ?? width })))(
    'takes intervals of $width s up to 24 of them, then of $wider s',
    ({ width, wider }) => {
      const at = (newest: number) => foldActivity([], POINT_IN_TIME, instant(newest));
      expect(at(MAX_AFTER * width).intervalSeconds).toBe(width);
      expect(at(MAX_AFTER * width).intervals).toHaveLength(BEFORE + MAX_AFTER);
      expect(at(MAX_AFTER * width - width + 1).intervals).toHaveLength(BEFORE + MAX_AFTER);
      expect(at(MAX_AFTER * width + 1).intervalSeconds).toBe(wider);
    },
  );

  test.each([
    ['no entry in scope', null],
    ['nothing after P', instant(-5)],
    ['the newest entry at P', instant(0)],
    ['the newest entry a second later', instant(1)],
  ])('%s: a minute after P, and twelve before it', (_name, newest) => {
    const { intervalSeconds, intervals } = foldActivity([], POINT_IN_TIME, newest);
    expect(intervalSeconds).toBe(MINUTE);
    expect(intervals.map(({ start, afterPointInTime }) => [start, afterPointInTime])).toEqual(
      Array.from({ length: 13 }, (_, index) => [instant((index - BEFORE) * MINUTE), index >= BEFORE]),
    );
  });

  // Cells of each kind, counted from P.
  const { shiftMs, dayMs, hourMs, minuteMs, hoursCode, minutesCode } = activityCells(POINT_IN_TIME);
  const day = (number: number) => shiftMs / dayMs + number;
  const hour = (number: number) => hoursCode + shiftMs / hourMs + number;
  const minute = (number: number) => minutesCode + shiftMs / minuteMs + number;
  const CELLS: readonly (readonly [name: string, newest: number, cell: number, interval: number | null])[] = [
    ['the minute before P', 24 * MINUTE, minute(-1), -1],
    ['the minute after P', 24 * MINUTE, minute(0), 0],
    ['the last minute of a chart', 24 * MINUTE, minute(23), 23],
    ['the first minute of a chart', 24 * MINUTE, minute(-12), -12],
    ['a minute before the chart', 24 * MINUTE, minute(-13), null],
    ['the fifth minute', 2 * HOUR, minute(4), 0],
    ['the sixth minute', 2 * HOUR, minute(5), 1],
    ['a minute in a chart of hours', 24 * HOUR, minute(-1), -1],
    ['the hour before P', 24 * HOUR, hour(-1), -1],
    ['the hour after P', 24 * HOUR, hour(0), 0],
    ['the sixth hour', 6 * DAY, hour(5), 0],
    ['the seventh hour', 6 * DAY, hour(6), 1],
    ['the day before P', 24 * DAY, day(-1), -1],
    ['the day after P', 24 * DAY, day(0), 0],
    ['an hour in a chart of weeks', 100 * DAY, hour(-1), -1],
    ['the eighth day', 100 * DAY, day(7), 1],
    ['long before the chart', 24 * MINUTE, day(-900_000), null],
  ];
  test.each(CELLS)('%s', (_name, newest, cell, interval) => {
    const { intervals } = foldActivity([{ cell, puts: 3, deletes: 2 }], POINT_IN_TIME, instant(newest));
    const filled = intervals.flatMap((one, index) => (one.puts === 3 && one.deletes === 2 ? [index] : []));
    expect(filled).toEqual(interval === null ? [] : [interval + BEFORE]);
  });
});

describe('activity of a plan', () => {
  let planner: Planner;
  beforeAll(async () => {
    planner = await openPlanner();
  });
  afterAll(() => planner.close());

  /** A key for each second from P: written then, or deleted. */
  function oneEntryEach(
    puts: readonly number[],
    deletes: readonly number[],
    folder = '',
  ): Map<string, Stack> {
    return new Map([
      ...puts.map((at) => [`${folder}put ${at}`, parseStack(`V1[at=${at}]`)] as const),
      ...deletes.map((at) => [`${folder}delete ${at}`, parseStack(`DM1[at=${at}]`)] as const),
    ]);
  }

  test.each(WIDTHS)('intervals of %i s', async (width) => {
    const starts = Array.from({ length: BEFORE + MAX_AFTER + 1 }, (_, index) => (index - BEFORE) * width);
    // On the edge of two intervals, in the seconds beside it, and the newest one at the end of the chart.
    const puts = starts.flatMap((start) => [start, start + 1]).filter((at) => at <= MAX_AFTER * width);
    const deletes = starts.flatMap((start) => [start - 1]);
    const { plan } = await planner.plan(oneEntryEach(puts, deletes));
    // The second at the start of an interval belongs to the interval before.
    const intervalOf = (at: number) => Math.ceil(at / width) - 1;
    const countIn = (times: readonly number[], index: number) =>
      times.filter((at) => intervalOf(at) === index - BEFORE).length;
    expect(plan.activity).toEqual({
      intervalSeconds: width,
      intervals: Array.from({ length: BEFORE + MAX_AFTER }, (_, index) => ({
        start: instant((index - BEFORE) * width),
        afterPointInTime: index >= BEFORE,
        puts: countIn(puts, index),
        deletes: countIn(deletes, index),
      })),
    });
  });

  test('an entry at P is before it, one a second later after it', async () => {
    const { plan } = await planner.plan(oneEntryEach([0], [1]));
    const [before, after] = plan.activity.intervals.slice(BEFORE - 1);
    expect(before).toMatchObject({ afterPointInTime: false, puts: 1, deletes: 0 });
    expect(after).toMatchObject({ afterPointInTime: true, puts: 0, deletes: 1 });
  });

  test('what is out of scope is no activity, and does not widen the chart', async () => {
    const stacks = new Map([...oneEntryEach([1], [], 'in/'), ...oneEntryEach([DAY], [1], 'out/')]);
    const { plan } = await planner.plan(stacks, { prefix: ['in/'] });
    expect(plan.activity.intervalSeconds).toBe(MINUTE);
    expect(plan.activity.intervals.filter(({ puts, deletes }) => puts + deletes > 0)).toEqual([
      { start: POINT_IN_TIME, afterPointInTime: true, puts: 1, deletes: 0 },
    ]);
  });
});
