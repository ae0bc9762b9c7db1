import type { Bucket } from '../bucket.ts';
import type { Encryption, ObjectVersion } from '../entries.ts';
import { S3Error } from '../http/errors.ts';
import { child, childText, parseXml } from '../http/xml.ts';

type Headers = ReadonlyMap<string, string>;

const SSE = 'x-amz-server-side-encryption';
/** What a request without a key gets: S3 makes an AWS managed key of this alias. */
const AWS_MANAGED_KEY = 'arn:aws:kms:us-east-1:123456789012:alias/aws/s3';

/** Encryption that a write asks for, or else the bucket's default (SSE-S3 where none is set). */
export function requestedEncryption(bucket: Bucket, headers: Headers): Encryption {
  const customerKeyMd5 = headers.get(`${SSE}-customer-key-md5`);
  if (customerKeyMd5 !== undefined) return { algorithm: 'SSE-C', customerKeyMd5 };
  const algorithm = headers.get(SSE);
  if (algorithm === undefined) return defaultEncryption(bucket);
  const kmsKeyId = headers.get(`${SSE}-aws-kms-key-id`);
  const bucketKey = headers.get(`${SSE}-bucket-key-enabled`);
  return encryptionOf(algorithm, kmsKeyId, bucketKey);
}

/** Whether a write says anything about encryption: then it may copy an object onto itself. */
export function namesEncryption(headers: Headers): boolean {
  return headers.has(SSE) || headers.has(`${SSE}-customer-algorithm`);
}

export function encryptionHeaders(encryption: Encryption): Record<string, string> {
  if (encryption.algorithm === 'SSE-C') {
    return {
      [`${SSE}-customer-algorithm`]: 'AES256',
      [`${SSE}-customer-key-md5`]: encryption.customerKeyMd5,
    };
  }
  if (encryption.algorithm === 'AES256') return { [SSE]: 'AES256' };
  return {
    [SSE]: encryption.algorithm,
    [`${SSE}-aws-kms-key-id`]: encryption.kmsKeyId,
    ...(encryption.bucketKey ? { [`${SSE}-bucket-key-enabled`]: 'true' } : {}),
  };
}

/**
 * Refuses a read of an SSE-C object without its key.
 * @param prefix of the headers that carry the key; another for the source of a copy
 * @throws S3Error InvalidRequest
 */
export function assertCustomerKey(version: ObjectVersion, headers: Headers, prefix = 'x-amz-'): void {
  const { encryption } = version.attributes;
  const given = headers.get(`${prefix}server-side-encryption-customer-key-md5`);
  if (encryption.algorithm !== 'SSE-C' || given === encryption.customerKeyMd5) return;
  throw new S3Error('InvalidRequest', {
    message:
      'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.',
  });
}

function defaultEncryption(bucket: Bucket): Encryption {
  const configuration = bucket.configurations.get('encryption');
  if (configuration === undefined) return { algorithm: 'AES256' };
  const rule = child(parseXml(Buffer.from(configuration), 'ServerSideEncryptionConfiguration'), 'Rule');
  const byDefault = child(rule, 'ApplyServerSideEncryptionByDefault');
  return encryptionOf(
    childText(byDefault, 'SSEAlgorithm') ?? 'AES256',
    childText(byDefault, 'KMSMasterKeyID'),
    childText(rule, 'BucketKeyEnabled'),
  );
}

function encryptionOf(
  algorithm: string,
  kmsKeyId: string | undefined,
  bucketKey: string | undefined,
): Encryption {
  if (algorithm === 'AES256') return { algorithm };
  if (algorithm === 'aws:kms' || algorithm === 'aws:kms:dsse') {
    return { algorithm, kmsKeyId: kmsKeyId ?? AWS_MANAGED_KEY, bucketKey: bucketKey === 'true' };
  }
  throw new S3Error('InvalidArgument', {
    message: 'The encryption method specified is not supported',
    fields: { ArgumentName: SSE, ArgumentValue: algorithm },
  });
}
