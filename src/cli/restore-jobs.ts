import { readJobs } from '../deploy/jobs-file.ts';
import { askByJobs, assertBatchTier, findStack } from '../deploy/restore-jobs.ts';
import { accountOfStack } from '../deploy/site.ts';
import { RunbookError } from '../errors.ts';
import type { AskByJobs } from '../execute/archived/run-restore.ts';
import { sleep } from '../execute/backoff.ts';
import { refusalOf } from '../execute/refusals.ts';
import type { Progress } from '../progress.ts';
import type { RestoreTier } from '../s3/restore.ts';
import { openDeploySite } from './deploy-site.ts';
import type { OpenedRecord } from './open-record.ts';
import type { RestoreArchivedOptions } from './restore-archived.ts';
import { readApproval } from './run-start-on-aws.ts';

export type OpenedRestoreJobs = (progress: Progress, isStopped: () => boolean) => AskByJobs;

/**
 * Everything that jobs of S3's own need to ask for restores, checked before anything is agreed to.
 * @returns null where this machine asks
 * @throws RunbookError INVALID_OPTION, RESTORE_TIER_UNAVAILABLE, NOT_DEPLOYED, CONFIRMATION_MISSING, APPROVAL_*
 */
export async function openRestoreJobs(
  { record, remote }: OpenedRecord,
  options: RestoreArchivedOptions,
  tier: RestoreTier,
): Promise<OpenedRestoreJobs | null> {
  if (options.restoreWith !== 's3-batch-restore') return null;
  if (remote === null) {
    throw new RunbookError('INVALID_OPTION', '--restore-with s3-batch-restore takes a record on S3.', {
      hint: 'name the record of the deployed plan as s3://BUCKET/ROLLBACK-ID/, or leave --restore-with out',
    });
  }
  assertBatchTier(tier);
  const { approval } = await readApproval(options, record.plan);
  const { place, calls } = remote;
  try {
    const jobs = await readJobs({ objects: calls, pause: sleep }, place, record.plan);
    const account = accountOfStack(jobs?.stackId ?? '');
    const stack = await findStack(
      openDeploySite(options, account, () => {}),
      place,
      record,
    );
    return (progress, isStopped) => {
      const site = openDeploySite(options, account, progress);
      return (...asked) => askByJobs({ site, place, record, stack, approval, isStopped }, ...asked);
    };
  } catch (error) {
    throw refusalOf(error, place.bucket);
  }
}
