import type { Bucket } from '../bucket.ts';
import type { ObjectVersion, VersionEntry } from '../entries.ts';
import { S3Error } from '../http/errors.ts';
import { httpTime, quoteETag, unquoteETag } from './access.ts';

type Headers = ReadonlyMap<string, string>;

/**
 * Conditions on the key that is written ("Conditional writes"): If-None-Match takes `*` alone, If-Match an ETag.
 * Both look at the current version only; under a delete marker there is no object.
 * @throws S3Error PreconditionFailed, NoSuchKey, NotImplemented
 */
export function assertWriteConditions(bucket: Bucket, key: string, headers: Headers): void {
  const current = bucket.current(key);
  const ifNoneMatch = headers.get('if-none-match');
  const ifMatch = headers.get('if-match');
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch !== '*') throw notImplemented('If-None-Match');
    if (current?.isDeleteMarker === false) throw failed('If-None-Match');
  }
  if (ifMatch === undefined) return;
  if (ifMatch === '*') throw notImplemented('If-Match');
  if (current === undefined || current.isDeleteMarker)
    throw new S3Error('NoSuchKey', { fields: { Key: key } });
  if (unquoteETag(ifMatch) !== current.eTag) throw failed('If-Match');
}

/**
 * The condition of a delete ("Conditional deletes"): evaluated on the current version, whichever version is named.
 * @throws S3Error PreconditionFailed, NoSuchKey
 */
export function assertDeleteCondition(
  current: VersionEntry | undefined,
  key: string,
  condition: string,
): void {
  if (current === undefined) throw new S3Error('NoSuchKey', { fields: { Key: key } });
  if (current.isDeleteMarker) throw failed('If-Match');
  if (condition !== '*' && unquoteETag(condition) !== current.eTag) throw failed('If-Match');
}

/**
 * Conditions of a read; of two that speak about the same, the ETag's decides (API_GetObject).
 * @throws S3Error PreconditionFailed, NotModified
 */
export function assertReadConditions(version: ObjectVersion, headers: Headers): void {
  switch (judge(version, headers, '')) {
    case 'unmet':
      throw failed(headers.has('if-match') ? 'If-Match' : 'If-Unmodified-Since');
    case 'unmodified':
      throw new S3Error('NotModified', {
        headers: { etag: quoteETag(version.eTag), 'last-modified': httpTime(version.lastModified) },
      });
    default:
  }
}

/**
 * Conditions on the source of a copy: each that fails is 412 (API_CopyObject, x-amz-copy-source-if-*).
 * @throws S3Error PreconditionFailed
 */
export function assertSourceConditions(version: ObjectVersion, headers: Headers): void {
  const prefix = 'x-amz-copy-source-';
  if (judge(version, headers, prefix) === 'met') return;
  const names = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'];
  throw failed(prefix + (names.find((name) => headers.has(prefix + name)) ?? ''));
}

function judge(version: ObjectVersion, headers: Headers, prefix: string): 'met' | 'unmet' | 'unmodified' {
  const ifMatch = headers.get(`${prefix}if-match`);
  const ifUnmodifiedSince = headers.get(`${prefix}if-unmodified-since`);
  if (ifMatch !== undefined) {
    if (!matchesETag(version, ifMatch)) return 'unmet';
  } else if (ifUnmodifiedSince !== undefined && version.lastModified > Date.parse(ifUnmodifiedSince)) {
    return 'unmet';
  }
  const ifNoneMatch = headers.get(`${prefix}if-none-match`);
  const ifModifiedSince = headers.get(`${prefix}if-modified-since`);
  if (ifNoneMatch !== undefined) return matchesETag(version, ifNoneMatch) ? 'unmodified' : 'met';
  if (ifModifiedSince !== undefined && version.lastModified <= Date.parse(ifModifiedSince))
    return 'unmodified';
  return 'met';
}

function matchesETag(version: ObjectVersion, condition: string): boolean {
  return condition === '*' || condition.split(',').some((eTag) => unquoteETag(eTag) === version.eTag);
}

function failed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', { fields: { Condition: condition } });
}

function notImplemented(header: string): S3Error {
  return new S3Error('NotImplemented', { fields: { Header: header } });
}
