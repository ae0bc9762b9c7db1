import type { InvocationFaults } from './faults.ts';
import type { Job, JobOperation, JobTask } from './job.ts';
import type { InvocationEnd, LambdaFunction } from './lambda-function.ts';

/** How one delivery of a task ended; `temporary`: it is delivered again. */
export type Delivery = {
  task: JobTask;
  kind: 'succeeded' | 'failed' | 'temporary';
  errorCode: string;
  httpStatus: string;
  message: string;
};

type Answer = {
  invocationSchemaVersion?: string;
  treatMissingKeysAs?: string;
  invocationId?: string;
  results?: { taskId?: string; resultCode?: string; resultString?: string }[];
};

/** Invokes a function for some tasks of a job ("Invoke AWS Lambda function"). */
export async function invokeTasks(
  job: Job,
  operation: Extract<JobOperation, { kind: 'LambdaInvoke' }>,
  lambda: LambdaFunction | undefined,
  faults: InvocationFaults,
  tasks: readonly JobTask[],
): Promise<Delivery[]> {
  const all = (kind: Delivery['kind'], message: string): Delivery[] =>
    // The columns as AWS's own example of a function that timed out has them.
    tasks.map((task) => ({ task, kind, errorCode: '200', httpStatus: 'PermanentFailure', message }));
  if (lambda === undefined) return all('failed', `Function not found: ${operation.functionArn}`);
  const [first] = tasks;
  const effect = first === undefined ? null : faults.strike(first);
  if (effect === 'throttled') return all('temporary', 'Lambda throttled the invocation');
  const event = eventOf(job, operation, tasks);
  const kill = effect !== null && typeof effect === 'object' ? { afterMs: effect.killAfterMs } : null;
  const invoke = () => lambda.invoke(event, kill);
  const end: InvocationEnd = await (effect === 'duplicated' ? firstOfTwo(invoke) : invoke());
  if (effect === 'answer-lost') return all('temporary', 'The answer of the function was lost');
  if ('error' in end) return all('temporary', `Lambda returned function error: ${end.error}`);
  const answer = (end.response ?? {}) as Answer;
  if (
    answer.invocationSchemaVersion !== operation.schemaVersion ||
    answer.invocationId !== event.invocationId ||
    !Array.isArray(answer.results)
  ) {
    return all('failed', 'The response of the function is not valid');
  }
  return tasks.map((task, index) => {
    const result = answer.results?.find(({ taskId }) => taskId === event.tasks[index]?.taskId);
    const code = result?.resultCode ?? answer.treatMissingKeysAs ?? 'TemporaryFailure';
    const message = result?.resultString ?? '';
    if (code === 'Succeeded') return { task, kind: 'succeeded', errorCode: '200', httpStatus: '', message };
    const kind = code === 'TemporaryFailure' ? 'temporary' : 'failed';
    return { task, kind, errorCode: '200', httpStatus: 'PermanentFailure', message };
  });
}

/** Both run to their ends, so that nothing is under way when the next delivery begins. */
async function firstOfTwo(invoke: () => Promise<InvocationEnd>): Promise<InvocationEnd> {
  const both = [invoke(), invoke()];
  const first = await Promise.race(both);
  await Promise.all(both);
  return first;
}

function eventOf(
  job: Job,
  operation: Extract<JobOperation, { kind: 'LambdaInvoke' }>,
  tasks: readonly JobTask[],
) {
  const isSecond = operation.schemaVersion === '2.0';
  return {
    invocationSchemaVersion: operation.schemaVersion,
    invocationId: Buffer.from(crypto.randomUUID()).toString('base64'),
    job: { id: job.id, ...(isSecond && { userArguments: Object.fromEntries(operation.userArguments) }) },
    tasks: tasks.map((task, index) => ({
      taskId: Buffer.from(`${index}/${task.key}`).toString('base64'),
      s3Key: task.key,
      s3VersionId: task.versionId === '' ? null : task.versionId,
      ...(isSecond ? { s3Bucket: task.bucket } : { s3BucketArn: `arn:aws:s3:::${task.bucket}` }),
    })),
  };
}
