import type { Bucket } from '../bucket.ts';
import type { ObjectVersion, VersionEntry } from '../entries.ts';
import { S3Error } from '../http/errors.ts';
import type { S3Request } from '../http/request.ts';
import type { OperationContext } from '../http/router.ts';
import { isWellFormedVersionId } from '../version-ids.ts';

/** @throws S3Error NoSuchBucket */
export function requestedBucket({ store, request }: OperationContext): Bucket {
  return findBucket(store.buckets, request.bucket ?? '');
}

export function findBucket(buckets: ReadonlyMap<string, Bucket>, name: string): Bucket {
  const bucket = buckets.get(name);
  if (bucket === undefined) throw new S3Error('NoSuchBucket', { fields: { BucketName: name } });
  return bucket;
}

/** The key of a request that the router found to be for an object. */
export function requestedKey(request: S3Request): string {
  if (request.key === undefined) throw new S3Error('InvalidURI');
  return request.key;
}

/** @throws S3Error InvalidArgument where the text cannot be a version ID */
export function requestedVersionId(request: S3Request): string | undefined {
  return checkVersionId(request.query.get('versionId'));
}

export function checkVersionId(versionId: string | undefined): string | undefined {
  if (versionId === undefined || isWellFormedVersionId(versionId)) return versionId;
  const message = versionId === '' ? 'Version id cannot be the empty string' : 'Invalid version id specified';
  throw new S3Error('InvalidArgument', {
    message,
    fields: { ArgumentName: 'versionId', ArgumentValue: versionId },
  });
}

/**
 * The object version that a request names, as GetObject and its kin find it: a delete marker named by its version ID
 * is 405 MethodNotAllowed, one that is current makes the key 404 ("Working with delete markers").
 * @throws S3Error NoSuchKey, NoSuchVersion, MethodNotAllowed
 */
export function requestedVersion(context: OperationContext): { bucket: Bucket; version: ObjectVersion } {
  const bucket = requestedBucket(context);
  const key = requestedKey(context.request);
  const versionId = requestedVersionId(context.request);
  const entry = versionId === undefined ? bucket.current(key) : bucket.entry(key, versionId);
  if (entry === undefined) {
    if (versionId === undefined) throw new S3Error('NoSuchKey', { fields: { Key: key } });
    throw new S3Error('NoSuchVersion', { fields: { Key: key, VersionId: versionId } });
  }
  if (!entry.isDeleteMarker) return { bucket, version: entry };
  const headers = { 'x-amz-delete-marker': 'true', ...versionHeader(bucket, entry) };
  if (versionId === undefined) throw new S3Error('NoSuchKey', { fields: { Key: key }, headers });
  throw new S3Error('MethodNotAllowed', {
    fields: { Method: context.request.method, ResourceType: 'DeleteMarker' },
    headers: { ...headers, 'last-modified': httpTime(entry.lastModified), allow: 'DELETE' },
  });
}

/** `x-amz-version-id`, which S3 sends only where versioning was ever set. */
export function versionHeader(bucket: Bucket, entry: VersionEntry): Record<string, string> {
  return bucket.versioning === undefined ? {} : { 'x-amz-version-id': entry.versionId };
}

export function httpTime(milliseconds: number): string {
  return new Date(milliseconds).toUTCString();
}

export function quoteETag(eTag: string): string {
  return `"${eTag}"`;
}

export function unquoteETag(text: string): string {
  return text.trim().replace(/^"(.*)"$/, '$1');
}
