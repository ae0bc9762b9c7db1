import Table from 'cli-table3';
import { parseRecordUrl } from '../execute/batch/record-place.ts';
import type { RunOutcome } from '../execute/run-files.ts';
import { formatCount } from '../review/figures.ts';
import { isFulfilled, OUTCOMES, type Outcome, type OutcomeCounts } from '../s3/outcome.ts';
import { printable } from '../s3/printable.ts';
import { shellWord } from '../s3/shell-word.ts';
import { actionCell } from './action-cell.ts';

/** What each outcome that leaves a key alone means, and asks for next. */
const NEXT_STEPS: Partial<Record<Outcome, string>> = {
  drifted: 'changed since the inventory was taken, and left alone; plan again with a fresh inventory',
  refused: 'something else than the plan says, and left alone; do not trust this manifest, plan again',
  missing: 'the version to copy is gone; plan again to see what is left',
  archived: 'needs RestoreObject before it can be copied; restore-archived does it, see docs/archived.md',
  denied:
    'not allowed; grant what the outcomes name (docs/cross-account.md has the list), then run the same command again',
  failed: 'failed, also when tried again; run the same command again',
};
/** Of a copy to another bucket, the guard is that nothing is there yet. */
const IN_DESTINATION =
  'the destination has an object of that key already, and it is left alone; compare the two, copy into an empty bucket, or plan again with --overwrite';
/** These rows are tried again by the same command. */
const TRIED_AGAIN: readonly Outcome[] = ['denied', 'failed'];

/** What was left as it is, a line an outcome, with what each asks for next. */
export function describeLeft(
  run: Pick<RunOutcome, 'outcomes'> & Partial<Pick<RunOutcome, 'scenarios'>>,
): string[] {
  const isToBucket = run.scenarios?.some(({ operation }) => operation === 'copy-to-bucket') ?? false;
  return OUTCOMES.flatMap((outcome) => {
    const next = isToBucket && outcome === 'drifted' ? IN_DESTINATION : NEXT_STEPS[outcome];
    const rows = run.outcomes[outcome];
    return next === undefined || rows === 0 ? [] : [`${formatCount(rows)} ${outcome}: ${next}`];
  });
}

/** `3 drifted, 2 denied`; empty where every row was carried out */
export function countLeft(outcomes: OutcomeCounts): string {
  return OUTCOMES.filter((outcome) => NEXT_STEPS[outcome] !== undefined && outcomes[outcome] > 0)
    .map((outcome) => `${formatCount(outcomes[outcome])} ${outcome}`)
    .join(', ');
}

/** How far an earlier start of the same run came; null in both where this one was the first. */
export type EarlierRun = { startedAt: string | null; ended: RunOutcome | null };

/** Somebody who starts a run again has to see that it was not done twice. */
function describeEarlier({ startedAt, ended }: EarlierRun): string[] {
  if (ended !== null && TRIED_AGAIN.every((outcome) => ended.outcomes[outcome] === 0)) {
    return [`It had come to its end at ${ended.finishedAt}: nothing was left to do.`];
  }
  if (ended !== null) {
    return [
      `Started again after its end at ${ended.finishedAt}: only denied and failed rows were tried again.`,
    ];
  }
  return startedAt === null ? [] : [`Went on with the run that was started at ${startedAt}.`];
}

/**
 * What `start-jobs` prints for a person: the counts, what is left and why, and the next command.
 * @param folder of the record, or its address on S3
 */
export function runSummary(
  run: RunOutcome,
  folder: string,
  earlier: EarlierRun = { startedAt: null, ended: null },
): string {
  const seen = OUTCOMES.filter((outcome) => run.outcomes[outcome] > 0);
  const table = new Table({
    head: ['Scenario', 'Action', 'Rows', ...seen],
    colAligns: ['left', 'left', 'right', ...seen.map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  });
  for (const { scenario, rows, outcomes } of run.scenarios) {
    const counts = seen.map((outcome) => formatCount(outcomes[outcome]));
    table.push([scenario, actionCell(scenario), formatCount(rows), ...counts]);
  }
  const name = printable(folder);
  const left = OUTCOMES.filter((outcome) => NEXT_STEPS[outcome] !== undefined && run.outcomes[outcome] > 0);
  const verify = `npm run --silent s3-rewind -- verify --record ${shellWord(folder)}`;
  return [
    `Run of ${run.rollbackId}`,
    ...(run.scenarios.length === 0 ? ['Nothing was planned.'] : [table.toString()]),
    ...describeEarlier(earlier),
    isFulfilled(run.outcomes) ? 'Every planned row is done.' : 'Some rows were left as they are.',
    ...describeLeft(run),
    `Outcomes: ${name.replace(/\/$/, '')}/outcomes/`,
    ...(left.length === 0 || parseRecordUrl(folder) !== null
      ? []
      : [`Which rows: ${findRows(folder, left)}`]),
    left.some((outcome) => TRIED_AGAIN.includes(outcome))
      ? `Next: settle what denied and failed rows name, run the same command again, then: ${verify}`
      : `Next: ${verify}`,
  ].join('\n');
}

/** Key, version and reason of each row with one of the outcomes, from the files of a record in a folder. */
function findRows(folder: string, outcomes: readonly Outcome[]): string {
  return `grep -hE ',(${outcomes.join('|')}),' ${shellWord(folder.replace(/\/$/, ''))}/outcomes/scenario*.csv`;
}
