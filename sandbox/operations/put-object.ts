import { opaqueETag } from '../bucket.ts';
import { bytesContent, type Content } from '../content.ts';
import type { ObjectAttributes } from '../entries.ts';
import { S3Error } from '../http/errors.ts';
import type { S3Response } from '../http/response.ts';
import type { OperationContext, Route } from '../http/router.ts';
import { quoteETag, requestedBucket, requestedKey, versionHeader } from './access.ts';
import { requestedAttributes } from './attributes.ts';
import { checksumHeaders, receivedChecksum, sentAlgorithm } from './checksum-headers.ts';
import { assertWriteConditions } from './conditions.ts';
import { encryptionHeaders } from './encryption.ts';

/** API_PutObject */
function putObject(context: OperationContext): S3Response {
  const { request, store } = context;
  const bucket = requestedBucket(context);
  const key = requestedKey(request);
  assertWriteConditions(bucket, key, request.headers);
  assertLockedDigest(request.headers);
  const content = bytesContent(request.body);
  const checksum = receivedChecksum(content, request.headers);
  const attributes = {
    ...requestedAttributes(bucket, request.headers, store.context.clock.now()),
    checksum,
  };
  const version = bucket.put(key, { content, attributes, eTag: eTagOf(content, attributes, context) });
  return {
    status: 200,
    headers: {
      etag: quoteETag(version.eTag),
      ...versionHeader(bucket, version),
      ...encryptionHeaders(attributes.encryption),
      ...checksumHeaders(checksum),
    },
  };
}

/**
 * "The Content-MD5 or x-amz-sdk-checksum-algorithm header is required for any request to upload an object with a
 * retention period configured using Object Lock" (API_PutObject).
 * @throws S3Error InvalidRequest
 */
function assertLockedDigest(headers: ReadonlyMap<string, string>): void {
  if (![...headers.keys()].some((name) => name.startsWith('x-amz-object-lock-'))) return;
  if (headers.has('content-md5') || sentAlgorithm(headers) !== undefined) return;
  throw new S3Error('InvalidRequest', {
    message:
      'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters',
  });
}

/** An object's ETag is its MD5, unless a KMS or customer key encrypts it (API_Object, ETag). */
export function eTagOf(content: Content, attributes: ObjectAttributes, context: OperationContext): string {
  if (attributes.encryption.algorithm === 'AES256') return content.md5;
  return opaqueETag(content, String(context.store.context.random.uint32()));
}

export const PUT_OBJECT_ROUTES: readonly Route[] = [
  { operation: 'PutObject', method: 'PUT', target: 'key', handle: putObject },
];
