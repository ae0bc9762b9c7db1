import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunbookError } from '../errors.ts';
import { formatRecordUrl, type RecordPlace } from '../execute/batch/record-place.ts';
import type { JobApproval } from '../execute/batch/watch-job.ts';
import { assertStartable } from '../execute/preflight.ts';
import type { RunOutcome } from '../execute/run-files.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { ROLLBACK_TAGS } from '../s3/aws-names.ts';
import type { Stack } from '../s3/stack.ts';
import { takeTagOff, underApproval } from './approval-tag.ts';
import { checkStack, roleNamesOf } from './check-stack.ts';
import { readJobs } from './jobs-file.ts';
import type { JobsRun } from './jobs-run.ts';
import { changed, readRemotePlan } from './remote-plan.ts';
import { checkJobs, renewJobs, runJobs } from './run-jobs.ts';
import type { DeploySite } from './site.ts';
import { noteStart, readStart, writeRun } from './write-run.ts';

export type StartOptions = {
  /** of the plan that was approved, by itself or as a member of a set */
  digest: string;
  approval: JobApproval;
  /** Whether to stop watching; the tag is taken off, so that the jobs change nothing more. */
  isStopped: () => boolean;
};

/**
 * Starts the jobs of a plan and stays until they have come to their end: the order of docs/security.md, "What
 * start-jobs has to check, in this order". The caller has to have the proof of approval in its hands. Run again after it
 * was stopped or lost, it goes on; the tag of the approval is taken off whatever happens.
 * @throws RunbookError NOT_DEPLOYED, STACK_EXPIRED, STACK_CHANGED, RECORD_*, CHECKS_BLOCK, VERSIONING_NOT_ENABLED, JOB_*, REPORT_*,
 *   INTERRUPTED; S3CallError
 */
export async function startJobs(
  site: DeploySite,
  place: RecordPlace,
  options: StartOptions,
): Promise<RunOutcome> {
  const { plan } = await readRemotePlan(site, place);
  if (plan.digest !== options.digest) {
    throw changed(`${formatRecordUrl(place)} holds ${plan.digest}; ${options.digest} was approved.`);
  }
  await assertStartable(plan, site.s3, site.pause);
  const deployed = await readJobs(site, place, plan);
  const stack = deployed === null ? null : await site.stacks.describeStack(deployed.stackId);
  if (deployed === null || stack === null || stack.status !== 'CREATE_COMPLETE') {
    const state = stack === null ? 'it has no stack' : `its stack is ${stack.status}`;
    throw new RunbookError('NOT_DEPLOYED', `${formatRecordUrl(place)} is not deployed: ${state}.`, {
      hint: `npm run --silent s3-rewind -- deploy --record ${formatRecordUrl(place)} --boundary-arn … --service-role-arn …`,
    });
  }
  const run: JobsRun = { site, place, plan, stack, deployed, ...options };
  if ((await readStart(run)) === null) assertNotExpired(stack, place, site.objects.serverTime());
  const folder = await mkdtemp(join(tmpdir(), 's3-rewind-copies-'));
  try {
    return await underApproval(site, roleNamesOf(stack), plan.digest, async (approve) => {
      await checkStack(site, place, plan, stack);
      const pinned = await renewJobs(run);
      await checkJobs(run, pinned);
      const startedAt = await noteStart(run);
      await approve();
      const copied = await runJobs(run, pinned, { startedAt, folder });
      return await writeRun(run, startedAt, pinned, copied);
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Takes the tag of the approval off the roles of a plan that has run, where a lost run left it on.
 * @throws S3CallError; RunbookError RECORD_CHANGED, ACCESS_DENIED, …
 */
export async function endApproval(site: DeploySite, place: RecordPlace, plan: RollbackPlan): Promise<void> {
  const deployed = await readJobs(site, place, plan);
  const stack = deployed === null ? null : await site.stacks.describeStack(deployed.stackId);
  // Cleanup has removed the roles, and the tag with them.
  if (stack?.status === 'CREATE_COMPLETE') await takeTagOff(site, roleNamesOf(stack));
}

/**
 * A stack that has expired is one that the next cleanup removes, with jobs that run; a run that has begun goes on.
 * @throws RunbookError STACK_EXPIRED
 */
function assertNotExpired({ name, tags }: Stack, place: RecordPlace, now: Date): void {
  const expires = tags[ROLLBACK_TAGS.expires] ?? '';
  if (!(Date.parse(expires) <= now.getTime())) return;
  const record = formatRecordUrl(place);
  throw new RunbookError('STACK_EXPIRED', `The stack ${name} has expired at ${expires}.`, {
    hint: `see whether the plan still is what you want; then npm run --silent s3-rewind -- cleanup --record ${record}, and deploy it again`,
  });
}
