import { failuresOf } from '../drill/drill.ts';
import type { Drill, TimedRun } from '../drill/drill-file.ts';
import { type DrillTrend, MEASURES, type MeasureTrend, sparkline } from '../drill/trend.ts';
import { formatCount } from '../review/figures.ts';
import { printable } from '../s3/printable.ts';

/** What `drill` prints for a person. */
export function drillSummary(
  drill: Drill,
  trend: DrillTrend,
  { history, unreadable }: { history: string | null; unreadable: number },
): string {
  const { planned, scratch, passed } = drill;
  const lines = [passed ? 'Drill: passed' : 'Drill: FAILED'];
  if (planned !== null && planned.seconds !== null) {
    lines.push(
      `planned ${planned.bucket} as it was at ${planned.pointInTime}: ${seconds(planned.seconds)}; ${formatCount(planned.rows ?? 0)} rows, nothing of it was started`,
    );
  }
  if (scratch !== null) {
    lines.push(`scratch bucket ${scratch.bucket}, ${formatCount(scratch.objects)} objects`);
    if (scratch.rollback !== null) lines.push(`  rolled back and verified: ${describeRun(scratch.rollback)}`);
    if (scratch.undo !== null) lines.push(`  undone and verified: ${describeRun(scratch.undo)}`);
  }
  for (const { step, code, message, hint } of failuresOf(drill)) {
    lines.push(`${code} at the ${step}: ${message}`, `Next: ${hint}`);
  }
  if (history === null)
    lines.push('Not kept: --history or --record-bucket keeps drills, and shows how they change');
  else {
    lines.push(`Kept in ${history}; ${trend.failures} of the last ${trend.drills.length} failed`);
    for (const measure of trend.measures) lines.push(`  ${describeMeasure(measure)}`);
    if (unreadable > 0) lines.push(`  ${unreadable} files there are no drills of this version`);
  }
  return lines.map(printable).join('\n');
}

function describeRun({ rows, runSeconds, rowsPerSecond, planSeconds, verifySeconds }: TimedRun): string {
  return `${formatCount(rows)} rows in ${seconds(runSeconds)}, ${rowsPerSecond} a second; plan ${seconds(planSeconds)}, verification ${seconds(verifySeconds)}`;
}

function describeMeasure({ name, values, now, median, isSlower }: MeasureTrend): string {
  const unit = name === 'rowsPerSecond' ? '' : ' s';
  const shown = now === null ? 'none' : `${now}${unit}`;
  const before = median === null ? '' : `, median before ${median}${unit}`;
  return `${MEASURES[name]}: ${shown}${before} ${sparkline(values)}${isSlower ? '  SLOWER' : ''}`;
}

function seconds(value: number): string {
  return `${value} s`;
}
