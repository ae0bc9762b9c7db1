import type { Drill } from './drill-file.ts';

/** What a drill is compared by with those before it. */
export const MEASURES = {
  timeToPlan: 'time to plan',
  timeToRollBack: 'time to roll back',
  rowsPerSecond: 'objects a second',
} as const;
export type MeasureName = keyof typeof MEASURES;

export type MeasureTrend = {
  name: MeasureName;
  /** of the drills like this one, oldest first, this one last; null: that drill did not get so far */
  values: (number | null)[];
  now: number | null;
  /** of those before; null where there are none */
  median: number | null;
  isSlower: boolean;
};

export type DrillTrend = {
  /** The newest drills like this one, oldest first, with this one. */
  drills: { startedAt: string; passed: boolean; code: string | null }[];
  measures: MeasureTrend[];
  failures: number;
};

/** Drills in the trend. */
export const TREND_LENGTH = 20;
/** A single slow drill among few says little. */
const LEAST_BEFORE = 3;
/** Noise of a network and of a machine that others share. */
const SLOWER_FACTOR = 1.5;
const SLOWER_SECONDS = 5;

/**
 * Compares a drill with those before it that did the same: the same bucket and prefixes, as many objects. Slower is a
 * time that is half as much again as the median of at least three drills, and five seconds longer.
 */
export function readTrend(drill: Drill, earlier: readonly Drill[]): DrillTrend {
  const alike = earlier.filter((one) => one.drillId !== drill.drillId && kindOf(one) === kindOf(drill));
  const all = [...alike, drill].slice(-TREND_LENGTH);
  const names = (Object.keys(MEASURES) as MeasureName[]).filter(
    (name) => drill.scratch !== null || name === 'timeToPlan',
  );
  return {
    drills: all.map(({ startedAt, passed, planned, scratch }) => ({
      startedAt,
      passed,
      code: planned?.failure?.code ?? scratch?.failure?.code ?? null,
    })),
    measures: names.map((name) => measureOf(name, all)),
    failures: all.filter(({ passed }) => !passed).length,
  };
}

function kindOf({ planned, scratch }: Drill): string {
  return JSON.stringify([planned?.bucket, planned?.prefixes, scratch?.objects]);
}

function measureOf(name: MeasureName, drills: readonly Drill[]): MeasureTrend {
  const values = drills.map((drill) => readMeasure(name, drill));
  const now = values.at(-1) ?? null;
  const before = values.slice(0, -1).filter((value) => value !== null);
  const median = medianOf(before);
  const isTime = name !== 'rowsPerSecond';
  const isSlower =
    isTime &&
    now !== null &&
    median !== null &&
    before.length >= LEAST_BEFORE &&
    now > median * SLOWER_FACTOR &&
    now - median > SLOWER_SECONDS;
  return { name, values, now, median, isSlower };
}

/** The plan of the bucket in use where there is one: it is what grows. */
function readMeasure(name: MeasureName, { planned, scratch }: Drill): number | null {
  if (name === 'timeToPlan') {
    return planned === null ? (scratch?.rollback?.planSeconds ?? null) : planned.seconds;
  }
  return (
    (name === 'timeToRollBack' ? scratch?.rollback?.runSeconds : scratch?.rollback?.rowsPerSecond) ?? null
  );
}

function medianOf(values: readonly number[]): number | null {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle];
  if (high === undefined) return null;
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? high)) / 2;
}

const BARS = '▁▂▃▄▅▆▇█';

/** A line of bars, from zero to the highest; a dot where there is no value. */
export function sparkline(values: readonly (number | null)[]): string {
  const top = Math.max(...values.map((value) => value ?? 0));
  return values
    .map((value) =>
      value === null ? '·' : BARS[top === 0 ? 0 : Math.round((value / top) * (BARS.length - 1))],
    )
    .join('');
}
