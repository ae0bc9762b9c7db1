import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from 'node:os';
import process from 'node:process';
import type { Format, Layout } from './layout.ts';
import type { Measurement, TimedRun } from './measure.ts';
import type { Subject } from './subjects.ts';

/** The medians of one inventory. */
export type InventoryFigures = {
  format: Format;
  layout: Layout;
  files: number;
  bytes: number;
  medians: ReadonlyMap<Subject, Measurement>;
};

/** Aims of the project; a figure beyond one is marked and fails nothing. */
const MAX_RATIO_TO_SCAN: Record<Format, number> = { csv: 2.0, parquet: 2.5 };
const MIN_RATIO_TO_SCENARIOS = 4;
const MAX_PEAK_BYTES = 2e9;
/** The aim for memory is set for inventories up to this size. */
const MAX_ENTRIES_FOR_PEAK = 10_000_000;
const MAX_START_SECONDS = 0.5;

const TITLES: Record<Subject, string> = {
  plan: 'the whole plan',
  scan: 'a bare scan of all needed columns',
  scenarios: 'one full scan for each of 5 scenarios',
};

/** Describes the machine in one line. Its load before the benchmark tells how far wall times can be trusted. */
export function formatMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return [
    `${availableParallelism()} × ${model}`,
    `${(totalmem() / 2 ** 30).toFixed(1)} GiB of memory`,
    `${platform()}-${arch()}`,
    `Node.js ${process.versions.node}`,
    `load average ${loadavg()[0]?.toFixed(1)} before the start`,
  ].join(', ');
}

/** Formats the figures of one inventory: a table of the subjects, then their ratios beside the aims. */
export function formatInventory({ format, layout, files, bytes, medians }: InventoryFigures): string {
  const rows = [...medians].map(([subject, run]) => [
    TITLES[subject],
    `${run.wallSeconds.toFixed(2)} s`,
    `${run.cpuSeconds.toFixed(2)} s`,
    `${(run.peakBytes / 1e9).toFixed(2)} GB`,
  ]);
  return [
    `${format}: ${count(layout.entries)} entries of ${count(layout.keys)} keys, ${count(layout.changedKeys)} of them changed; ` +
      `${(bytes / 1e9).toFixed(2)} GB in ${files} ${files === 1 ? 'file' : 'files'}`,
    table([['', 'wall', 'CPU', 'peak memory'], ...rows]),
    ...formatRatios(format, layout, medians),
  ].join('\n');
}

function formatRatios(format: Format, layout: Layout, medians: ReadonlyMap<Subject, Measurement>): string[] {
  const [plan, scan, scenarios] = [medians.get('plan'), medians.get('scan'), medians.get('scenarios')];
  const lines: string[] = [];
  if (plan && scan) {
    const wall = plan.wallSeconds / scan.wallSeconds;
    const most = MAX_RATIO_TO_SCAN[format];
    lines.push(
      `plan : bare scan          ${ratio(wall)} wall, ${ratio(plan.cpuSeconds / scan.cpuSeconds)} CPU   ${aim(wall <= most, `at most ${ratio(most)}`)}`,
    );
  }
  if (plan && scenarios) {
    const wall = scenarios.wallSeconds / plan.wallSeconds;
    lines.push(
      `scan per scenario : plan  ${ratio(wall)} wall, ${ratio(scenarios.cpuSeconds / plan.cpuSeconds)} CPU   ${aim(wall >= MIN_RATIO_TO_SCENARIOS, `at least ${ratio(MIN_RATIO_TO_SCENARIOS)}`)}`,
    );
  }
  if (plan) {
    const aimed = layout.entries <= MAX_ENTRIES_FOR_PEAK;
    lines.push(
      `peak memory of the plan   ${(plan.peakBytes / 1e9).toFixed(2)} GB   ${aimed ? aim(plan.peakBytes < MAX_PEAK_BYTES, 'below 2 GB up to 10 M entries') : ''}`.trimEnd(),
    );
  }
  return lines;
}

/** Formats how the cost of plans grew from each inventory of a format to the next larger one. */
export function formatGrowth(all: readonly InventoryFigures[]): string[] {
  return all.flatMap((larger) => {
    const smaller = all.findLast(
      (other) => other.format === larger.format && other.layout.entries < larger.layout.entries,
    );
    const [before, after] = [smaller?.medians.get('plan'), larger.medians.get('plan')];
    if (!smaller || !before || !after) return [];
    const input = larger.layout.entries / smaller.layout.entries;
    const wall = after.wallSeconds / before.wallSeconds;
    return [
      `${larger.format}: ${ratio(input)} the entries, ${ratio(wall)} the wall time   ${aim(wall <= input, 'no faster than the input')}`,
    ];
  });
}

/** Formats the time to the first output of each command. */
export function formatStart(starts: Readonly<Record<string, readonly TimedRun[]>>): string {
  const rows = Object.entries(starts).map(([name, runs]) => {
    const seconds = runs.map((run) => run.firstOutputSeconds ?? run.wallSeconds).sort((a, b) => a - b);
    const median = seconds[Math.floor((seconds.length - 1) / 2)] ?? Number.NaN;
    return [name, `${median.toFixed(3)} s`, aim(median < MAX_START_SECONDS, 'below 0.5 s')];
  });
  return table([['command line, start to first output', '', ''], ...rows]);
}

function aim(holds: boolean, text: string): string {
  return `(aim: ${text}; ${holds ? 'holds' : 'MISSED'})`;
}

function ratio(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 1)} ×`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('   ')
        .trimEnd(),
    )
    .map((line) => `  ${line}`)
    .join('\n');
}
