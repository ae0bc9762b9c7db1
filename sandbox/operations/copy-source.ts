import type { Bucket } from '../bucket.ts';
import { isArchived, type ObjectVersion } from '../entries.ts';
import { S3Error } from '../http/errors.ts';
import type { OperationContext } from '../http/router.ts';
import { checkVersionId, findBucket, versionHeader } from './access.ts';
import { assertSourceConditions } from './conditions.ts';
import { assertCustomerKey } from './encryption.ts';
import { archivedError } from './get-object.ts';

/** One copy moves at most 5 GiB (API_CopyObject, API_UploadPartCopy). */
export const MAX_COPY_BYTES = 5 * 1024 ** 3;

export type CopySource = { bucket: Bucket; version: ObjectVersion; namesVersion: boolean };

/**
 * Finds the source of a copy and checks that it can be read now and meets the request's conditions.
 * @throws S3Error NoSuchBucket, NoSuchKey, NoSuchVersion, InvalidRequest, InvalidObjectState, PreconditionFailed
 */
export function requestedSource(context: OperationContext): CopySource {
  const { request, store } = context;
  const { bucketName, key, versionId } = parseCopySource(request.headers.get('x-amz-copy-source') ?? '');
  const bucket = findBucket(store.buckets, bucketName);
  const entry = versionId === undefined ? bucket.current(key) : bucket.entry(key, versionId);
  if (entry === undefined) {
    if (versionId === undefined) throw new S3Error('NoSuchKey', { fields: { Key: key } });
    throw new S3Error('NoSuchVersion', { fields: { Key: key, VersionId: versionId } });
  }
  if (entry.isDeleteMarker) {
    if (versionId === undefined) throw new S3Error('NoSuchKey', { fields: { Key: key } });
    throw new S3Error('InvalidRequest', {
      message: 'The source of a copy request may not specifically refer to a delete marker by version id.',
    });
  }
  assertCustomerKey(entry, request.headers, 'x-amz-copy-source-');
  assertSourceConditions(entry, request.headers);
  if (isArchived(entry, store.context.clock.now())) throw archivedError(entry);
  return { bucket, version: entry, namesVersion: versionId !== undefined };
}

/** @throws S3Error InvalidRequest */
export function assertCopySize(bytes: number): void {
  if (bytes <= MAX_COPY_BYTES) return;
  throw new S3Error('InvalidRequest', {
    message: `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_COPY_BYTES}`,
  });
}

export function sourceVersionHeader({ bucket, version }: CopySource): Record<string, string> {
  const versionId = versionHeader(bucket, version)['x-amz-version-id'];
  return versionId === undefined ? {} : { 'x-amz-copy-source-version-id': versionId };
}

/** `bucket/key?versionId=…`, URL-encoded, with or without a slash in front; a plus sign stands for a space. */
function parseCopySource(header: string): {
  bucketName: string;
  key: string;
  versionId: string | undefined;
} {
  const mark = header.indexOf('?versionId=');
  const address = decodeSource(mark < 0 ? header : header.slice(0, mark)).replace(/^\//, '');
  const slash = address.indexOf('/');
  if (slash <= 0 || slash === address.length - 1) throw invalidSource(header);
  return {
    bucketName: address.slice(0, slash),
    key: address.slice(slash + 1),
    versionId: mark < 0 ? undefined : checkVersionId(decodeSource(header.slice(mark + '?versionId='.length))),
  };
}

function decodeSource(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw invalidSource(text);
  }
}

function invalidSource(header: string): S3Error {
  return new S3Error('InvalidArgument', {
    message: 'Invalid copy source object key',
    fields: { ArgumentName: 'x-amz-copy-source', ArgumentValue: header },
  });
}
