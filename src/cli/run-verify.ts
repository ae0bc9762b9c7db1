import process from 'node:process';
import { RunbookError } from '../errors.ts';
import { sleep } from '../execute/backoff.ts';
import { copySourceOf, type PlanRecord } from '../execute/record.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { formatCount } from '../review/figures.ts';
import { printable } from '../s3/printable.ts';
import { assertHasInventory, type StateVerification } from '../verify/state.ts';
import { type Verification, verifyRun } from '../verify/verify.ts';
import { EXIT_ROWS_LEFT } from './exit-status.ts';
import { openPlanCalls } from './open-calls.ts';
import { openRecord } from './open-record.ts';
import { isSet } from './open-set.ts';
import { countLeft } from './run-summary.ts';
import { openTerminal, writeJson, writeOut } from './terminal.ts';
import type { VerifyCommandOptions } from './verify.ts';

const SHOWN_DIFFERENCES = 10;
/** The table with one line an outcome. */
export const WHAT_TO_DO = 'What to do for each: docs/on-call.md, step 5';

/** The `verify` command. */
export async function runVerify(options: VerifyCommandOptions): Promise<void> {
  assertStateOptions(options);
  if (await isSet(options.record)) {
    const { runVerifySet } = await import('./run-verify-set.ts');
    return await runVerifySet(options);
  }
  const opened = await openRecord(options.record, options);
  try {
    await verifyRecord(opened.record, options);
  } finally {
    await opened.end();
  }
}

async function verifyRecord(record: PlanRecord, options: VerifyCommandOptions): Promise<void> {
  const { agrees, verification, state } = await compareRecord(record, options);
  const { rollbackId, digest: planDigest } = record.plan;
  if (options.json) {
    writeJson({
      command: 'verify',
      record: options.record,
      rollbackId,
      planDigest,
      agrees,
      ...verification,
      state,
    });
  } else {
    writeOut(verifySummary(record.plan.origin, verification, state));
  }
  if (!agrees) process.exitCode = EXIT_ROWS_LEFT;
}

/** Compares one record with its bucket. */
export async function compareRecord(
  record: PlanRecord,
  options: VerifyCommandOptions,
): Promise<{ agrees: boolean; verification: Verification; state: StateVerification | null }> {
  const comparesState = options.list === true || options.inventory !== undefined;
  if (comparesState) assertHasInventory(record);
  const terminal = await openTerminal({ quiet: options.quiet ?? false });
  try {
    const { progress } = terminal;
    const verification = await verifyRun({
      record,
      calls: openPlanCalls(options, copySourceOf(record.plan)),
      progress,
      pause: sleep,
    });
    let state: StateVerification | null = null;
    if (comparesState) {
      const { runVerifyState } = await import('./verify-state.ts');
      state = await runVerifyState(record, options, progress);
    }
    const agrees = verification.reconcile.agrees && verification.live.agrees && state?.agrees !== false;
    return { agrees, verification, state };
  } finally {
    terminal.finish();
  }
}

/** @throws RunbookError INVALID_OPTION */
function assertStateOptions({ list, inventory, planInventory, concurrency }: VerifyCommandOptions): void {
  const hint = 'give --list to list the bucket now, or --inventory PATH of an inventory from after the run';
  const refuse = (message: string) => new RunbookError('INVALID_OPTION', message, { hint });
  if (list && inventory !== undefined) throw refuse('--list and --inventory exclude each other.');
  if (!list && concurrency !== undefined) throw refuse('--concurrency is for --list alone.');
  if (!list && inventory === undefined && planInventory !== undefined) {
    throw refuse('--plan-inventory alone compares nothing.');
  }
}

/** What `verify` prints for a person of one record. */
export function verifySummary(
  origin: RollbackPlan['origin'],
  { reconcile, live, examples }: Verification,
  state: StateVerification | null,
): string {
  const verdict = (agrees: boolean) => (agrees ? 'agrees' : 'DIFFERS');
  const counted = (count: number, words: string) => (count === 0 ? '' : `; ${formatCount(count)} ${words}`);
  const lines = [
    `1 reconcile: ${verdict(reconcile.agrees)}; ${formatCount(reconcile.rows)} ${reconcile.agrees ? 'planned rows, one outcome each' : 'rows of outcomes, not what the manifests and outcome.json count'}`,
    `2 live: ${verdict(live.agrees)}; ${formatCount(live.compared)} keys compared with the bucket, ${formatCount(live.differences)} differ${counted(live.leftAlone, 'were left alone by the run and not compared')}`,
  ];
  for (const { scenario, key, expected, found } of examples.slice(0, SHOWN_DIFFERENCES)) {
    lines.push(
      `  ${scenario}  ${printable(key)}: expected ${printable(expected)}, current is ${printable(found)}`,
    );
  }
  if (live.differences > SHOWN_DIFFERENCES) lines.push('  … --json shows more');
  if (state !== null) {
    lines.push(
      `3 state: ${verdict(state.agrees)}; ${formatCount(state.compared)} keys of the fresh inventory compared with the point in time, ${formatCount(state.differences)} differ${counted(state.excluded, 'not compared: left alone by the plan or by the run')}`,
    );
    for (const { key, expected, found } of state.examples.slice(0, SHOWN_DIFFERENCES)) {
      lines.push(`  ${printable(key)}: expected ${printable(expected)}, current is ${printable(found)}`);
    }
  } else if (origin === 'undo') {
    lines.push('3 state: none, as an undo is made without an inventory');
  } else {
    lines.push('3 state: not compared; --list compares every key in scope');
  }
  const agrees = reconcile.agrees && live.agrees && state?.agrees !== false;
  if (agrees) lines.push('All that was compared agrees.');
  const left = countLeft(reconcile.outcomes);
  if (left !== '') lines.push(`NOT carried out, and left as it is: ${left}. ${WHAT_TO_DO}`);
  if (!reconcile.agrees) {
    lines.push(
      'Next: outcome.json counts other outcomes than its files hold; start-jobs makes both again from the journals, and nothing is done twice',
    );
  }
  if (!live.agrees || state?.agrees === false) {
    lines.push(
      'Next: keys that were written since the run differ rightly; for the others run start-jobs again, or plan anew',
    );
  }
  return lines.join('\n');
}
