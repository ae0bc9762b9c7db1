/** Jobs of S3 Batch Operations as the sandbox keeps them (API_control_JobDescriptor). */

export type JobStatus =
  | 'New'
  | 'Preparing'
  | 'Suspended'
  | 'Ready'
  | 'Active'
  | 'Completing'
  | 'Complete'
  | 'Cancelling'
  | 'Cancelled'
  | 'Failing'
  | 'Failed';

export type JobOperation =
  | { kind: 'LambdaInvoke'; functionArn: string; schemaVersion: string; userArguments: Map<string, string> }
  | {
      kind: 'S3PutObjectCopy';
      targetBucket: string;
      storageClass: string | undefined;
      kmsKeyArn: string | undefined;
      metadataDirective: string | undefined;
      targetKeyPrefix: string;
    }
  | {
      kind: 'S3PutObjectRetention';
      mode: string;
      retainUntil: string;
      bypassGovernance: boolean;
    }
  | { kind: 'S3InitiateRestoreObject'; tier: string; days: string | undefined };

export type JobDefinition = {
  readonly token: string;
  readonly description: string | undefined;
  readonly priority: number;
  readonly roleArn: string;
  readonly confirmationRequired: boolean;
  readonly manifest: {
    readonly objectArn: string;
    readonly eTag: string;
    readonly versionId: string | undefined;
    readonly fields: readonly string[];
  };
  readonly operation: JobOperation;
  readonly report:
    | { readonly bucket: string; readonly prefix: string; readonly scope: 'AllTasks' | 'FailedTasksOnly' }
    | undefined;
  readonly tags: readonly JobTag[];
};

export type JobTag = { readonly key: string; readonly value: string };

/** A row of the manifest; the key as the manifest spells it. */
export type JobTask = { readonly bucket: string; readonly key: string; readonly versionId: string };

export type TaskEnd = {
  readonly task: JobTask;
  readonly succeeded: boolean;
  readonly errorCode: string;
  readonly httpStatus: string;
  readonly message: string;
};

export type Job = {
  readonly id: string;
  readonly definition: JobDefinition;
  /** The request as it came, to tell a repetition from another job with the same token. */
  readonly request: string;
  readonly createdAt: number;
  priority: number;
  tags: readonly JobTag[];
  status: JobStatus;
  statusUpdateReason: string | undefined;
  suspendedAt: number | undefined;
  terminatedAt: number | undefined;
  activeSince: number | undefined;
  failureReasons: { code: string; reason: string }[];
  tasks: readonly JobTask[] | undefined;
  ends: TaskEnd[];
};

export const TERMINAL: readonly JobStatus[] = ['Complete', 'Cancelled', 'Failed'];

export function countFailed(job: Job): number {
  return job.ends.filter(({ succeeded }) => !succeeded).length;
}
