import { parseTaskArguments } from '../src/execute/batch/task-arguments.ts';
import { parseTaskKey } from '../src/execute/batch/task-key.ts';
import type { Split } from '../src/execute/split.ts';
import type { TaskArguments } from '../src/s3/batch-job.ts';
import type { BatchTask } from './batch-event.ts';

/**
 * What the stack of a rollback fixes in the function's environment. A job says the same in its arguments, and has to
 * agree: one that was made for another plan, by mistake or malice, is refused.
 */
export type FunctionScope = Pick<TaskArguments, 'record' | 'digest' | 'bucket' | 'writtenBucket'>;

const VARIABLES: Record<keyof FunctionScope, string> = {
  record: 'RECORD',
  digest: 'PLAN_DIGEST',
  bucket: 'BUCKET',
  writtenBucket: 'WRITTEN_BUCKET',
};

/** @throws TypeError where a variable is missing: the stack is at fault, not a task */
export function readFunctionScope(environment: Record<string, string | undefined>): FunctionScope {
  const read = (field: keyof FunctionScope): string => {
    const value = environment[VARIABLES[field]];
    if (value === undefined || value === '') throw new TypeError(`${VARIABLES[field]} is not set`);
    return value;
  };
  return {
    record: read('record'),
    digest: read('digest'),
    bucket: read('bucket'),
    writtenBucket: read('writtenBucket'),
  };
}

/** The arguments of a job, or why they are not for this function. */
export function checkArguments(scope: FunctionScope, userArguments: unknown): TaskArguments | string {
  const task = parseTaskArguments(userArguments);
  if (typeof task === 'string') return task;
  for (const [field, value] of Object.entries(scope)) {
    if (task[field as keyof FunctionScope] !== value)
      return `${field} is not the one of this function's stack`;
  }
  return task;
}

/** The split of a task, or why it is none of the job's. */
export function checkTask({ bucket, manifest }: TaskArguments, task: BatchTask): Split | string {
  if (task.s3Bucket !== bucket) return 'the bucket is not the one that is rolled back';
  return parseTaskKey(task.s3Key, manifest);
}
