import { refusalOf } from '../faults.ts';
import { S3Error } from '../http/errors.ts';
import type { S3Request } from '../http/request.ts';
import type { OperationContext, Route } from '../http/router.ts';
import type { Delivery } from './invoke-tasks.ts';
import type { JobTask } from './job.ts';

/** What a task needs of the sandbox. */
export type TaskContext = Pick<OperationContext, 'store' | 'faults'>;

/** The request that an operation of S3's own makes for a task, on its own version. */
export function requestOf(
  task: JobTask,
  method: string,
  subresource: string,
  headers: ReadonlyMap<string, string>,
  body: string,
): S3Request {
  const query = new Map([[subresource, '']]);
  if (task.versionId !== '') query.set('versionId', task.versionId);
  return {
    ...{ method, host: '', path: '', query, search: '' },
    bucket: task.bucket,
    key: decodeURIComponent(task.key.replaceAll('+', '%20')),
    headers: new Map(headers),
    body: Buffer.from(body),
  };
}

/**
 * Carries out a task by the rules of the request that S3 makes for it. The role of the job is not known here, so no
 * policy of a bucket is asked.
 */
export async function routeTask(
  context: TaskContext,
  routes: readonly Route[],
  operation: string,
  request: S3Request,
  task: JobTask,
): Promise<Delivery> {
  const route = routes.find((one) => one.operation === operation);
  try {
    for (const effect of context.faults.strike(operation, request)) {
      const refusal = refusalOf(effect);
      if (refusal !== undefined) throw refusal;
    }
    await context.store.context.losses.during(() =>
      route?.handle({ ...context, request, isDenied: () => false }),
    );
    return { task, kind: 'succeeded', errorCode: '', httpStatus: '200', message: 'Successful' };
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    const { code, status, message } = error;
    return { task, kind: 'failed', errorCode: code, httpStatus: String(status), message };
  }
}
