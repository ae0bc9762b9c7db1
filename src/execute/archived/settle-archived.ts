import type { ObjectHead } from '../../s3/version-entry.ts';
import type { SplitRow } from '../split.ts';
import { outcomeOf, type TaskContext } from '../task-context.ts';

/**
 * Ends a row whose version cannot be read now as `archived`. Where archived versions are restored, S3 is asked for it
 * before, and the request is noted before the outcome, so that a later run knows when to look again.
 * @throws S3CallError
 */
export async function settleArchived(context: TaskContext, row: SplitRow, head: ObjectHead): Promise<void> {
  const { restorer } = context;
  if (restorer === null) {
    context.settle(row, outcomeOf('archived', { detail: `${head.storageClass} needs to be restored first` }));
    return;
  }
  const version = { bucket: row.bucket, key: row.key, versionId: row.versionId ?? '' };
  const { detail, request } = await restorer.restore(version, head, context.history(row).restore);
  if (request !== null) await context.recordRestore(row, request);
  context.settle(row, outcomeOf('archived', { detail: `${head.archive ?? head.storageClass} ${detail}` }));
}
