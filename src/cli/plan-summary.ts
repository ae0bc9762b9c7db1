import Table from 'cli-table3';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { formatBytes, formatCount } from '../review/figures.ts';
import { formatDuration } from '../s3/duration.ts';
import { printable } from '../s3/printable.ts';
import { SCENARIO_ACTIONS, type Scenario } from '../s3/rollback.ts';

/** What the `plan` command prints for a person: the counts, what stands in the way, and where to read on. */
export function planSummary(plan: RollbackPlan, folder: string): string {
  const lines = [
    `Plan ${plan.rollbackId}`,
    `${plan.inputs.bucket} back to ${plan.inputs.timestamp} (${plan.inputs.mode})`,
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
    `Estimate: from this machine ${formatDuration(direct.seconds)} and ${money(direct.costUsd)}; S3 Batch Operations ${formatDuration(batch.seconds)} and ${money(batch.costUsd)}`,
    `Digest: ${plan.digest}`,
    `Review: ${printable(folder)}/comment.md   Manifests: ${printable(folder)}/manifests/`,
  );
  return lines.join('\n');
}

function classTable(plan: RollbackPlan): string {
  const table = new Table({
    head: ['Class', 'Scenario', 'Action', 'Keys', 'Entries', 'Bytes'],
    colAligns: ['left', 'left', 'left', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const row of plan.classes) {
    if (row.keys === 0) continue;
    table.push([
      row.class,
      row.scenario ?? '',
      action(row.scenario, plan),
      formatCount(row.keys),
      formatCount(row.entries),
      row.bytes === 0 ? '' : formatBytes(row.bytes),
    ]);
  }
  return table.toString();
}

function action(scenario: Scenario | null, plan: RollbackPlan): string {
  if (scenario === null) return 'none';
  return plan.inputs.scenarios.includes(scenario)
    ? SCENARIO_ACTIONS[scenario]
    : 'none (scenario not asked for)';
}

function money(usd: number): string {
  return usd > 0 && usd < 0.01 ? '< $0.01' : `$${usd.toFixed(2)}`;
}
