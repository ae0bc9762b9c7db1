import { RunbookError } from '../errors.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { readPatiently, type Sleep } from './backoff.ts';
import { writtenBucket } from './record.ts';
import type { S3Calls } from './s3-calls.ts';
import { versioningLost } from './versioning.ts';

/**
 * What must hold before the first request that changes anything: no check of the plan blocks it, and the bucket that
 * is written to keeps every version.
 * @throws RunbookError CHECKS_BLOCK, VERSIONING_NOT_ENABLED, MFA_DELETE_ENABLED; S3CallError
 */
export async function assertStartable(
  plan: RollbackPlan,
  calls: Pick<S3Calls, 'readVersioning'>,
  pause: Sleep,
): Promise<void> {
  assertNothingBlocks(plan);
  const bucket = writtenBucket(plan);
  const { status, mfaDelete } = await readPatiently(() => calls.readVersioning(bucket), pause);
  if (status !== 'Enabled') throw versioningLost(bucket, status);
  const removes = plan.manifests.some(({ operation }) => operation === 'remove-delete-markers');
  if (mfaDelete && removes) {
    throw new RunbookError(
      'MFA_DELETE_ENABLED',
      `MFA delete of '${bucket}' forbids the removal of delete markers.`,
      {
        hint: 'plan again with --markers copy, which copies the version on top instead',
      },
    );
  }
}

/** @throws RunbookError CHECKS_BLOCK */
export function assertNothingBlocks(plan: RollbackPlan): void {
  const blocking = plan.checks.filter(({ level }) => level === 'blocking');
  const [first] = blocking;
  if (first === undefined) return;
  const more = blocking.length === 1 ? '' : ` (and ${blocking.length - 1} more)`;
  throw new RunbookError('CHECKS_BLOCK', `${first.code}${more}: ${first.message}`, { hint: first.hint });
}
