import { formatCsvLine } from '../s3/csv.ts';
import { FULFILLED_OUTCOMES, OUTCOMES, type OutcomeCounts } from '../s3/outcome.ts';
import type { RetentionPlan } from './retention-plan-file.ts';
import type { RetentionOutcome } from './run-files.ts';

const MS_PER_DAY = 86_400_000;
/** A schedule of GitHub can start hours late, and a job takes its time. */
const GRACE_DAYS = 1;

/** A run as its record has it; the outcome is null where it was planned and never came to its end. */
export type RecordedRun = { record: string; plan: RetentionPlan; outcome: RetentionOutcome | null };

export type ReportLine = {
  record: string;
  retentionId: string;
  plannedAt: string;
  finishedAt: string | null;
  /** who let it start: a review, or nobody, within an earlier approval */
  startedBy: string | null;
  executor: string | null;
  minimumRetentionDays: number;
  versionsInScope: number;
  due: number;
  /** done, or locked for long enough already */
  fulfilled: number;
  /** left as they were, with their reasons in outcomes/ */
  left: number;
  settingsFingerprint: string;
  planDigest: string;
};

export type YearlyReport = {
  bucket: string;
  year: number;
  lines: ReportLine[];
  due: number;
  fulfilled: number;
  left: number;
  /** times between two runs that were longer than the interval of the schedule: a version could fall below its minimum */
  gaps: { from: string; until: string; days: number; intervalDays: number }[];
  /** runs whose plan says that new objects are not locked until the next run */
  runsWithoutDefault: number;
};

/**
 * Adds up the runs of a bucket in a year (of UTC, by the time of their plans), oldest first.
 * @param runs of any bucket and year
 */
export function reportYear(bucket: string, year: number, runs: readonly RecordedRun[]): YearlyReport {
  const own = runs
    .filter(({ plan }) => plan.settings.bucket === bucket && !plan.reportOnly)
    .filter(({ plan }) => new Date(plan.now).getUTCFullYear() === year)
    .toSorted((left, right) => Date.parse(left.plan.now) - Date.parse(right.plan.now));
  const lines = own.map(lineOf);
  const total = (field: 'due' | 'fulfilled' | 'left') => lines.reduce((sum, line) => sum + line[field], 0);
  return {
    bucket,
    year,
    lines,
    due: total('due'),
    fulfilled: total('fulfilled'),
    left: total('left'),
    gaps: gapsOf(own.filter(({ outcome }) => outcome !== null)),
    runsWithoutDefault: own.filter(({ plan }) => plan.checks.some(({ code }) => code === 'DEFAULT_RETENTION'))
      .length,
  };
}

function lineOf({ record, plan, outcome }: RecordedRun): ReportLine {
  const due = plan.manifests.reduce((sum, { rows }) => sum + rows, 0);
  const fulfilled = outcome === null ? 0 : countFulfilled(outcome.outcomes);
  return {
    record,
    retentionId: plan.retentionId,
    plannedAt: plan.now,
    finishedAt: outcome?.finishedAt ?? null,
    startedBy: outcome?.startedBy ?? null,
    executor: outcome?.executor ?? null,
    minimumRetentionDays: Math.min(...plan.settings.rules.map((rule) => rule.minimumRetentionDays)),
    versionsInScope: plan.inventory.currentVersionsInScope,
    due,
    fulfilled,
    left: due - fulfilled,
    settingsFingerprint: plan.settingsFingerprint,
    planDigest: plan.digest,
  };
}

function countFulfilled(outcomes: OutcomeCounts): number {
  return OUTCOMES.filter((outcome) => FULFILLED_OUTCOMES.includes(outcome)).reduce(
    (sum, outcome) => sum + outcomes[outcome],
    0,
  );
}

function gapsOf(runs: readonly RecordedRun[]): YearlyReport['gaps'] {
  return runs.slice(1).flatMap((run, index) => {
    const before = runs[index];
    if (before === undefined) return [];
    const days = (Date.parse(run.plan.now) - Date.parse(before.plan.now)) / MS_PER_DAY;
    const intervalDays = before.plan.settings.scheduleIntervalDays;
    if (days <= intervalDays + GRACE_DAYS) return [];
    return [{ from: before.plan.now, until: run.plan.now, days: Math.round(days * 10) / 10, intervalDays }];
  });
}

const COLUMNS = [
  'record',
  'retentionId',
  'plannedAt',
  'finishedAt',
  'startedBy',
  'executor',
  'minimumRetentionDays',
  'versionsInScope',
  'due',
  'fulfilled',
  'left',
  'settingsFingerprint',
  'planDigest',
] as const satisfies (keyof ReportLine)[];

/** One row a run, with a header. */
export function reportCsv({ lines }: YearlyReport): string {
  const header = COLUMNS.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
  const rows = lines.map((line) => COLUMNS.map((name) => (line[name] === null ? null : String(line[name]))));
  return [header, ...rows].map((fields) => `${formatCsvLine(fields)}\n`).join('');
}
