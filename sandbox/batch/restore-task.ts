import { RESTORE_OBJECT_ROUTES } from '../operations/restore-object.ts';
import type { Delivery } from './invoke-tasks.ts';
import type { JobOperation, JobTask } from './job.ts';
import { requestOf, routeTask, type TaskContext } from './route-task.ts';

/** Tiers as RestoreObject spells them. */
const TIERS: Record<string, string> = { BULK: 'Bulk', STANDARD: 'Standard' };

/** Carries out one task of S3InitiateRestoreObject: S3 passes every row to RestoreObject, and is done once it has asked. */
export async function restoreTask(
  context: TaskContext,
  { tier, days }: Extract<JobOperation, { kind: 'S3InitiateRestoreObject' }>,
  task: JobTask,
): Promise<Delivery> {
  const stay = days === undefined ? '' : `<Days>${days}</Days>`;
  const body = `<RestoreRequest>${stay}<GlacierJobParameters><Tier>${TIERS[tier]}</Tier></GlacierJobParameters></RestoreRequest>`;
  const request = requestOf(task, 'POST', 'restore', new Map(), body);
  return await routeTask(context, RESTORE_OBJECT_ROUTES, 'RestoreObject', request, task);
}
