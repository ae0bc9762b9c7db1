import process from 'node:process';
import { RunbookError } from '../errors.ts';
import { sleep } from '../execute/backoff.ts';
import { objectStore } from '../execute/batch/object-store.ts';
import { parseRecordUrl } from '../execute/batch/record-place.ts';
import { copyPolicies } from '../execute/copy-policies.ts';
import { DEFAULT_REQUESTS_IN_FLIGHT, runDirect } from '../execute/direct.ts';
import { copySourceOf, type PlanRecord, writtenBucket } from '../execute/record.ts';
import { lockRecord } from '../execute/record-lock.ts';
import { type RunOutcome, readRunOutcome, readRunStart } from '../execute/run-files.ts';
import { isListedOnly } from '../plan/estimate-input.ts';
import { isRetentionPlace } from '../retention/remote-record.ts';
import { isRetentionRecord } from '../retention/retention-record.ts';
import { formatCount } from '../review/figures.ts';
import { isFulfilled } from '../s3/outcome.ts';
import { shellWord } from '../s3/shell-word.ts';
import { parseConcurrency } from './concurrency-option.ts';
import { EXIT_ROWS_LEFT } from './exit-status.ts';
import { watchStop } from './interruption.ts';
import { openPlanCalls } from './open-calls.ts';
import { type OpenedRecord, openRecord } from './open-record.ts';
import { isSet } from './open-set.ts';
import { type EarlierRun, runSummary } from './run-summary.ts';
import type { StartJobsOptions } from './start-jobs.ts';
import { openTerminal, writeJson, writeOut } from './terminal.ts';

const PRINCIPAL_ARN = /^arn:aws[a-z-]*:(iam|sts)::\d{12}:\S+$/;

/** The `start-jobs` command: runs the plan of a record from this machine. */
export async function runStartJobs(options: StartJobsOptions): Promise<void> {
  const concurrency = parseConcurrency(options.concurrency);
  const place = parseRecordUrl(options.record);
  if (await isSet(options.record)) {
    assertAttended(options);
    const { runStartSet } = await import('./run-start-set.ts');
    return await runStartSet(options, concurrency);
  }
  if (place !== null && isRetentionPlace(place)) {
    const { runRetentionOnAws } = await import('./run-retention-on-aws.ts');
    return await runRetentionOnAws(options, place);
  }
  if (await isRetentionRecord(options.record)) {
    const { runStartRetention } = await import('./run-start-retention.ts');
    return await runStartRetention(options, concurrency ?? DEFAULT_REQUESTS_IN_FLIGHT);
  }
  assertAttended(options);
  if (place !== null && options.printPolicies === undefined) {
    const { isDeployed, runJobsOnAws } = await import('./run-start-on-aws.ts');
    if (await isDeployed(options, place)) return await runJobsOnAws(options, place);
  }
  const opened = await openRecord(options.record, options);
  try {
    if (options.printPolicies !== undefined) return printPolicies(opened.record, options.printPolicies);
    if (options.yes !== true) throw confirmationMissing(opened.record);
    await runFromHere(opened, options, concurrency);
  } finally {
    await opened.end();
  }
}

/** @throws RunbookError INVALID_OPTION */
function assertAttended({ unattended }: StartJobsOptions): void {
  if (!unattended) return;
  throw new RunbookError('INVALID_OPTION', '--unattended is for the records of extend-retention alone.', {
    hint: 'a rollback is started by a person who has read its plan: --yes',
  });
}

async function runFromHere(
  opened: OpenedRecord,
  options: StartJobsOptions,
  concurrency: number | null,
): Promise<void> {
  const earlier = await readEarlierRun(opened.record);
  const outcome = await runRecord(opened, options, concurrency);
  if (options.json) writeJson({ command: 'start-jobs', record: options.record, ...outcome });
  else writeOut(runSummary(outcome, options.record, earlier));
  if (!isFulfilled(outcome.outcomes)) process.exitCode = EXIT_ROWS_LEFT;
}

/** For the summary alone: files that cannot be read are for the run to refuse, or to make again. */
async function readEarlierRun(record: PlanRecord): Promise<EarlierRun> {
  const start = await readRunStart(record).catch(() => null);
  return { startedAt: start?.startedAt ?? null, ended: await readRunOutcome(record).catch(() => null) };
}

/** Runs one record from this machine, which holds its lock meanwhile. */
export async function runRecord(
  { record, remote }: Pick<OpenedRecord, 'record' | 'remote'>,
  options: StartJobsOptions,
  concurrency: number | null,
): Promise<RunOutcome> {
  const unlock = await lockRecord(record.folder);
  const terminal = await openTerminal({ quiet: options.quiet ?? false });
  const stop = watchStop();
  try {
    return await runDirect({
      record,
      calls: openPlanCalls(options, copySourceOf(record.plan)),
      progress: terminal.progress,
      pause: sleep,
      isStopped: stop.isStopped,
      ...(concurrency !== null && { concurrency }),
      ...(remote !== null && { store: objectStore(remote.calls, remote.place, record, sleep) }),
    });
  } finally {
    stop.end();
    terminal.finish();
    await unlock();
  }
}

/** The policies of both buckets, for the owner of each to put in place. */
function printPolicies({ plan }: PlanRecord, principalArn: string): void {
  const sourceBucket = copySourceOf(plan);
  if (sourceBucket === null || !PRINCIPAL_ARN.test(principalArn)) {
    throw new RunbookError(
      'INVALID_OPTION',
      '--print-policies takes the ARN of a user or role, for a copy-to-bucket plan.',
      {
        hint: 'find it with: aws sts get-caller-identity --query Arn',
      },
    );
  }
  for (const { bucket, policy } of copyPolicies(sourceBucket, writtenBucket(plan), principalArn)) {
    writeOut(
      `Bucket policy of ${bucket} (add the statements to what is there):\n${JSON.stringify(policy, null, 2)}`,
    );
  }
}

function confirmationMissing({ name, plan }: PlanRecord): RunbookError {
  const rows = plan.manifests
    .filter(({ scenario }) => !isListedOnly(scenario))
    .reduce((total, manifest) => total + manifest.rows, 0);
  return new RunbookError(
    'CONFIRMATION_MISSING',
    `This would carry out ${formatCount(rows)} planned row${rows === 1 ? '' : 's'} in the bucket '${writtenBucket(plan)}' (${plan.rollbackId}, ${plan.digest}).`,
    {
      hint: `read ${name.replace(/\/$/, '')}/comment.md; if it describes what you want: npm run --silent s3-rewind -- start-jobs --record ${shellWord(name)} --yes`,
    },
  );
}
