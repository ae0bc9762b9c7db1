import { S3Error } from '../http/errors.ts';
import { type S3Response, xmlResponse } from '../http/response.ts';
import type { OperationContext, Route } from '../http/router.ts';
import { document, parseXml } from '../http/xml.ts';
import { assertLifecycleRules } from '../lifecycle-rules.ts';
import { requestedBucket } from './access.ts';
import { assertDigest } from './checksum-headers.ts';

/** A configuration kept as it was put: the sandbox reads none of them but encryption and lifecycle. */
type ConfigurationKind = {
  /** The query parameter, which is also its name in `bucket.configurations`. */
  readonly subresource: string;
  /** The operations' name without Get, Put and Delete. */
  readonly name: string;
  readonly deleteName?: string;
  readonly root: string;
  /** The error of a bucket that has none, or the document that S3 sends then. */
  readonly absent: readonly [code: string, message: string] | string;
  readonly check?: (body: Buffer) => void;
  /** Whether S3 refuses a document that comes without its digest. */
  readonly needsDigest?: boolean;
  /** A header that is kept beside the document, and what it says where it was never sent. */
  readonly header?: readonly [name: string, otherwise: string];
};

const KINDS: readonly ConfigurationKind[] = [
  {
    subresource: 'lifecycle',
    name: 'BucketLifecycleConfiguration',
    deleteName: 'BucketLifecycle',
    root: 'LifecycleConfiguration',
    absent: ['NoSuchLifecycleConfiguration', 'The lifecycle configuration does not exist'],
    check: assertLifecycleRules,
    needsDigest: true,
    header: ['x-amz-transition-default-minimum-object-size', 'all_storage_classes_128K'],
  },
  {
    subresource: 'replication',
    name: 'BucketReplication',
    root: 'ReplicationConfiguration',
    absent: ['ReplicationConfigurationNotFoundError', 'The replication configuration was not found'],
  },
  {
    subresource: 'notification',
    name: 'BucketNotificationConfiguration',
    root: 'NotificationConfiguration',
    absent: '',
  },
  {
    subresource: 'encryption',
    name: 'BucketEncryption',
    root: 'ServerSideEncryptionConfiguration',
    // Every bucket has SSE-S3 since 2023 ("Setting default server-side encryption behavior").
    absent:
      '<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule>',
  },
  {
    subresource: 'requestPayment',
    name: 'BucketRequestPayment',
    root: 'RequestPaymentConfiguration',
    absent: '<Payer>BucketOwner</Payer>',
  },
  {
    subresource: 'tagging',
    name: 'BucketTagging',
    root: 'Tagging',
    absent: ['NoSuchTagSet', 'The TagSet does not exist'],
  },
  {
    subresource: 'publicAccessBlock',
    name: 'PublicAccessBlock',
    root: 'PublicAccessBlockConfiguration',
    absent: ['NoSuchPublicAccessBlockConfiguration', 'The public access block configuration was not found'],
  },
  {
    subresource: 'ownershipControls',
    name: 'BucketOwnershipControls',
    root: 'OwnershipControls',
    absent: ['OwnershipControlsNotFoundError', 'The bucket ownership controls were not found'],
  },
  { subresource: 'logging', name: 'BucketLogging', root: 'BucketLoggingStatus', absent: '' },
  {
    subresource: 'metadataConfiguration',
    name: 'BucketMetadataConfiguration',
    root: 'MetadataConfiguration',
    absent: ['MetadataConfigurationNotFound', 'The metadata configuration does not exist'],
  },
];

function getConfiguration(kind: ConfigurationKind, context: OperationContext): S3Response {
  const bucket = requestedBucket(context);
  const kept = bucket.configurations.get(kind.subresource);
  if (kept !== undefined) {
    const response = xmlResponse(kept);
    if (kind.header === undefined) return response;
    const [name, otherwise] = kind.header;
    const value = bucket.configurations.get(name) ?? otherwise;
    return { ...response, headers: { ...response.headers, [name]: value } };
  }
  if (typeof kind.absent === 'string') return xmlResponse(document(kind.root, kind.absent));
  const [code, message] = kind.absent;
  throw new S3Error(code, { status: 404, message, fields: { BucketName: bucket.name } });
}

function putConfiguration(kind: ConfigurationKind, context: OperationContext): S3Response {
  const bucket = requestedBucket(context);
  const { body, headers } = context.request;
  if (kind.needsDigest === true) assertDigest(body, headers);
  parseXml(body, kind.root);
  kind.check?.(body);
  bucket.configurations.set(kind.subresource, body.toString('utf8'));
  const [name] = kind.header ?? [];
  if (name !== undefined) {
    // Left out, it goes back to its default (API_PutBucketLifecycleConfiguration).
    const value = context.request.headers.get(name);
    if (value === undefined) bucket.configurations.delete(name);
    else bucket.configurations.set(name, value);
  }
  return { status: kind.subresource === 'tagging' ? 204 : 200 };
}

function deleteConfiguration(kind: ConfigurationKind, context: OperationContext): S3Response {
  requestedBucket(context).configurations.delete(kind.subresource);
  return { status: 204 };
}

export const BUCKET_CONFIGURATION_ROUTES: readonly Route[] = KINDS.flatMap((kind): Route[] => {
  const subresource = { target: 'bucket', query: [kind.subresource] } as const;
  return [
    {
      operation: `Get${kind.name}`,
      method: 'GET',
      ...subresource,
      handle: (context) => getConfiguration(kind, context),
    },
    {
      operation: `Put${kind.name}`,
      method: 'PUT',
      ...subresource,
      handle: (context) => putConfiguration(kind, context),
    },
    {
      operation: `Delete${kind.deleteName ?? kind.name}`,
      method: 'DELETE',
      ...subresource,
      handle: (context) => deleteConfiguration(kind, context),
    },
  ];
});
