import { canCopyRestored, copyByTasks } from '../deploy/copy-restored.ts';
import { readJobs } from '../deploy/jobs-file.ts';
import { askByJobs, assertBatchTier, findStack, type RestoreRun } from '../deploy/restore-jobs.ts';
import { accountOfStack } from '../deploy/site.ts';
import { RunbookError } from '../errors.ts';
import type { RestoreState } from '../execute/archived/restore-file.ts';
import type { RestoreOptions } from '../execute/archived/run-restore.ts';
import { sleep } from '../execute/backoff.ts';
import type { JobApproval } from '../execute/batch/watch-job.ts';
import { refusalOf } from '../execute/refusals.ts';
import type { Progress } from '../progress.ts';
import type { RestoreTier } from '../s3/restore.ts';
import type { Stack } from '../s3/stack.ts';
import { openDeploySite } from './deploy-site.ts';
import type { OpenedRecord } from './open-record.ts';
import type { RestoreArchivedOptions } from './restore-archived.ts';
import { readApproval } from './run-start-on-aws.ts';

type JobParts = Pick<RestoreOptions, 'askByJobs' | 'copyByTasks'>;

/** What S3 Batch Operations does of the restores and copies of a record. */
export type OpenedRestoreJobs = {
  /** what jobs bear of the approval; null: no job is made */
  approval: JobApproval | null;
  open(progress: Progress, isStopped: () => boolean): JobParts;
};
const NO_JOBS: OpenedRestoreJobs = { approval: null, open: () => ({}) };

/** Who restores and who copies. `stack`: null where it is not deployed. */
export type RestoreWork = { asks: boolean; copies: boolean; stack: Stack | null };

/**
 * Decides who asks for restores and who copies: the task function of the plan's stack wherever there is one, unless
 * this machine is named. An offer goes by the record alone: whoever may see it need not see the stack.
 * @throws RunbookError INVALID_OPTION, NOT_DEPLOYED, RECORD_CHANGED, ACCESS_DENIED, …
 */
export async function chooseRestoreWork(
  { record, remote }: OpenedRecord,
  options: RestoreArchivedOptions,
): Promise<RestoreWork> {
  const asks = options.restoreWith === 's3-batch-restore';
  const isCopyNamed = options.copyWith === 's3-batch-task';
  if (remote === null) {
    if (!asks && !isCopyNamed) return { asks: false, copies: false, stack: null };
    const named = asks ? '--restore-with s3-batch-restore' : '--copy-with s3-batch-task';
    throw new RunbookError('INVALID_OPTION', `${named} takes a record on S3.`, {
      hint: 'name the record of the deployed plan as s3://BUCKET/ROLLBACK-ID/, or leave the option out',
    });
  }
  if (!asks && options.copyWith === 'direct') return { asks, copies: false, stack: null };
  const { place, calls } = remote;
  try {
    const jobs = await readJobs({ objects: calls, pause: sleep }, place, record.plan);
    if (jobs === null && !asks && !isCopyNamed) return { asks, copies: false, stack: null };
    if (options.offer) return { asks, copies: options.copyWith !== 'direct', stack: null };
    const site = openDeploySite(options, accountOfStack(jobs?.stackId ?? ''), () => {});
    const hint = 'use --restore-with direct and --copy-with direct: this machine asks and copies then';
    const stack = await findStack(site, place, record, hint).catch((error: unknown) => {
      const isNone = error instanceof RunbookError && error.code === 'NOT_DEPLOYED';
      if (!isNone || asks || isCopyNamed) throw error;
      return null;
    });
    const copies = options.copyWith !== 'direct' && stack !== null && (await canCopyRestored(site, stack));
    if (isCopyNamed && !copies) {
      throw new RunbookError(
        'NOT_DEPLOYED',
        'The task function of the stack was made before it could copy these.',
        {
          hint: 'use --copy-with direct: this machine copies then, under the same guard',
        },
      );
    }
    return { asks, copies, stack };
  } catch (error) {
    throw refusalOf(error, place.bucket);
  }
}

/**
 * Everything that jobs need, checked before anything is agreed to.
 * @param isAgreed whether someone agrees now, which takes a proof; a later run goes on with what was agreed to
 * @throws RunbookError RESTORE_TIER_UNAVAILABLE, CONFIRMATION_MISSING, APPROVAL_*
 */
export async function openRestoreJobs(
  { record, remote }: OpenedRecord,
  options: RestoreArchivedOptions,
  work: RestoreWork,
  state: RestoreState | null,
  { tier, isAgreed }: { tier: RestoreTier; isAgreed: boolean },
): Promise<OpenedRestoreJobs> {
  const { asks, copies, stack } = work;
  if (remote === null || stack === null || !(asks || copies)) return NO_JOBS;
  if (asks) assertBatchTier(tier);
  let approval: JobApproval | undefined = isAgreed ? undefined : state?.approval;
  if (approval === undefined || options.approval !== undefined) {
    const isNamed = asks || options.copyWith !== undefined;
    // Agreed to without a proof, when this machine was to copy.
    if (!isAgreed && !isNamed && options.approval === undefined) return NO_JOBS;
    if (options.approval === undefined && !isNamed) throw proofMissing();
    approval = (await readApproval(options, record.plan)).approval;
  }
  const { place } = remote;
  const agreed: JobApproval = approval;
  return {
    approval: agreed,
    open(progress, isStopped) {
      const site = openDeploySite(options, accountOfStack(stack.id), progress);
      const run: RestoreRun = { site, place, record, stack, approval: agreed, isStopped };
      return {
        ...(asks && { askByJobs: (...asked) => askByJobs(run, ...asked) }),
        ...(copies && { copyByTasks: (...asked) => copyByTasks(run, ...asked) }),
      } satisfies JobParts;
    },
  };
}

function proofMissing(): RunbookError {
  return new RunbookError(
    'CONFIRMATION_MISSING',
    'The task function of the stack would copy what was restored, and there is no proof of approval.',
    {
      hint: 'give --approval approval.json, which the workflow writes (for test data only: --approval none --yes); or --copy-with direct, which copies from this machine',
    },
  );
}
