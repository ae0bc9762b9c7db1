import process from 'node:process';
import { RunbookError } from '../errors.ts';
import { sleep } from '../execute/backoff.ts';
import { runDirect } from '../execute/direct.ts';
import { type PlanRecord, readRecord, writtenBucket } from '../execute/record.ts';
import { lockRecord } from '../execute/record-lock.ts';
import { isFulfilled } from '../s3/outcome.ts';
import { EXIT_ROWS_LEFT } from './exit-status.ts';
import { openCalls } from './open-calls.ts';
import { runSummary } from './run-summary.ts';
import type { StartJobsOptions } from './start-jobs.ts';
import { openTerminal, writeOut } from './terminal.ts';

/** The `start-jobs` command: runs the plan of a record from this machine. */
export async function runStartJobs(options: StartJobsOptions): Promise<void> {
  const concurrency = parseConcurrency(options.concurrency);
  const record = await readRecord(options.record);
  if (options.yes !== true) throw confirmationMissing(record);
  const unlock = await lockRecord(record.folder);
  const terminal = await openTerminal({ quiet: options.quiet ?? false });
  const stop = watchSignals();
  try {
    const outcome = await runDirect({
      record,
      calls: openCalls(options),
      progress: terminal.progress,
      pause: sleep,
      isStopped: stop.isStopped,
      ...(concurrency !== null && { concurrency }),
    });
    terminal.finish();
    if (options.json) writeOut(JSON.stringify({ command: 'start-jobs', record: options.record, ...outcome }));
    else writeOut(runSummary(outcome, options.record));
    if (!isFulfilled(outcome.outcomes)) process.exitCode = EXIT_ROWS_LEFT;
  } finally {
    stop.end();
    terminal.finish();
    await unlock();
  }
}

function confirmationMissing({ folder, plan }: PlanRecord): RunbookError {
  const rows = plan.manifests.reduce((total, manifest) => total + manifest.rows, 0);
  return new RunbookError(
    'CONFIRMATION_MISSING',
    `This would change ${rows} rows' keys in the bucket '${writtenBucket(plan)}' (${plan.rollbackId}, ${plan.digest}).`,
    {
      hint: `read ${folder}/comment.md; if it describes what you want: npm run --silent s3-rewind -- start-jobs --record ${folder} --yes`,
    },
  );
}

function parseConcurrency(text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (value >= 1) return value;
  throw new RunbookError('INVALID_OPTION', `--concurrency '${text}' is not a number of requests.`, {
    hint: 'give a whole number from 1, or leave it out for 64',
  });
}

/** The first signal asks to stop in good order, the second one ends the process at once, which is safe too. */
function watchSignals(): { isStopped: () => boolean; end: () => void } {
  let isStopped = false;
  const onSignal = () => {
    if (isStopped) process.exit(130);
    isStopped = true;
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  return {
    isStopped: () => isStopped,
    end() {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal);
    },
  };
}
