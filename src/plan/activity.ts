import { formatInstant } from '../s3/point-in-time.ts';
import type { Activity } from './plan-file.ts';

/**
 * Activity around the point in time. The scan puts every entry into a cell by its distance from the point in time: a
 * day, near it an hour or a minute. The cells fold into any interval of the chart.
 */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** 1 min, 5 min, 15 min, 1 h, 6 h, 1 day, 7 days, 28 days */
const INTERVALS_MS = [
  MINUTE_MS,
  5 * MINUTE_MS,
  15 * MINUTE_MS,
  HOUR_MS,
  6 * HOUR_MS,
  DAY_MS,
  7 * DAY_MS,
  28 * DAY_MS,
];
/** The chart has at most this many intervals after the point in time, and half as many before it. */
const MAX_INTERVALS_AFTER = 24;
const INTERVALS_BEFORE = 12;

/** 2,700 years: makes every distance positive, since the dialects divide negative numbers differently. */
const SHIFT_MS = 1_000_000 * DAY_MS;
const HOURS_CODE = 100_000_000;
const MINUTES_CODE = 10_000_000_000;

/**
 * Values of the `scan` template for a point in time. A cell is a number of days, of hours with HOURS_CODE added, or of
 * minutes with MINUTES_CODE added, each counted from SHIFT_MS before the point in time. An entry at the very end of a
 * cell belongs to it, as the entry at the point in time belongs to what was before; hence the millisecond.
 */
export function activityCells(pointInTime: string) {
  const origin = Date.parse(pointInTime);
  // 24 intervals of 6 hours, and of 15 minutes: the widest that need the finer cells.
  const hoursReachMs = MAX_INTERVALS_AFTER * DAY_MS;
  const minutesReachMs = MAX_INTERVALS_AFTER * HOUR_MS;
  const at = (distanceMs: number) => formatInstant(new Date(origin + distanceMs));
  return {
    dayMs: DAY_MS,
    hourMs: HOUR_MS,
    minuteMs: MINUTE_MS,
    shiftMs: SHIFT_MS,
    elapsedOriginMs: origin - SHIFT_MS + 1,
    hoursFrom: at(-hoursReachMs),
    hoursTo: at(hoursReachMs),
    minutesFrom: at(-minutesReachMs),
    minutesTo: at(minutesReachMs),
    hoursCode: HOURS_CODE,
    minutesCode: MINUTES_CODE,
  };
}

/** Start of a cell, in milliseconds from the point in time. */
function cellStartMs(cell: number): number {
  if (cell >= MINUTES_CODE) return (cell - MINUTES_CODE) * MINUTE_MS - SHIFT_MS;
  if (cell >= HOURS_CODE) return (cell - HOURS_CODE) * HOUR_MS - SHIFT_MS;
  return cell * DAY_MS - SHIFT_MS;
}

/**
 * Folds cells into the intervals of a chart: the shortest that show all that came after the point in time.
 * @param newestEntry the newest entry in scope; null when there is none
 */
export function foldActivity(
  cells: readonly { cell: number; puts: number; deletes: number }[],
  pointInTime: string,
  newestEntry: string | null,
): Activity {
  const origin = Date.parse(pointInTime);
  const spanMs = Math.max(0, (newestEntry === null ? origin : Date.parse(newestEntry)) - origin);
  const intervalMs =
    INTERVALS_MS.find((candidate) => spanMs <= MAX_INTERVALS_AFTER * candidate) ?? 28 * DAY_MS;
  const after = Math.min(MAX_INTERVALS_AFTER, Math.max(1, Math.ceil(spanMs / intervalMs)));
  const intervals = Array.from({ length: INTERVALS_BEFORE + after }, (_, index) => {
    const number = index - INTERVALS_BEFORE;
    const start = formatInstant(new Date(origin + number * intervalMs));
    return { start, afterPointInTime: number >= 0, puts: 0, deletes: 0 };
  });
  for (const { cell, puts, deletes } of cells) {
    const interval = intervals[Math.floor(cellStartMs(cell) / intervalMs) + INTERVALS_BEFORE];
    if (interval === undefined) continue;
    interval.puts += puts;
    interval.deletes += deletes;
  }
  return { intervalSeconds: intervalMs / 1000, intervals };
}
