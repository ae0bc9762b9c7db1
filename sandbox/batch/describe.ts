import { DECLARATION, element, isoTime } from '../http/xml.ts';
import { countFailed, type Job, type JobOperation } from './job.ts';

const NAMESPACE = 'http://awss3control.amazonaws.com/doc/2018-08-20/';

export function controlDocument(root: string, content: string): string {
  return `${DECLARATION}<${root} xmlns="${NAMESPACE}">${content}</${root}>`;
}

/** API_control_DescribeJob */
export function describeJob(job: Job, now: number): string {
  const { definition } = job;
  const { manifest, report } = definition;
  const spec = `<Spec>${element('Format', 'S3BatchOperations_CSV_20180820')}<Fields>${manifest.fields.map((field) => element('member', field)).join('')}</Fields></Spec>`;
  const location = `<Location>${element('ObjectArn', manifest.objectArn)}${element('ObjectVersionId', manifest.versionId)}${element('ETag', manifest.eTag)}</Location>`;
  const failures = job.failureReasons.map(
    ({ code, reason }) =>
      `<member>${element('FailureCode', code)}${element('FailureReason', reason)}</member>`,
  );
  const reported =
    report === undefined
      ? element('Enabled', false)
      : `${element('Bucket', `arn:aws:s3:::${report.bucket}`)}${element('Format', 'Report_CSV_20180820')}${element('Enabled', true)}${element('Prefix', report.prefix)}${element('ReportScope', report.scope)}`;
  const content = [
    element('JobId', job.id),
    element('ConfirmationRequired', definition.confirmationRequired),
    element('Description', definition.description),
    element('JobArn', `arn:aws:s3:us-east-1:123456789012:job/${job.id}`),
    element('Status', job.status),
    `<Manifest>${spec}${location}</Manifest>`,
    `<Operation>${describeOperation(definition.operation)}</Operation>`,
    element('Priority', job.priority),
    progress(job, now),
    element('StatusUpdateReason', job.statusUpdateReason),
    `<FailureReasons>${failures.join('')}</FailureReasons>`,
    `<Report>${reported}</Report>`,
    element('CreationTime', isoTime(job.createdAt)),
    element('TerminationDate', job.terminatedAt === undefined ? undefined : isoTime(job.terminatedAt)),
    element('RoleArn', definition.roleArn),
    element('SuspendedDate', job.suspendedAt === undefined ? undefined : isoTime(job.suspendedAt)),
    element('SuspendedCause', job.status === 'Suspended' ? 'Job awaiting confirmation' : undefined),
  ];
  return controlDocument('DescribeJobResult', `<Job>${content.join('')}</Job>`);
}

/** A line of API_control_ListJobs. */
export function listedJob(job: Job, now: number): string {
  const content = [
    element('JobId', job.id),
    element('Description', job.definition.description),
    element('Operation', job.definition.operation.kind),
    element('Priority', job.priority),
    element('Status', job.status),
    element('CreationTime', isoTime(job.createdAt)),
    element('TerminationDate', job.terminatedAt === undefined ? undefined : isoTime(job.terminatedAt)),
    progress(job, now),
  ];
  return `<member>${content.join('')}</member>`;
}

function progress(job: Job, now: number): string {
  const failed = countFailed(job);
  const seconds = job.activeSince === undefined ? 0 : Math.round((now - job.activeSince) / 1_000);
  return `<ProgressSummary>${element('TotalNumberOfTasks', job.tasks?.length ?? 0)}${element('NumberOfTasksSucceeded', job.ends.length - failed)}${element('NumberOfTasksFailed', failed)}<Timers>${element('ElapsedTimeInActiveSeconds', seconds)}</Timers></ProgressSummary>`;
}

function describeOperation(operation: JobOperation): string {
  if (operation.kind === 'LambdaInvoke') {
    const entries = [...operation.userArguments].map(
      ([key, value]) => `<entry>${element('key', key)}${element('value', value)}</entry>`,
    );
    return `<LambdaInvoke>${element('FunctionArn', operation.functionArn)}${element('InvocationSchemaVersion', operation.schemaVersion)}<UserArguments>${entries.join('')}</UserArguments></LambdaInvoke>`;
  }
  if (operation.kind === 'S3PutObjectRetention') {
    const lock = `${element('RetainUntilDate', operation.retainUntil)}${element('Mode', operation.mode)}`;
    return `<S3PutObjectRetention>${element('BypassGovernanceRetention', operation.bypassGovernance)}<Retention>${lock}</Retention></S3PutObjectRetention>`;
  }
  if (operation.kind === 'S3InitiateRestoreObject') {
    return `<S3InitiateRestoreObject>${element('ExpirationInDays', operation.days)}${element('GlacierJobTier', operation.tier)}</S3InitiateRestoreObject>`;
  }
  return `<S3PutObjectCopy>${element('TargetResource', `arn:aws:s3:::${operation.targetBucket}`)}${element('StorageClass', operation.storageClass)}${element('SSEAwsKmsKeyId', operation.kmsKeyArn)}${element('MetadataDirective', operation.metadataDirective)}${element('TargetKeyPrefix', operation.targetKeyPrefix === '' ? undefined : operation.targetKeyPrefix)}</S3PutObjectCopy>`;
}
