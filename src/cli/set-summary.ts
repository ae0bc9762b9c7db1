import Table from 'cli-table3';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { formatBytes, formatCount } from '../review/figures.ts';
import { buildScenarioTable } from '../review/scenario-table.ts';
import { formatDuration } from '../s3/duration.ts';
import { printable } from '../s3/printable.ts';
import { shellWord } from '../s3/shell-word.ts';
import { describeSet } from '../set/set-comment.ts';
import type { RollbackSet } from '../set/set-file.ts';

/** What `plan` and `undo` print for a person of a set. */
export function planSetSummary(set: RollbackSet, plans: readonly RollbackPlan[], folder: string): string {
  const table = new Table({
    head: ['', 'Bucket', 'Keys', 'Bytes', 'Direct', 'Checks'],
    colAligns: ['right', 'left', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  let isBlocked = false;
  let isEmpty = true;
  for (const [index, plan] of plans.entries()) {
    const member = set.members[index];
    const { keys, bytes } = buildScenarioTable(plan);
    const blocking = plan.checks.filter(({ level }) => level === 'blocking').length;
    const warnings = plan.checks.filter(({ level }) => level === 'warning').length;
    isBlocked ||= blocking > 0;
    isEmpty &&= plan.manifests.length === 0;
    table.push([
      String(index + 1),
      `${plan.inputs.bucket}${member?.replicaOf.length ? '\n(replica)' : ''}`,
      formatCount(keys),
      formatBytes(bytes),
      formatDuration(plan.estimate.totals.direct.seconds),
      blocking > 0 ? `${blocking} BLOCK` : `${warnings} to read`,
    ]);
  }
  const name = printable(folder);
  const next = `Next: read ${name}/comment.md, then: npm run --silent s3-rewind -- start-jobs --record ${shellWord(folder)} --yes`;
  return [
    `Set ${set.setId}: ${describeSet(set, plans)}`,
    table.toString(),
    ...set.checks
      .filter(({ level }) => level === 'warning')
      .map(({ code, message }) => `Warning: ${printable(message)} (${code})`),
    `Digest: ${set.digest}`,
    ...(isBlocked
      ? [`BLOCKED: settle what ${name}/comment.md names, then plan again`]
      : isEmpty
        ? []
        : [next]),
  ].join('\n');
}

/** The same for a program. */
export function planSetAnswer(
  set: RollbackSet,
  plans: readonly RollbackPlan[],
  folder: string,
  recordUrl: string | null,
): object {
  const { setId, digest: setDigest, pairs, checks } = set;
  return {
    record: folder,
    recordUrl,
    setId,
    setDigest,
    pairs,
    checks,
    members: set.members.flatMap((member, index) => {
      const plan = plans[index];
      if (plan === undefined) return [];
      const { rollbackId, digest: planDigest, inputs, inventory, classes, manifests, estimate } = plan;
      const { order, bucket, replicaOf } = member;
      return [
        {
          order,
          bucket,
          record: `${folder}/${member.folder}`,
          recordUrl: recordUrl === null ? null : recordUrl.replace(/[^/]+\/$/, `${rollbackId}/`),
          replicaOf,
          rollbackId,
          planDigest,
          inputs,
          inventory,
          classes,
          manifests,
          estimate: estimate.totals,
          checks: plan.checks,
        },
      ];
    }),
  };
}
