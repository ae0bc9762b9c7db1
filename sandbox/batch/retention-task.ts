import { refusalOf } from '../faults.ts';
import { S3Error } from '../http/errors.ts';
import type { S3Request } from '../http/request.ts';
import type { OperationContext } from '../http/router.ts';
import { OBJECT_RETENTION_ROUTES } from '../operations/object-retention.ts';
import type { Delivery } from './invoke-tasks.ts';
import type { JobOperation, JobTask } from './job.ts';

/**
 * Carries out one task of S3PutObjectRetention by the rules of PutObjectRetention: a request that would weaken a lock
 * is refused.
 */
export async function retentionTask(
  context: Pick<OperationContext, 'store' | 'faults'>,
  operation: Extract<JobOperation, { kind: 'S3PutObjectRetention' }>,
  task: JobTask,
): Promise<Delivery> {
  const query = new Map([['retention', '']]);
  if (task.versionId !== '') query.set('versionId', task.versionId);
  const headers = new Map<string, string>();
  if (operation.bypassGovernance) headers.set('x-amz-bypass-governance-retention', 'true');
  const request: S3Request = {
    method: 'PUT',
    host: '',
    path: '',
    bucket: task.bucket,
    key: decodeURIComponent(task.key.replaceAll('+', '%20')),
    query,
    search: '',
    headers,
    body: Buffer.from(
      `<Retention><Mode>${operation.mode}</Mode><RetainUntilDate>${operation.retainUntil}</RetainUntilDate></Retention>`,
    ),
  };
  const route = OBJECT_RETENTION_ROUTES.find(({ operation: name }) => name === 'PutObjectRetention');
  try {
    for (const effect of context.faults.strike('PutObjectRetention', request)) {
      const refusal = refusalOf(effect);
      if (refusal !== undefined) throw refusal;
    }
    await route?.handle({ ...context, request, isDenied: () => false });
    return { task, kind: 'succeeded', errorCode: '', httpStatus: '200', message: 'Successful' };
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    const { code, status, message } = error;
    return { task, kind: 'failed', errorCode: code, httpStatus: String(status), message };
  }
}
