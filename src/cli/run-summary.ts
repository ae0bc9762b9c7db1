import Table from 'cli-table3';
import type { RunOutcome } from '../execute/run-files.ts';
import { formatCount } from '../review/figures.ts';
import { isFulfilled, OUTCOMES, type Outcome } from '../s3/outcome.ts';
import { printable } from '../s3/printable.ts';
import { SCENARIO_ACTIONS } from '../s3/rollback.ts';
import { shellWord } from '../s3/shell-word.ts';

/** What each outcome that leaves a key alone asks for next. */
const NEXT_STEPS: Partial<Record<Outcome, string>> = {
  drifted: 'changed since the inventory was taken and were left alone: plan again with a fresh inventory',
  refused:
    'name something else than the plan says and were left alone: do not trust this manifest, plan again',
  missing: 'have lost the version to copy: see the outcomes',
  archived: 'need RestoreObject before they can be copied: restore-archived does it, see docs/archived.md',
  denied: 'were not allowed: grant what the outcomes name, and run the same command again',
  failed: 'failed: run the same command again',
};

/** What was left as it is, a line an outcome, with what each asks for next. */
export function describeLeft(run: Pick<RunOutcome, 'outcomes'>): string[] {
  return OUTCOMES.flatMap((outcome) => {
    const next = NEXT_STEPS[outcome];
    const rows = run.outcomes[outcome];
    return next === undefined || rows === 0 ? [] : [`${outcome}: ${formatCount(rows)} rows ${next}`];
  });
}

/** What `start-jobs` prints for a person: the counts, what is left and why, and the next command. */
export function runSummary(run: RunOutcome, folder: string): string {
  const seen = OUTCOMES.filter((outcome) => run.outcomes[outcome] > 0);
  const table = new Table({
    head: ['Scenario', 'Action', 'Rows', ...seen],
    colAligns: ['left', 'left', 'right', ...seen.map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  });
  for (const { scenario, rows, outcomes } of run.scenarios) {
    const counts = seen.map((outcome) => formatCount(outcomes[outcome]));
    table.push([scenario, SCENARIO_ACTIONS[scenario], formatCount(rows), ...counts]);
  }
  const name = printable(folder);
  return [
    `Run of ${run.rollbackId}`,
    ...(run.scenarios.length === 0 ? ['Nothing was planned.'] : [table.toString()]),
    isFulfilled(run.outcomes) ? 'Every planned row is done.' : 'Some rows were left as they are.',
    ...describeLeft(run),
    `Outcomes: ${name}/outcomes/`,
    `Next: npm run --silent s3-rewind -- verify --record ${shellWord(folder)}`,
  ].join('\n');
}
