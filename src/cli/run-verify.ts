import process from 'node:process';
import { sleep } from '../execute/backoff.ts';
import { copySourceOf, readRecord } from '../execute/record.ts';
import { formatCount } from '../review/figures.ts';
import { printable } from '../s3/printable.ts';
import { type Verification, verifyRun } from '../verify/verify.ts';
import { EXIT_ROWS_LEFT } from './exit-status.ts';
import { openPlanCalls } from './open-calls.ts';
import { openTerminal, writeOut } from './terminal.ts';
import type { VerifyCommandOptions } from './verify.ts';

const SHOWN_DIFFERENCES = 10;

/** The `verify` command. */
export async function runVerify(options: VerifyCommandOptions): Promise<void> {
  const record = await readRecord(options.record);
  const terminal = await openTerminal({ quiet: options.quiet ?? false });
  let verification: Verification;
  try {
    const { progress } = terminal;
    verification = await verifyRun({
      record,
      calls: openPlanCalls(options, copySourceOf(record.plan)),
      progress,
      pause: sleep,
    });
  } finally {
    terminal.finish();
  }
  const agrees = verification.reconcile.agrees && verification.live.agrees;
  const { rollbackId, digest: planDigest } = record.plan;
  if (options.json) {
    writeOut(
      JSON.stringify({
        command: 'verify',
        record: options.record,
        rollbackId,
        planDigest,
        agrees,
        ...verification,
      }),
    );
  } else {
    writeOut(verifySummary(verification));
  }
  if (!agrees) process.exitCode = EXIT_ROWS_LEFT;
}

function verifySummary({ reconcile, live, examples }: Verification): string {
  const verdict = (agrees: boolean) => (agrees ? 'agrees' : 'DIFFERS');
  const lines = [
    `1 reconcile: ${verdict(reconcile.agrees)}; ${formatCount(reconcile.rows)} planned rows, one outcome each`,
    `2 live: ${verdict(live.agrees)}; ${formatCount(live.compared)} keys compared with the bucket, ${formatCount(live.differences)} differ; ${formatCount(live.leftAlone)} were left alone by the run and not compared`,
  ];
  for (const { scenario, key, expected, found } of examples.slice(0, SHOWN_DIFFERENCES)) {
    lines.push(
      `  ${scenario}  ${printable(key)}: expected ${printable(expected)}, current is ${printable(found)}`,
    );
  }
  if (live.differences > SHOWN_DIFFERENCES) lines.push('  … --json shows more');
  if (!live.agrees) {
    lines.push(
      'Next: keys that were written since the run differ rightly; for the others run start-jobs again, or plan anew',
    );
  }
  return lines.join('\n');
}
