import type { Bucket } from '../bucket.ts';
import { checksumOf } from '../checksums.ts';
import type { ObjectAttributes, ObjectVersion } from '../entries.ts';
import { S3Error } from '../http/errors.ts';
import { type S3Response, xmlResponse } from '../http/response.ts';
import type { OperationContext, Route } from '../http/router.ts';
import { document, element, isoTime } from '../http/xml.ts';
import { quoteETag, requestedBucket, requestedKey, versionHeader } from './access.ts';
import { requestedHeaders, requestedMetadata, writtenAnew } from './attributes.ts';
import { checksumElements, requestedAlgorithm } from './checksum-headers.ts';
import { assertWriteConditions } from './conditions.ts';
import { assertCopySize, type CopySource, requestedSource, sourceVersionHeader } from './copy-source.ts';
import { encryptionHeaders, namesEncryption } from './encryption.ts';
import { eTagOf } from './put-object.ts';
import { parseTagHeader } from './tags.ts';

type Headers = ReadonlyMap<string, string>;

/** API_CopyObject. A copy becomes a single part whatever its source was, so a multipart source's ETag is not kept. */
function copyObject(context: OperationContext): S3Response {
  const { request, store } = context;
  const bucket = requestedBucket(context);
  const key = requestedKey(request);
  const source = requestedSource(context);
  assertCopySize(source.version.content.size);
  assertChangesSomething(source, bucket, key, request.headers);
  assertWriteConditions(bucket, key, request.headers);
  const { content } = source.version;
  const attributes = copiedAttributes(source.version, bucket, request.headers, store.context.clock.now());
  const version = bucket.put(key, { content, attributes, eTag: eTagOf(content, attributes, context) });
  return xmlResponse(
    document(
      'CopyObjectResult',
      element('LastModified', isoTime(version.lastModified)) +
        element('ETag', quoteETag(version.eTag)) +
        checksumElements(attributes.checksum),
    ),
    {
      ...versionHeader(bucket, version),
      ...sourceVersionHeader(source),
      ...encryptionHeaders(attributes.encryption),
    },
  );
}

/**
 * Kept from the source: headers, metadata, tags (unless replaced) and the checksum's algorithm. Not kept: storage
 * class, encryption, website redirect, Object Lock.
 */
function copiedAttributes(
  source: ObjectVersion,
  bucket: Bucket,
  headers: Headers,
  now: number,
): ObjectAttributes {
  const replacesMetadata = directive(headers, 'x-amz-metadata-directive') === 'REPLACE';
  const replacesTags = directive(headers, 'x-amz-tagging-directive') === 'REPLACE';
  const algorithm = requestedAlgorithm(headers) ?? source.attributes.checksum?.algorithm ?? 'CRC64NVME';
  return {
    ...writtenAnew(bucket, headers, now),
    headers: replacesMetadata ? requestedHeaders(headers) : source.attributes.headers,
    metadata: replacesMetadata ? requestedMetadata(headers) : source.attributes.metadata,
    tags: replacesTags ? parseTagHeader(headers.get('x-amz-tagging')) : source.attributes.tags,
    checksum: checksumOf(source.content, algorithm),
  };
}

function directive(headers: Headers, name: string): 'COPY' | 'REPLACE' {
  const value = headers.get(name) ?? 'COPY';
  if (value === 'COPY' || value === 'REPLACE') return value;
  throw new S3Error('InvalidArgument', {
    message: `Unknown ${name === 'x-amz-metadata-directive' ? 'metadata' : 'tagging'} directive.`,
    fields: { ArgumentName: name, ArgumentValue: value },
  });
}

/** @throws S3Error InvalidRequest where an object would be copied onto itself unchanged */
function assertChangesSomething(source: CopySource, bucket: Bucket, key: string, headers: Headers): void {
  const isOntoItself = source.bucket === bucket && source.version.key === key && !source.namesVersion;
  const changes =
    directive(headers, 'x-amz-metadata-directive') === 'REPLACE' ||
    headers.has('x-amz-storage-class') ||
    headers.has('x-amz-website-redirect-location') ||
    namesEncryption(headers);
  if (!isOntoItself || changes) return;
  throw new S3Error('InvalidRequest', {
    message:
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  });
}

export const COPY_OBJECT_ROUTES: readonly Route[] = [
  {
    operation: 'CopyObject',
    method: 'PUT',
    target: 'key',
    header: 'x-amz-copy-source',
    handle: copyObject,
  },
];
