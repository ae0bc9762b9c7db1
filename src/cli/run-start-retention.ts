import process from 'node:process';
import { openS3Client } from '../aws/client.ts';
import { openRetentionCalls } from '../aws/retention-calls.ts';
import { RunbookError } from '../errors.ts';
import { sleep } from '../execute/backoff.ts';
import { lockRecord } from '../execute/record-lock.ts';
import { type RetentionRecord, readRetentionRecord } from '../retention/retention-record.ts';
import type { RetentionStart } from '../retention/run-files.ts';
import { runRetention } from '../retention/run-retention.ts';
import { formatCount } from '../review/figures.ts';
import { isFulfilled } from '../s3/outcome.ts';
import { shellWord } from '../s3/shell-word.ts';
import { parseEndpoint } from './endpoint-options.ts';
import { EXIT_ROWS_LEFT } from './exit-status.ts';
import { watchStop } from './interruption.ts';
import { retentionRunSummary } from './retention-summary.ts';
import type { StartJobsOptions } from './start-jobs.ts';
import { openTerminal, writeJson, writeOut } from './terminal.ts';

/** The `start-jobs` command over the record of an extension. */
export async function runStartRetention(options: StartJobsOptions, concurrency: number): Promise<void> {
  const record = await readRetentionRecord(options.record);
  const startedBy = whoSaidYes(record, options);
  const unlock = await lockRecord(record.folder);
  const terminal = await openTerminal({ quiet: options.quiet ?? false });
  const stop = watchStop();
  const client = openS3Client({ ...parseEndpoint(options), connections: concurrency });
  try {
    const outcome = await runRetention({
      record,
      calls: openRetentionCalls(client),
      startedBy,
      progress: terminal.progress,
      pause: sleep,
      isStopped: stop.isStopped,
      concurrency,
    });
    terminal.finish();
    if (options.json) writeJson({ command: 'start-jobs', record: options.record, ...outcome });
    else writeOut(retentionRunSummary(outcome, options.record));
    if (!isFulfilled(outcome.outcomes)) process.exitCode = EXIT_ROWS_LEFT;
  } finally {
    stop.end();
    terminal.finish();
    client.destroy();
    await unlock();
  }
}

/** @throws RunbookError CONFIRMATION_MISSING, INVALID_OPTION */
function whoSaidYes(
  { folder, plan }: RetentionRecord,
  { yes, unattended }: StartJobsOptions,
): RetentionStart['startedBy'] {
  if (yes && unattended) {
    throw new RunbookError('INVALID_OPTION', '--yes and --unattended exclude each other.', {
      hint: '--yes is for who has read comment.md, --unattended for a schedule',
    });
  }
  if (yes) return 'review';
  if (unattended) return 'unattended';
  const { tasks } = plan.estimate.run;
  throw new RunbookError(
    'CONFIRMATION_MISSING',
    `This would extend the retention of ${formatCount(tasks)} versions in the bucket '${plan.settings.bucket}' (${plan.retentionId}, ${plan.digest}).`,
    {
      hint: `read ${folder}/comment.md; if it describes what you want: npm run --silent s3-rewind -- start-jobs --record ${shellWord(folder)} --yes`,
    },
  );
}
