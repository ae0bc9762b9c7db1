import Table from 'cli-table3';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { formatBytes, formatCount, plainUsd } from '../review/figures.ts';
import { formatDuration } from '../s3/duration.ts';
import { printable } from '../s3/printable.ts';
import type { KeyClass, Scenario } from '../s3/rollback.ts';
import { shellWord } from '../s3/shell-word.ts';
import { actionCell } from './action-cell.ts';

/** What the `plan` command prints for a person: the counts, what stands in the way, and where to read on. */
export function planSummary(plan: RollbackPlan, folder: string): string {
  const lines = [
    `Plan ${plan.rollbackId}`,
    plan.origin === 'undo'
      ? `Takes the run of ${plan.inputs.timestamp} back in ${plan.inputs.bucket}`
      : `${plan.inputs.bucket} back to ${plan.inputs.timestamp} (${plan.inputs.mode})`,
    `${formatCount(plan.inventory.keysInScope)} keys in scope, ${formatCount(plan.inventory.entriesInScope)} version entries`,
    '',
    classTable(plan),
    '',
  ];
  for (const check of plan.checks.filter(({ level }) => level !== 'info')) {
    lines.push(
      `${check.level === 'blocking' ? 'BLOCKED' : 'Warning'}: ${printable(check.message)} (${check.code})`,
    );
  }
  const { direct, batch } = plan.estimate.totals;
  lines.push(
    `Estimate: ${plan.inputs.copyWith === undefined ? `from this machine ${formatDuration(direct.seconds)} and ${plainUsd(direct.costUsd)}; ` : ''}S3 Batch Operations ${formatDuration(batch.seconds)} and ${plainUsd(batch.costUsd)}`,
    `Digest: ${plan.digest}`,
    `Manifests: ${printable(folder)}/manifests/`,
    ...nextStep(plan, folder),
  );
  return lines.join('\n');
}

/** Narrow enough for 80 columns: a class with a scenario goes by what is done to its keys, any other by its name. */
function classTable(plan: RollbackPlan): string {
  const table = new Table({
    head: ['Scenario', 'Action, or class left alone', 'Keys', 'Entries', 'Bytes'],
    colAligns: ['left', 'left', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  // The record of a run does not tell the size of what its undo hides or makes current again.
  const knowsBytes = (name: KeyClass) => plan.origin !== 'undo' || name.startsWith('copy');
  for (const row of plan.classes) {
    if (row.keys === 0) continue;
    table.push([
      row.scenario ?? '',
      row.scenario === null ? row.class : action(row.scenario, plan),
      formatCount(row.keys),
      formatCount(row.entries),
      row.bytes === 0 || !knowsBytes(row.class) ? '' : formatBytes(row.bytes),
    ]);
  }
  return table.toString();
}

function action(scenario: Scenario, plan: RollbackPlan): string {
  const text = actionCell(scenario);
  return plan.inputs.scenarios.includes(scenario) ? text : `${text}\n(not asked for)`;
}

/** The one next step; a plan that a check blocks, or that has nothing to do, has none but what the checks say. */
function nextStep({ checks, manifests, inputs }: RollbackPlan, folder: string): string[] {
  if (checks.some(({ level }) => level === 'blocking') || manifests.length === 0) return [];
  if (inputs.copyWith === 's3-batch-copy') {
    return [
      `Next: read ${printable(folder)}/comment.md, then: npm run --silent s3-rewind -- deploy --record ${shellWord(folder)} --record-bucket … --boundary-arn … --service-role-arn …`,
    ];
  }
  return [
    `Next: read ${printable(folder)}/comment.md, then: npm run --silent s3-rewind -- start-jobs --record ${shellWord(folder)} --yes`,
  ];
}
