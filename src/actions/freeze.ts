import type { Freezing } from '../freeze/freeze.ts';
import type { Thawing } from '../freeze/thaw.ts';
import { writeSummary } from '../github/workflow.ts';
import { runCommand } from './command.ts';
import type { FREEZE } from './contract/freeze.ts';
import type { THAW } from './contract/thaw.ts';
import { buildResult } from './result.ts';
import type { ActionEnd, ActionStep } from './run-action.ts';
import { formatTable } from './summary-table.ts';

/** The action `freeze`: nobody else writes to the bucket from here on. */
export async function freeze({ inputs }: ActionStep<typeof FREEZE>): Promise<ActionEnd> {
  const { answer } = await runCommand(['freeze', ...inputs.arguments()]);
  const { outcome, file, statement } = answer as Freezing & Record<string, unknown>;
  const rules = file.lifecycle.paused.map(({ ID = '' }) => ID);
  const rows = [
    ['Bucket', file.bucket],
    ['Keys', file.prefixes.length === 0 ? 'all' : file.prefixes.join(', ')],
    ['May write', [...file.except, ...(file.letsServicesWrite ? ['AWS services'] : [])].join(', ')],
    ['Lifecycle rules paused', rules.length === 0 ? 'none' : rules.join(', ')],
    ['Reminder', file.until],
    ['In the policy', statement.Sid],
  ];
  const heading = outcome === 'would-freeze' ? 'Would be frozen' : 'Frozen';
  await writeSummary(`### ${heading}\n\n${formatTable(['', ''], rows)}`);
  return endOf(answer, outcome === 'would-freeze', file.rollbackId);
}

/** The action `thaw`: the bucket is as it was, or as others made it meanwhile. */
export async function thaw({ inputs }: ActionStep<typeof THAW>): Promise<ActionEnd> {
  const { answer } = await runCommand(['thaw', ...inputs.arguments()]);
  const { outcome, file, policy, lifecycle, differences, rulesLeftPaused } = answer as Thawing &
    Record<string, unknown>;
  const rows = [
    ['Bucket', file.bucket],
    ['Policy', policy],
    ['Lifecycle', lifecycle],
    ...differences.map((difference) => ['Changed meanwhile', difference]),
  ];
  const heading = outcome === 'would-thaw' ? 'Would be thawed' : 'Thawed';
  await writeSummary(`### ${heading}\n\n${formatTable(['', ''], rows)}`);
  const end = endOf(answer, outcome === 'would-thaw', file.rollbackId);
  if (rulesLeftPaused.length === 0) return end;
  return {
    ...end,
    result: {
      ...end.result,
      decision: 'incomplete',
      reasonCode: 'DIFFERENCES_FOUND',
      message: 'A lifecycle rule that was paused was changed meanwhile, and stays disabled.',
      hint: 'see the summary of the run, and enable the rule if it should be',
    },
  };
}

function endOf(command: Record<string, unknown>, isTrial: boolean, rollbackId: string | null): ActionEnd {
  const decision = isTrial ? 'planned' : 'done';
  return { result: buildResult({ action: '', decision, reasonCode: 'OK', rollbackId, command }) };
}
