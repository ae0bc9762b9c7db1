import { RunbookError } from '../errors.ts';
import type { RestoreJob, RestoreState } from '../execute/archived/restore-file.ts';
import { formatRecordUrl, type RecordPlace } from '../execute/batch/record-place.ts';
import type { JobApproval } from '../execute/batch/watch-job.ts';
import type { PlanRecord } from '../execute/record.ts';
import type { RunOutcome } from '../execute/run-files.ts';
import { BATCH_RESTORE_TIERS, type BatchRestoreTier } from '../s3/batch-job.ts';
import type { Stack } from '../s3/stack.ts';
import { underApproval } from './approval-tag.ts';
import { checkStack, roleNamesOf } from './check-stack.ts';
import { readJobs } from './jobs-file.ts';
import { writeRestoreLists } from './restore-lists.ts';
import { checkRestoreJob, finishRestoreJob, makeRestoreJob } from './run-restore-job.ts';
import type { DeploySite } from './site.ts';

/** A deployed plan whose archived rows jobs of S3's own are to restore. */
export type RestoreRun = {
  site: DeploySite;
  place: RecordPlace;
  /** a copy of the record, in a folder */
  record: PlanRecord;
  stack: Stack;
  approval: JobApproval;
  isStopped: () => boolean;
};

/**
 * The stack of a plan that jobs can restore for.
 * @throws RunbookError NOT_DEPLOYED, RECORD_CHANGED; S3CallError
 */
export async function findStack(
  site: Pick<DeploySite, 'objects' | 'stacks' | 'pause'>,
  place: RecordPlace,
  { plan }: PlanRecord,
  hint: string,
): Promise<Stack> {
  const deployed = await readJobs(site, place, plan);
  const stack = deployed === null ? null : await site.stacks.describeStack(deployed.stackId);
  if (stack?.status === 'CREATE_COMPLETE') return stack;
  const state = stack === null ? 'it has no stack' : `its stack is ${stack.status}`;
  throw new RunbookError('NOT_DEPLOYED', `${formatRecordUrl(place)} is not deployed: ${state}.`, {
    hint,
  });
}

/** @throws RunbookError RESTORE_TIER_UNAVAILABLE */
export function assertBatchTier(tier: RestoreState['tier']): BatchRestoreTier {
  const found = BATCH_RESTORE_TIERS.find((one) => one === tier);
  if (found !== undefined) return found;
  throw new RunbookError('RESTORE_TIER_UNAVAILABLE', `S3 Batch Operations does not restore with ${tier}.`, {
    hint: 'use --tier Standard or --tier Bulk, or leave --restore-with out',
  });
}

/**
 * Has jobs of S3's own ask for the restore of archived rows, one for each storage class, and stays until they have. Jobs
 * are made at the first agreement, and at one over restored copies that have all expired; otherwise those that an
 * earlier run left are brought to their end. Nothing of ours looks at a key before S3 is asked.
 * The Batch role alone bears the tag of the approval meanwhile: the task function stays without it.
 * @returns restores that S3 took
 * @throws RunbookError STACK_CHANGED, JOB_*, REPORT_*, INTERRUPTED; S3CallError
 */
export async function askByJobs(
  run: RestoreRun,
  state: RestoreState,
  earlier: RunOutcome,
  note: (jobs: RestoreJob[]) => Promise<void>,
): Promise<number> {
  const { site, place, record, stack } = run;
  const tier = assertBatchTier(state.tier);
  let jobs = state.jobs ?? [];
  const isFirst = jobs.length === 0 && state.lastLookAt === null;
  const haveExpired = state.nextLookAt === null && state.waiting === 0 && state.expired > 0;
  const isOpen = jobs.some(({ end }) => end === null);
  const attempt = 1 + Math.max(0, ...jobs.map((job) => job.attempt));
  const lists = !isOpen && (isFirst || haveExpired) ? await writeRestoreLists(record, earlier, attempt) : [];
  if (!isOpen && lists.length === 0) return 0;

  const [, role = ''] = roleNamesOf(stack);
  return await underApproval(site, [role], record.plan.digest, async (approve) => {
    let taken = 0;
    await checkStack(site, place, record.plan, stack);
    for (const list of lists) {
      jobs = [...jobs, await makeRestoreJob(run, list, { tier, days: state.days })];
      await note(jobs);
    }
    const open = jobs.filter(({ end }) => end === null);
    for (const job of open) await checkRestoreJob(run, job, { tier, days: state.days });
    await approve();
    for (const job of open) {
      const end = await finishRestoreJob(run, job);
      jobs = jobs.map((one) => (one.id === job.id ? { ...one, end } : one));
      await note(jobs);
      taken += end.succeeded;
    }
    return taken;
  });
}
