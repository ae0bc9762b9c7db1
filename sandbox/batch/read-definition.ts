import { S3Error } from '../http/errors.ts';
import { child, childText, parseXml, type XmlNode } from '../http/xml.ts';
import type { JobDefinition, JobOperation, JobTag } from './job.ts';

const MAX_TOKEN = 64;
const MAX_DESCRIPTION = 256;
const MAX_TAGS = 50;
const MAX_USER_ARGUMENTS = 10;
const MAX_ARGUMENT_KEY = 64;
const MAX_ARGUMENT_VALUE = 1_024;
const MAX_PRIORITY = 2_147_483_647;
const RESTORE_TIERS = ['BULK', 'STANDARD'];
const FIELDS = ['Ignore', 'Bucket', 'Key', 'VersionId'];

/** @throws S3Error as S3 Control has them */
export function invalid(message: string): S3Error {
  return new S3Error('InvalidRequest', { status: 400, message });
}

/** API_control_CreateJob. @throws S3Error InvalidRequest, MalformedXML */
export function readDefinition(body: Buffer): JobDefinition {
  const root = parseXml(body, 'CreateJobRequest');
  const token = childText(root, 'ClientRequestToken') ?? '';
  if (token === '' || token.length > MAX_TOKEN) throw invalid('ClientRequestToken has 1 to 64 characters');
  const description = childText(root, 'Description');
  if (description !== undefined && (description === '' || description.length > MAX_DESCRIPTION)) {
    throw invalid('Description has 1 to 256 characters');
  }
  const priority = Number(childText(root, 'Priority') ?? Number.NaN);
  if (!(priority >= 0 && priority <= MAX_PRIORITY)) throw invalid('Priority is missing or out of range');
  const roleArn = childText(root, 'RoleArn') ?? '';
  if (!/^arn:[^:]+:iam::\d{12}:role\/.+/.test(roleArn)) throw invalid('RoleArn is not the ARN of a role');
  return {
    token,
    description,
    priority,
    roleArn,
    confirmationRequired: childText(root, 'ConfirmationRequired') === 'true',
    manifest: readManifest(child(root, 'Manifest')),
    operation: readOperation(child(root, 'Operation')),
    report: readReport(child(root, 'Report')),
    tags: readTags(child(root, 'Tags')),
  };
}

/** API_control_PutJobTagging and CreateJob. */
export function readTags(node: XmlNode | undefined): JobTag[] {
  const tags = (node?.children.get('member') ?? []).map((tag) => ({
    key: childText(tag, 'Key') ?? '',
    value: childText(tag, 'Value') ?? '',
  }));
  if (tags.length > MAX_TAGS)
    throw new S3Error('TooManyTagsException', { status: 400, message: 'at most 50 tags' });
  if (tags.some(({ key, value }) => key === '' || key.length > 128 || value.length > 256)) {
    throw invalid('a tag has a key of 1 to 128 and a value of at most 256 characters');
  }
  return tags;
}

function readManifest(node: XmlNode | undefined): JobDefinition['manifest'] {
  const spec = child(node, 'Spec');
  const location = child(node, 'Location');
  const fields = (child(spec, 'Fields')?.children.get('member') ?? []).map(({ text }) => text);
  if (childText(spec, 'Format') !== 'S3BatchOperations_CSV_20180820') throw invalid('Manifest format');
  if (
    !fields.every((field) => FIELDS.includes(field)) ||
    !fields.includes('Bucket') ||
    !fields.includes('Key')
  )
    throw invalid('Manifest fields');
  const objectArn = childText(location, 'ObjectArn') ?? '';
  if (!/^arn:[^:]+:s3:::[^/]+\/.+/.test(objectArn)) throw invalid('Manifest location');
  const eTag = childText(location, 'ETag') ?? '';
  if (eTag === '') throw invalid('Manifest ETag');
  return { objectArn, eTag, versionId: childText(location, 'ObjectVersionId'), fields };
}

function readOperation(node: XmlNode | undefined): JobOperation {
  const lambda = child(node, 'LambdaInvoke');
  if (lambda !== undefined) {
    const userArguments = new Map(
      (child(lambda, 'UserArguments')?.children.get('entry') ?? []).map((entry) => [
        childText(entry, 'key') ?? '',
        childText(entry, 'value') ?? '',
      ]),
    );
    const schemaVersion = childText(lambda, 'InvocationSchemaVersion') ?? '1.0';
    if (userArguments.size > 0 && schemaVersion !== '2.0')
      throw invalid('UserArguments need InvocationSchemaVersion 2.0');
    if (userArguments.size > MAX_USER_ARGUMENTS) throw invalid('at most 10 UserArguments');
    for (const [key, value] of userArguments) {
      if (key === '' || key.length > MAX_ARGUMENT_KEY || value.length > MAX_ARGUMENT_VALUE)
        throw invalid('a UserArgument is too long');
    }
    const functionArn = childText(lambda, 'FunctionArn') ?? '';
    if (functionArn === '') throw invalid('FunctionArn');
    return { kind: 'LambdaInvoke', functionArn, schemaVersion, userArguments };
  }
  const retention = child(node, 'S3PutObjectRetention');
  if (retention !== undefined) {
    const lock = child(retention, 'Retention');
    return {
      kind: 'S3PutObjectRetention',
      mode: childText(lock, 'Mode') ?? '',
      retainUntil: childText(lock, 'RetainUntilDate') ?? '',
      bypassGovernance: childText(retention, 'BypassGovernanceRetention') === 'true',
    };
  }
  const restore = child(node, 'S3InitiateRestoreObject');
  if (restore !== undefined) return readRestore(restore);
  const copy = child(node, 'S3PutObjectCopy');
  if (copy === undefined)
    throw new S3Error('NotImplemented', { message: 'The sandbox has no such operation' });
  return {
    kind: 'S3PutObjectCopy',
    targetBucket: bucketOf(childText(copy, 'TargetResource')),
    storageClass: childText(copy, 'StorageClass'),
    kmsKeyArn: childText(copy, 'SSEAwsKmsKeyId'),
    metadataDirective: childText(copy, 'MetadataDirective'),
    targetKeyPrefix: childText(copy, 'TargetKeyPrefix') ?? '',
  };
}

/** API_control_S3InitiateRestoreObjectOperation. No page names the tier of a job without one. */
function readRestore(node: XmlNode): JobOperation {
  const tier = childText(node, 'GlacierJobTier') ?? '';
  if (!RESTORE_TIERS.includes(tier)) throw invalid('GlacierJobTier is BULK or STANDARD');
  const days = childText(node, 'ExpirationInDays');
  if (days !== undefined && !/^[1-9]\d*$/.test(days)) throw invalid('ExpirationInDays is 1 or more');
  return { kind: 'S3InitiateRestoreObject', tier, days };
}

function readReport(node: XmlNode | undefined): JobDefinition['report'] {
  if (childText(node, 'Enabled') !== 'true') return undefined;
  if (childText(node, 'Format') !== 'Report_CSV_20180820') throw invalid('Report format');
  const scope = childText(node, 'ReportScope');
  if (scope !== 'AllTasks' && scope !== 'FailedTasksOnly') throw invalid('ReportScope');
  return { bucket: bucketOf(childText(node, 'Bucket')), prefix: childText(node, 'Prefix') ?? '', scope };
}

function bucketOf(arn: string | undefined): string {
  const bucket = /^arn:[^:]+:s3:::([^/]+)$/.exec(arn ?? '')?.[1];
  if (bucket === undefined) throw invalid('a bucket is named by its ARN');
  return bucket;
}
