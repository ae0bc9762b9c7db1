import type { S3Request } from '../http/request.ts';
import { COPY_OBJECT_ROUTES } from '../operations/copy-object.ts';
import type { Delivery } from './invoke-tasks.ts';
import type { JobOperation, JobTask } from './job.ts';
import { routeTask, type TaskContext } from './route-task.ts';

/** Carries out one task of S3PutObjectCopy by the rules of CopyObject: no condition on the destination is possible. */
export async function copyTask(
  context: TaskContext,
  operation: Extract<JobOperation, { kind: 'S3PutObjectCopy' }>,
  task: JobTask,
): Promise<Delivery> {
  const key = decodeURIComponent(task.key.replaceAll('+', '%20'));
  const encoded = key.split('/').map(encodeURIComponent).join('/');
  const version = task.versionId === '' ? '' : `?versionId=${task.versionId}`;
  const headers = new Map([['x-amz-copy-source', `${task.bucket}/${encoded}${version}`]]);
  if (operation.storageClass !== undefined) headers.set('x-amz-storage-class', operation.storageClass);
  if (operation.metadataDirective !== undefined)
    headers.set('x-amz-metadata-directive', operation.metadataDirective);
  if (operation.kmsKeyArn !== undefined) {
    headers.set('x-amz-server-side-encryption', 'aws:kms');
    headers.set('x-amz-server-side-encryption-aws-kms-key-id', operation.kmsKeyArn);
  }
  const request: S3Request = {
    method: 'PUT',
    host: '',
    path: '',
    bucket: operation.targetBucket,
    key: operation.targetKeyPrefix + key,
    query: new Map(),
    search: '',
    headers,
    body: Buffer.alloc(0),
  };
  return await routeTask(context, COPY_OBJECT_ROUTES, 'CopyObject', request, task);
}
