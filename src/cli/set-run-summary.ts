import Table from 'cli-table3';
import type { RunOutcome } from '../execute/run-files.ts';
import { formatCount } from '../review/figures.ts';
import { isFulfilled, OUTCOMES } from '../s3/outcome.ts';
import { printable } from '../s3/printable.ts';
import { shellWord } from '../s3/shell-word.ts';
import type { RollbackSet } from '../set/set-file.ts';
import { describeLeft } from './run-summary.ts';

export type MemberOutcome = { bucket: string; record: string; outcome: RunOutcome };

/** What `start-jobs` prints for a person of a set: one table, what was left and why, and the next command. */
export function startSetSummary(
  set: RollbackSet,
  ended: readonly MemberOutcome[],
  folder: string,
  again: string,
): string {
  const seen = OUTCOMES.filter((name) => ended.some(({ outcome }) => outcome.outcomes[name] > 0));
  const table = new Table({
    head: ['', 'Bucket', 'Rows', ...seen, ''],
    colAligns: ['right', 'left', 'right', ...seen.map(() => 'right' as const), 'left'],
    style: { head: [], border: [], compact: true },
  });
  const notStarted: string[] = [];
  for (const { order, bucket } of set.members) {
    const run = ended.find((one) => one.bucket === bucket)?.outcome;
    if (run === undefined) notStarted.push(bucket);
    table.push([
      String(order),
      bucket,
      run === undefined ? '' : formatCount(run.rows),
      ...seen.map((name) => (run === undefined ? '' : formatCount(run.outcomes[name]))),
      run === undefined ? 'not started' : isFulfilled(run.outcomes) ? 'done' : 'rows left',
    ]);
  }
  const name = shellWord(folder);
  const left = ended.flatMap(({ bucket, record, outcome }) => {
    const lines = describeLeft(outcome);
    return lines.length === 0
      ? []
      : [`${bucket} (${printable(record)}):`, ...lines.map((line) => `  ${line}`)];
  });
  const command = 'npm run --silent s3-rewind --';
  return [
    `Run of ${set.setId}`,
    table.toString(),
    ...left,
    notStarted.length === 0
      ? `All ${ended.length} members were run. Next: ${command} verify --record ${name}`
      : `Not started, because rows that they depend on failed or were denied: ${notStarted.join(', ')}. Settle that, then: ${command} start-jobs --record ${name} ${again}`,
  ].join('\n');
}
