import {
  CreateJobCommand,
  DescribeJobCommand,
  GetJobTaggingCommand,
  type JobDescriptor,
  type JobOperation,
  type JobProgressSummary,
  ListJobsCommand,
  PutJobTaggingCommand,
  type S3ControlClient,
  type S3CopyObjectOperation,
  UpdateJobPriorityCommand,
  UpdateJobStatusCommand,
} from '@aws-sdk/client-s3-control';
import type { BatchJob, BatchJobCalls, BatchJobRequest, BatchOperation } from '../s3/batch-job.ts';
import { S3CallError } from '../s3/call-error.ts';
import { asCallError } from './responses.ts';

/** The calls of src/execute/batch over a client of S3 Control that does not retry. */
export function openBatchJobCalls(
  client: S3ControlClient,
  account: { accountId: string; partition: string },
): BatchJobCalls {
  const AccountId = account.accountId;
  const bucketArn = (bucket: string) => `arn:${account.partition}:s3:::${bucket}`;

  /** Sends one request. @throws S3CallError */
  async function send<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      throw asCallError(error);
    }
  }

  async function updateStatus(id: string, status: 'Ready' | 'Cancelled', reason: string): Promise<void> {
    const command = new UpdateJobStatusCommand({
      AccountId,
      JobId: id,
      RequestedJobStatus: status,
      StatusUpdateReason: reason.slice(0, 256),
    });
    await send(() => client.send(command));
  }

  return {
    async createJob(request) {
      const output = await send(() =>
        client.send(new CreateJobCommand({ AccountId, ...createInput(request, bucketArn) })),
      );
      if (output.JobId === undefined) throw noAnswer('an ID of the job');
      return output.JobId;
    },
    async describeJob(id) {
      const output = await send(() => client.send(new DescribeJobCommand({ AccountId, JobId: id })));
      if (output.Job?.Status === undefined) throw noAnswer('a description of the job');
      return toBatchJob(output.Job, output.Job.Status);
    },
    async *listJobs(statuses) {
      let token: string | undefined;
      do {
        const command = new ListJobsCommand({
          AccountId,
          JobStatuses: [...statuses],
          ...(token !== undefined && { NextToken: token }),
        });
        const output = await send(() => client.send(command));
        for (const job of output.Jobs ?? []) {
          yield {
            id: job.JobId ?? '',
            status: job.Status ?? 'New',
            description: job.Description ?? '',
            priority: job.Priority ?? 0,
            tasks: tasksOf(job.ProgressSummary),
          };
        }
        token = output.NextToken === token ? undefined : output.NextToken;
      } while (token !== undefined);
    },
    confirmJob: (id, reason) => updateStatus(id, 'Ready', reason),
    cancelJob: (id, reason) => updateStatus(id, 'Cancelled', reason),
    async setPriority(id, priority) {
      await send(() =>
        client.send(new UpdateJobPriorityCommand({ AccountId, JobId: id, Priority: priority })),
      );
    },
    async readTags(id) {
      const output = await send(() => client.send(new GetJobTaggingCommand({ AccountId, JobId: id })));
      return (output.Tags ?? []).map(({ Key = '', Value = '' }) => ({ key: Key, value: Value }));
    },
    async tagJob(id, tags) {
      await send(() => client.send(new PutJobTaggingCommand({ AccountId, JobId: id, Tags: toTags(tags) })));
    },
  };
}

/** S3GlacierJobTier (API_control_S3InitiateRestoreObjectOperation). */
const RESTORE_TIER_NAMES = { Bulk: 'BULK', Standard: 'STANDARD' } as const;

function createInput(request: BatchJobRequest, bucketArn: (bucket: string) => string) {
  const { manifest, report } = request;
  return {
    ClientRequestToken: request.token,
    Description: request.description,
    Priority: request.priority,
    RoleArn: request.roleArn,
    ConfirmationRequired: request.needsConfirmation,
    Tags: toTags(request.tags),
    Manifest: {
      Spec: { Format: 'S3BatchOperations_CSV_20180820' as const, Fields: [...manifest.fields] },
      Location: {
        ObjectArn: `${bucketArn(manifest.bucket)}/${manifest.key}`,
        ETag: manifest.eTag,
        ...(manifest.versionId !== null && { ObjectVersionId: manifest.versionId }),
      },
    },
    Report: {
      Enabled: true,
      Bucket: bucketArn(report.bucket),
      Prefix: report.prefix,
      Format: 'Report_CSV_20180820' as const,
      ReportScope: 'AllTasks' as const,
    },
    Operation: toOperation(request.operation, bucketArn),
  };
}

function toOperation(operation: BatchOperation, bucketArn: (bucket: string) => string): JobOperation {
  if (operation.kind === 'lambda') {
    return {
      LambdaInvoke: {
        FunctionArn: operation.functionArn,
        // The version that hands on the user arguments.
        InvocationSchemaVersion: '2.0',
        UserArguments: operation.userArguments,
      },
    };
  }
  if (operation.kind === 'retention') {
    const { mode, retainUntil } = operation;
    return {
      S3PutObjectRetention: {
        BypassGovernanceRetention: false,
        Retention: { Mode: mode, RetainUntilDate: retainUntil },
      },
    };
  }
  if (operation.kind === 'restore') {
    const { tier, days } = operation;
    return {
      S3InitiateRestoreObject: {
        GlacierJobTier: RESTORE_TIER_NAMES[tier],
        ...(days !== null && { ExpirationInDays: days }),
      },
    };
  }
  return {
    S3PutObjectCopy: {
      TargetResource: bucketArn(operation.bucket),
      MetadataDirective: 'COPY',
      ...(operation.storageClass !== null && { StorageClass: operation.storageClass as 'STANDARD' }),
      ...(operation.kmsKeyArn !== null && { SSEAwsKmsKeyId: operation.kmsKeyArn }),
    },
  };
}

function toBatchJob(job: JobDescriptor, status: BatchJob['status']): BatchJob {
  const location = job.Manifest?.Location;
  return {
    id: job.JobId ?? '',
    status,
    description: job.Description ?? '',
    priority: job.Priority ?? 0,
    needsConfirmation: job.ConfirmationRequired ?? false,
    statusReason: job.StatusUpdateReason ?? '',
    suspendedCause: job.SuspendedCause ?? '',
    failureReasons: (job.FailureReasons ?? []).map(({ FailureCode = '', FailureReason = '' }) => ({
      code: FailureCode,
      reason: FailureReason,
    })),
    tasks: tasksOf(job.ProgressSummary),
    manifest:
      location === undefined
        ? null
        : {
            arn: location.ObjectArn ?? '',
            eTag: location.ETag ?? '',
            versionId: location.ObjectVersionId ?? null,
            fields: job.Manifest?.Spec?.Fields ?? [],
          },
    roleArn: job.RoleArn ?? '',
    restore: restoreOf(job.Operation),
    retention: retentionOf(job.Operation),
    lambda:
      job.Operation?.LambdaInvoke === undefined
        ? null
        : {
            functionArn: job.Operation.LambdaInvoke.FunctionArn ?? '',
            userArguments: job.Operation.LambdaInvoke.UserArguments ?? {},
          },
    copy: copyOf(job.Operation?.S3PutObjectCopy),
    createdAt: job.CreationTime ?? null,
    endedAt: job.TerminationDate ?? null,
  };
}

function restoreOf(operation: JobOperation | undefined): BatchJob['restore'] {
  const found = operation?.S3InitiateRestoreObject;
  if (found === undefined) return null;
  return { tier: found.GlacierJobTier ?? '', days: found.ExpirationInDays ?? null };
}

function retentionOf(operation: JobOperation | undefined): BatchJob['retention'] {
  const found = operation?.S3PutObjectRetention;
  if (found === undefined) return null;
  return {
    mode: found.Retention?.Mode ?? '',
    retainUntil: found.Retention?.RetainUntilDate ?? null,
    bypassesGovernance: found.BypassGovernanceRetention ?? false,
  };
}

function copyOf(operation: S3CopyObjectOperation | undefined): BatchJob['copy'] {
  if (operation === undefined) return null;
  const { TargetResource = '', StorageClass, SSEAwsKmsKeyId, ...rest } = operation;
  // Directives say COPY and switches say false where nobody asked for anything else.
  const isDefault = (value: unknown) =>
    value === undefined ||
    value === false ||
    value === 'COPY' ||
    (Array.isArray(value) && value.length === 0);
  return {
    bucket: TargetResource.replace(/^arn:[^:]+:s3:::/, ''),
    storageClass: StorageClass ?? null,
    kmsKeyArn: SSEAwsKmsKeyId ?? null,
    others: Object.entries(rest).flatMap(([name, value]) => (isDefault(value) ? [] : [name])),
  };
}

function tasksOf(summary: JobProgressSummary | undefined): BatchJob['tasks'] {
  if (summary?.TotalNumberOfTasks === undefined) return null;
  return {
    total: summary.TotalNumberOfTasks,
    succeeded: summary.NumberOfTasksSucceeded ?? 0,
    failed: summary.NumberOfTasksFailed ?? 0,
  };
}

function toTags(tags: BatchJobRequest['tags']) {
  return tags.map(({ key, value }) => ({ Key: key, Value: value }));
}

function noAnswer(what: string): S3CallError {
  return new S3CallError('NoAnswer', `S3 Control did not answer with ${what}`, { status: null });
}
