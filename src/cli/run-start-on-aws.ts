import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { approvalSchema } from '../approve/approval-file.ts';
import { NO_APPROVAL_WARNING } from '../approve/prove.ts';
import { readJobs } from '../deploy/jobs-file.ts';
import { readRemotePlan } from '../deploy/remote-plan.ts';
import { accountOfStack, type DeploySite } from '../deploy/site.ts';
import { startJobs } from '../deploy/start.ts';
import { writeApproval } from '../deploy/write-approval.ts';
import { RunbookError } from '../errors.ts';
import { sleep } from '../execute/backoff.ts';
import { legalTags } from '../execute/batch/job-request.ts';
import { formatRecordUrl, type RecordPlace } from '../execute/batch/record-place.ts';
import type { JobApproval } from '../execute/batch/watch-job.ts';
import { refusalOf } from '../execute/refusals.ts';
import type { RunOutcome } from '../execute/run-files.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import type { Progress } from '../progress.ts';
import { isFulfilled } from '../s3/outcome.ts';
import { openDeploySite } from './deploy-site.ts';
import { EXIT_ROWS_LEFT } from './exit-status.ts';
import { watchStop } from './interruption.ts';
import { openRecordCalls } from './open-record.ts';
import { runSummary } from './run-summary.ts';
import type { StartJobsOptions } from './start-jobs.ts';
import { openTerminal, writeJson, writeOut } from './terminal.ts';

type Options = Omit<StartJobsOptions, 'destinationRegion'>;

/** Whether a record on S3 has jobs, so that S3 Batch Operations is to carry it out. */
export async function isDeployed(options: Options, place: RecordPlace): Promise<boolean> {
  try {
    const site = { objects: openRecordCalls(options), pause: sleep };
    const { plan } = await readRemotePlan(site, place);
    return (await readJobs(site, place, plan)) !== null;
  } catch (error) {
    throw refusalOf(error, place.bucket);
  }
}

/**
 * The `start-jobs` command for a plan that was deployed.
 * @param before with --json: the result that this run becomes a part of, as a command prints one
 */
export async function runJobsOnAws(
  options: Options,
  place: RecordPlace,
  before: object | null = null,
): Promise<void> {
  try {
    const { plan } = await readRemotePlan({ objects: openRecordCalls(options), pause: sleep }, place);
    const outcome = await runApprovedJobs(options, place, plan, await readApproval(options, plan));
    const record = formatRecordUrl(place);
    if (options.json && before !== null) writeJson({ ...before, run: outcome });
    else if (options.json) writeJson({ command: 'start-jobs', record, ...outcome });
    else writeOut(runSummary(outcome, record));
    if (!isFulfilled(outcome.outcomes)) process.exitCode = EXIT_ROWS_LEFT;
  } catch (error) {
    throw refusalOf(error, place.bucket);
  }
}

/**
 * Starts the jobs of a plan whose approval was proved, by itself or as a member of a set, and stays until their end.
 * @throws as `startJobs` of src/deploy
 */
export async function runApprovedJobs(
  options: Options,
  place: RecordPlace,
  plan: RollbackPlan,
  given: GivenApproval,
): Promise<RunOutcome> {
  const terminal = await openTerminal({ quiet: options.quiet ?? false });
  const stop = watchStop();
  try {
    const site = await openStartSite(options, place, plan, terminal.progress);
    if (given.text !== null) await writeApproval(site, place, given.text);
    const { digest } = plan;
    return await startJobs(site, place, { digest, approval: given.approval, isStopped: stop.isStopped });
  } finally {
    stop.end();
    terminal.finish();
  }
}

/** The account that the jobs of a record are in, as its stack names it. */
export async function openStartSite(
  options: Options,
  place: RecordPlace,
  plan: RollbackPlan,
  progress: Progress,
): Promise<DeploySite> {
  const jobs = await readJobs({ objects: openRecordCalls(options), pause: sleep }, place, plan);
  return openDeploySite(options, accountOfStack(jobs?.stackId ?? ''), progress);
}

/** An approval as the jobs bear it, and the text of approval.json; null where nobody approved. */
export type GivenApproval = { approval: JobApproval; text: string | null };

/**
 * The proof of approval, which comes before anything is asked of AWS.
 * @throws RunbookError CONFIRMATION_MISSING, APPROVAL_UNREADABLE, APPROVAL_DIGEST_CHANGED, APPROVAL_MISSING
 */
export async function readApproval(
  options: Options,
  plan: { rollbackId: string; digest: string },
): Promise<GivenApproval> {
  const { approval, yes } = options;
  if (approval === 'none' && yes === true) {
    process.stderr.write(`${NO_APPROVAL_WARNING}\n`);
    return { approval: { reason: 'approval: none', tags: [] }, text: null };
  }
  if (approval === undefined || approval === 'none') {
    throw new RunbookError(
      'CONFIRMATION_MISSING',
      `This would start the jobs of ${plan.rollbackId} (${plan.digest}), and there is no proof of approval.`,
      {
        hint: 'give --approval approval.json, which the workflow writes; for test data only: --approval none --yes',
      },
    );
  }
  let text: string;
  let value: unknown;
  try {
    text = await readFile(approval, 'utf8');
    value = JSON.parse(text);
  } catch (cause) {
    throw new RunbookError(
      'APPROVAL_UNREADABLE',
      `${approval} cannot be read: ${(cause as Error).message}.`,
      {
        hint: 'give the approval.json that the workflow wrote',
        cause,
      },
    );
  }
  const parsed = approvalSchema.safeParse(value);
  if (!parsed.success) {
    throw new RunbookError(
      'APPROVAL_UNREADABLE',
      `${approval} is no proof of approval: ${parsed.error.issues[0]?.message}.`,
      {
        hint: 'give the approval.json that the workflow wrote',
      },
    );
  }
  const { digest, kind, approver, run, commentUrl } = parsed.data;
  if (digest !== plan.digest) {
    throw new RunbookError(
      'APPROVAL_DIGEST_CHANGED',
      `${approval} is for ${digest}; the plan is ${plan.digest}.`,
      {
        hint: 'have this plan approved: start a new run',
      },
    );
  }
  if (kind === 'none' || approver === null) {
    throw new RunbookError('APPROVAL_MISSING', `${approval} says that nobody approved.`, {
      hint: 'for test data only: --approval none --yes',
    });
  }
  const tags = [
    { key: 's3-rewind:approved-by', value: approver.login },
    { key: 's3-rewind:approved-in', value: run.url },
    ...(commentUrl === null ? [] : [{ key: 's3-rewind:shown-in', value: commentUrl }]),
  ];
  return { approval: { reason: `approved by ${approver.login} (${kind})`, tags: legalTags(tags) }, text };
}
