import Table from 'cli-table3';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { formatCount } from '../review/figures.ts';
import type { StateVerification } from '../verify/state.ts';
import type { Verification } from '../verify/verify.ts';
import { countLeft } from './run-summary.ts';
import { verifySummary, WHAT_TO_DO } from './run-verify.ts';

/** What the verification of a member came to. */
export type ComparedMember = {
  bucket: string;
  plan: RollbackPlan;
  record: string;
  agrees: boolean;
  verification: Verification;
  state: StateVerification | null;
};

/** What `verify` prints for a person of a set: one table, and of each member that differs what differs. */
export function verifySetSummary(compared: readonly ComparedMember[]): string {
  const table = new Table({
    head: ['', 'Bucket', '1 reconcile', 'rows', '2 live', 'keys', '3 state', 'keys'],
    colAligns: ['right', 'left', 'left', 'right', 'left', 'right', 'left', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const [index, { bucket, verification, state }] of compared.entries()) {
    const { reconcile, live } = verification;
    table.push([
      String(index + 1),
      bucket,
      verdict(reconcile.agrees),
      formatCount(reconcile.rows),
      verdict(live.agrees),
      formatCount(live.compared),
      state === null ? 'not compared' : verdict(state.agrees),
      state === null ? '' : formatCount(state.compared),
    ]);
  }
  const differing = compared.filter(({ agrees }) => !agrees);
  const left = compared
    .filter(({ agrees }) => agrees)
    .map(({ bucket, verification }) => ({ bucket, counts: countLeft(verification.reconcile.outcomes) }))
    .filter(({ counts }) => counts !== '');
  return [
    table.toString(),
    ...differing.map(
      ({ bucket, plan, verification, state }) =>
        `${bucket}\n${verifySummary(plan.origin, verification, state)}\n`,
    ),
    ...left.map(({ bucket, counts }) => `${bucket}: NOT carried out, and left as it is: ${counts}.`),
    ...(left.length === 0 ? [] : [WHAT_TO_DO]),
    ...(compared.every(({ state, plan }) => state === null && plan.origin !== 'undo')
      ? ['--list compares every key in scope.']
      : []),
    differing.length === 0
      ? 'All members agree.'
      : `These differ: ${differing.map(({ bucket }) => bucket).join(', ')}.`,
  ].join('\n');
}

function verdict(agrees: boolean): string {
  return agrees ? 'agrees' : 'DIFFERS';
}
