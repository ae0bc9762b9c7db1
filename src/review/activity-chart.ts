import type { Activity } from '../plan/plan-file.ts';
import { formatDuration } from '../s3/duration.ts';
import { formatInstant } from '../s3/point-in-time.ts';

/**
 * The chart of puts and deletes around P, for the Mermaid that GitHub runs (checked with 10.9, 11.4 and 12.3).
 *
 * In an xychart, bars of several series stand in front of each other, not on top. So the first series is the marker
 * of P, the second puts + deletes, the third puts: what is seen of the second is the deletes. Every bar reaches a few
 * pixels below zero, even one of height zero; a last series of zeros in the colour of the marker covers that.
 * Categories must differ, or Mermaid folds them into one.
 */

/** More columns than this, and labels such as `08:46` or `22 17h` would run into each other. */
const MAX_INTERVALS_OF_A_DAY = 24;
const MAX_INTERVALS = 18;
const MINUTE_SECONDS = 60;
const DAY_SECONDS = 86_400;
/** From this span on, days of the year might repeat in the labels; these are months then, as are the intervals. */
const LONG_SPAN_SECONDS = 270 * DAY_SECONDS;
const MONTH_SECONDS = 31 * DAY_SECONDS;

const PUT_COLOUR = '#4184e4';
const DELETE_COLOUR = '#e5534b';
const MARKER_COLOUR = '#8b949e';

type Column = { startSeconds: number; puts: number; deletes: number };

type ActivityTotals = { puts: number; deletes: number };

export type ActivityChart = {
  before: ActivityTotals;
  after: ActivityTotals;
  /** The column after P with the most entries, or null where there is none. */
  busiest: (ActivityTotals & { start: string }) | null;
  intervalSeconds: number;
  /** Mermaid source, or null where nothing happened in the intervals. */
  mermaid: string | null;
};

/** @param pointInTime P; intervals count away from it, so that none holds entries of both sides */
export function buildActivityChart(activity: Activity, pointInTime: string): ActivityChart {
  const p = Date.parse(pointInTime) / 1000;
  const factor = mergeFactor(activity, p);
  const seconds = activity.intervalSeconds * factor;
  const columns = fillColumns(activity, p, seconds);
  const after = columns.filter(({ startSeconds }) => startSeconds >= p);
  const busiest = after.toSorted((a, b) => b.puts + b.deletes - (a.puts + a.deletes))[0];
  return {
    before: total(columns.filter(({ startSeconds }) => startSeconds < p)),
    after: total(after),
    busiest:
      busiest === undefined || busiest.puts + busiest.deletes === 0
        ? null
        : { start: toInstant(busiest.startSeconds), puts: busiest.puts, deletes: busiest.deletes },
    intervalSeconds: seconds,
    mermaid: columns.every(({ puts, deletes }) => puts + deletes === 0) ? null : draw(columns, p, seconds),
  };
}

/** How many intervals become one column. */
function mergeFactor(activity: Activity, p: number): number {
  const offsets = activity.intervals.map(({ start }) => offsetOf(start, p, activity.intervalSeconds));
  const before = Math.max(0, -Math.min(0, ...offsets));
  const after = Math.max(-1, ...offsets) + 1;
  const span = (before + after) * activity.intervalSeconds;
  const leastSeconds = span >= LONG_SPAN_SECONDS ? MONTH_SECONDS : MINUTE_SECONDS;
  // Merging may add up to two intervals to the span, which must not take it over a day.
  const most = span <= DAY_SECONDS * 0.9 ? MAX_INTERVALS_OF_A_DAY : MAX_INTERVALS;
  let factor = Math.max(
    1,
    Math.ceil(leastSeconds / activity.intervalSeconds),
    Math.ceil((before + after) / most),
  );
  while (Math.ceil(before / factor) + Math.ceil(after / factor) > most) factor += 1;
  return factor;
}

/** Columns without a gap from the first interval to the last. */
function fillColumns(activity: Activity, p: number, seconds: number): Column[] {
  const found = new Map<number, Column>();
  for (const { start, puts, deletes } of activity.intervals) {
    const offset = offsetOf(start, p, seconds);
    const column = found.get(offset) ?? { startSeconds: p + offset * seconds, puts: 0, deletes: 0 };
    column.puts += puts;
    column.deletes += deletes;
    found.set(offset, column);
  }
  const offsets = [...found.keys()];
  const first = Math.min(...offsets, 0);
  const last = Math.max(...offsets, -1);
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const offset = first + i;
    return found.get(offset) ?? { startSeconds: p + offset * seconds, puts: 0, deletes: 0 };
  });
}

function offsetOf(start: string, p: number, seconds: number): number {
  return Math.floor((Date.parse(start) / 1000 - p) / seconds);
}

function draw(columns: Column[], p: number, seconds: number): string {
  const before = columns.filter(({ startSeconds }) => startSeconds < p);
  const after = columns.filter(({ startSeconds }) => startSeconds >= p);
  const top = Math.max(...columns.map(({ puts, deletes }) => puts + deletes));
  const scale = top >= 10_000_000 ? 1_000_000 : top >= 10_000 ? 1000 : 1;
  const unit = scale === 1 ? '' : scale === 1000 ? 'thousand ' : 'million ';
  const height = Math.max(1, Math.ceil((top / scale) * 1.05));
  const series = (pick: (column: Column) => number, atP: number) =>
    [...before.map(pick), atP, ...after.map(pick)]
      .map((value) => Math.round((value / scale) * 100) / 100)
      .join(', ');
  const span = columns.length * seconds;
  const label = ({ startSeconds }: Column) => labelOf(startSeconds, seconds, span);
  const labels = [...before.map(label), 'P', ...after.map(label)].map((text) => `"${text}"`).join(', ');
  return [
    '---',
    'config:',
    '  xyChart:',
    '    width: 860',
    '    height: 260',
    '    xAxis:',
    `      labelFontSize: ${columns.length > MAX_INTERVALS ? 11 : 12}`,
    '    yAxis:',
    '      labelFontSize: 12',
    '      titleFontSize: 13',
    '  themeVariables:',
    '    xyChart:',
    `      plotColorPalette: "${MARKER_COLOUR}, ${DELETE_COLOUR}, ${PUT_COLOUR}, ${MARKER_COLOUR}"`,
    '---',
    'xychart-beta',
    `  x-axis [${labels}]`,
    `  y-axis "${unit}entries per ${formatDuration(seconds)}" 0 --> ${height}`,
    `  bar [${series(() => 0, height * scale)}]`,
    `  bar [${series(({ puts, deletes }) => puts + deletes, 0)}]`,
    `  bar [${series(({ puts }) => puts, 0)}]`,
    `  bar [${series(() => 0, 0)}]`,
  ].join('\n');
}

/** The start of a column, as short as it can be without occurring twice in the chart. */
function labelOf(startSeconds: number, seconds: number, span: number): string {
  const instant = toInstant(startSeconds);
  if (seconds >= MONTH_SECONDS) return instant.slice(0, 7);
  if (seconds >= DAY_SECONDS) return instant.slice(5, 10);
  if (span > DAY_SECONDS) return `${instant.slice(8, 10)} ${instant.slice(11, 13)}h`;
  return instant.slice(11, 16);
}

function toInstant(seconds: number): string {
  return formatInstant(new Date(seconds * 1000));
}

function total(columns: Column[]): ActivityTotals {
  return {
    puts: columns.reduce((sum, { puts }) => sum + puts, 0),
    deletes: columns.reduce((sum, { deletes }) => sum + deletes, 0),
  };
}
