import type { Sleep } from '../execute/backoff.ts';
import type { RecordCalls } from '../execute/batch/remote-record.ts';
import type { S3Calls } from '../execute/s3-calls.ts';
import type { Progress } from '../progress.ts';
import type { BatchJobCalls } from '../s3/batch-job.ts';
import type { RoleCalls, StackCalls } from '../s3/stack.ts';

/** An account as deploying and starting see it. */
export type DeploySite = {
  s3: Pick<S3Calls, 'readVersioning' | 'listVersions' | 'headObject'>;
  objects: RecordCalls;
  jobs: BatchJobCalls;
  stacks: StackCalls;
  roles: RoleCalls;
  pause: Sleep;
  /** milliseconds between two looks at a stack or a job */
  intervalMs: number;
  progress: Progress;
};

export type Account = { partition: string; account: string };

/** The account of a stack, by its ID. */
export function accountOfStack(stackId: string): Account {
  const [, partition = 'aws', , , account = ''] = stackId.split(':');
  return { partition, account };
}

/** ARN of a role or policy in parts. */
export function accountOf(arn: string): Account | null {
  const [, partition, account] = /^arn:(aws[a-z-]*):iam::(\d{12}):/.exec(arn) ?? [];
  return partition === undefined || account === undefined ? null : { partition, account };
}
