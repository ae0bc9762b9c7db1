/** What S3 Batch Operations sends a function and expects back ("Invoke AWS Lambda function", schema 2.0). */

import type { TaskResultCode } from '../src/s3/batch-job.ts';

export const SCHEMA_VERSION = '2.0';

export type BatchEvent = {
  invocationSchemaVersion: string;
  invocationId: string;
  job: { id: string; userArguments: unknown };
  tasks: readonly BatchTask[];
};

/** Only the ID is taken for granted: without it there is nothing to answer for. */
export type BatchTask = { taskId: string; s3Key?: unknown; s3Bucket?: unknown };

export type TaskResult = { taskId: string; resultCode: TaskResultCode; resultString: string };

export type BatchResponse = {
  invocationSchemaVersion: string;
  treatMissingKeysAs: TaskResultCode;
  invocationId: string;
  results: TaskResult[];
};

/**
 * Reads an invocation of any schema version.
 * @throws TypeError where it is none of S3 Batch Operations, so that nobody could read an answer
 */
export function parseBatchEvent(event: unknown): BatchEvent {
  const { invocationSchemaVersion, invocationId, job, tasks } = (event ?? {}) as Partial<
    Record<keyof BatchEvent, unknown>
  >;
  if (
    typeof invocationSchemaVersion !== 'string' ||
    typeof invocationId !== 'string' ||
    !Array.isArray(tasks) ||
    !tasks.every((task) => typeof (task as Partial<BatchTask> | null)?.taskId === 'string')
  ) {
    throw new TypeError(
      'This function serves S3 Batch Operations, invocation schema 2.0; this is no such event.',
    );
  }
  const { id, userArguments } = (job ?? {}) as { id?: unknown; userArguments?: unknown };
  return { invocationSchemaVersion, invocationId, job: { id: String(id ?? ''), userArguments }, tasks };
}
