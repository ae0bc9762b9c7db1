import { parseTaskArguments } from '../src/execute/batch/task-arguments.ts';
import { parseTaskKey } from '../src/execute/batch/task-key.ts';
import type { Split } from '../src/execute/split.ts';
import type { TaskArguments } from '../src/s3/batch-job.ts';
import { COPY_RESTORED, type Scenario, type TaskOperation } from '../src/s3/rollback.ts';
import type { BatchTask } from './batch-event.ts';

/**
 * What the stack of a rollback fixes in the function's environment. A job says the same in its arguments, and has to
 * agree: one that was made for another plan, by mistake or malice, is refused.
 */
export type FunctionScope = Pick<TaskArguments, 'record' | 'digest' | 'bucket' | 'writtenBucket'> & {
  /**
   * What each scenario does, and the size of its manifest, from which the splits follow. Whether copies go over what a
   * destination has is said here alone: no job can ask for it.
   */
  manifests: Partial<
    Record<Scenario, { operation: TaskOperation; bytes: number; rows: number; overwrite?: true }>
  >;
};
type FixedField = Exclude<keyof FunctionScope, 'manifests'>;

const VARIABLES: Record<FixedField, string> = {
  record: 'RECORD',
  digest: 'PLAN_DIGEST',
  bucket: 'BUCKET',
  writtenBucket: 'WRITTEN_BUCKET',
};

/** @throws TypeError where a variable is missing: the stack is at fault, not a task */
export function readFunctionScope(environment: Record<string, string | undefined>): FunctionScope {
  const readVariable = (name: string): string => {
    const value = environment[name];
    if (value === undefined || value === '') throw new TypeError(`${name} is not set`);
    return value;
  };
  const read = (field: FixedField) => readVariable(VARIABLES[field]);
  return {
    record: read('record'),
    digest: read('digest'),
    bucket: read('bucket'),
    writtenBucket: read('writtenBucket'),
    manifests: JSON.parse(readVariable('MANIFESTS')) as FunctionScope['manifests'],
  };
}

/** The arguments of a job, or why they are not for this function. */
export function checkArguments(scope: FunctionScope, userArguments: unknown): TaskArguments | string {
  const task = parseTaskArguments(userArguments);
  if (typeof task === 'string') return task;
  for (const field of Object.keys(VARIABLES) as FixedField[]) {
    if (task[field] !== scope[field]) return `${field} is not the one of this function's stack`;
  }
  const fixed = scope.manifests[task.scenario];
  if (fixed === undefined) return `scenario ${task.scenario} is not one of this function's stack`;
  const { path, bytes, rows } = task.manifest;
  if (path !== `manifests/scenario${task.scenario}.csv`) return 'the manifest is not that of the scenario';
  if (!mayDo(fixed.operation, task.operation) || bytes !== fixed.bytes || rows !== fixed.rows)
    return `scenario ${task.scenario} is another one in this function's stack`;
  return task;
}

/** Copies of a scenario may be made later as well, once what was archived has been restored. */
function mayDo(fixed: TaskOperation, asked: TaskOperation): boolean {
  return asked === fixed || (asked === COPY_RESTORED && fixed.startsWith('copy'));
}

/** The split of a task, or why it is none of the job's. */
export function checkTask({ bucket, manifest }: TaskArguments, task: BatchTask): Split | string {
  if (task.s3Bucket !== bucket) return 'the bucket is not the one that is rolled back';
  return parseTaskKey(task.s3Key, manifest);
}
