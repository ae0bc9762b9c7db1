import { hash } from 'node:crypto';
import { OBJECT_RETENTION_ROUTES } from '../operations/object-retention.ts';
import type { Delivery } from './invoke-tasks.ts';
import type { JobOperation, JobTask } from './job.ts';
import { requestOf, routeTask, type TaskContext } from './route-task.ts';

/**
 * Carries out one task of S3PutObjectRetention by the rules of PutObjectRetention: a request that would weaken a lock
 * is refused.
 */
export async function retentionTask(
  context: TaskContext,
  operation: Extract<JobOperation, { kind: 'S3PutObjectRetention' }>,
  task: JobTask,
): Promise<Delivery> {
  const headers = new Map<string, string>();
  if (operation.bypassGovernance) headers.set('x-amz-bypass-governance-retention', 'true');
  const body = `<Retention><Mode>${operation.mode}</Mode><RetainUntilDate>${operation.retainUntil}</RetainUntilDate></Retention>`;
  headers.set('content-md5', hash('md5', body, 'base64'));
  const request = requestOf(task, 'PUT', 'retention', headers, body);
  return await routeTask(context, OBJECT_RETENTION_ROUTES, 'PutObjectRetention', request, task);
}
