import type { Bucket } from '../bucket.ts';
import type { ObjectVersion } from '../entries.ts';
import { S3Error } from '../http/errors.ts';
import { type S3Response, xmlResponse } from '../http/response.ts';
import type { OperationContext, Route } from '../http/router.ts';
import { document, element, isoTime } from '../http/xml.ts';
import { compareKeys } from '../key-index.ts';
import { requestedBucket } from './access.ts';
import { ownerElement } from './buckets.ts';
import {
  afterPrefix,
  commonPrefixElements,
  commonPrefixOf,
  fromKey,
  type ListingRequest,
  parseListing,
} from './listing.ts';

/** API_ListObjectsV2: the current object versions, without keys under a delete marker. */
function listObjectsV2(context: OperationContext): S3Response {
  const bucket = requestedBucket(context);
  const { query } = context.request;
  const listing = parseListing(query);
  const token = query.get('continuation-token');
  const startAfter = query.get('start-after');
  const after = token === undefined ? (startAfter ?? '') : readToken(token);
  const { objects, prefixes, next } = readPage(bucket, listing, after);
  const withOwner = query.get('fetch-owner') === 'true';
  const { text, delimiter } = listing;
  return xmlResponse(
    document(
      'ListBucketResult',
      element('Name', bucket.name) +
        element('Prefix', text(listing.prefix)) +
        element('StartAfter', startAfter === undefined ? undefined : text(startAfter)) +
        element('ContinuationToken', token) +
        element('NextContinuationToken', next === undefined ? undefined : makeToken(next)) +
        element('KeyCount', objects.length + prefixes.length) +
        element('MaxKeys', listing.maxKeys) +
        element('Delimiter', delimiter === '' ? undefined : text(delimiter)) +
        element('EncodingType', listing.encodesUrls ? 'url' : undefined) +
        element('IsTruncated', next !== undefined) +
        objects.map((version) => contentsElement(version, listing, withOwner)).join('') +
        commonPrefixElements(prefixes, listing),
    ),
  );
}

function readPage(
  bucket: Bucket,
  listing: ListingRequest,
  after: string,
): { objects: ObjectVersion[]; prefixes: string[]; next: string | undefined } {
  const objects: ObjectVersion[] = [];
  const prefixes: string[] = [];
  let last: string | undefined;
  if (listing.maxKeys === 0) return { objects, prefixes, next: undefined };
  const fromPrefix = fromKey(listing.prefix);
  let start = (key: string) => fromPrefix(key) && (after === '' || compareKeys(key, after) > 0);
  for (;;) {
    let rolledUp: string | undefined;
    for (const [key, stack] of bucket.stacks.from(start)) {
      if (!key.startsWith(listing.prefix)) return { objects, prefixes, next: undefined };
      const current = stack.at(-1);
      if (current === undefined || current.isDeleteMarker) continue;
      rolledUp = commonPrefixOf(key, listing);
      // A page that ended with a common prefix goes on behind it.
      if (rolledUp !== undefined && rolledUp === after) break;
      if (objects.length + prefixes.length >= listing.maxKeys) return { objects, prefixes, next: last };
      last = rolledUp ?? key;
      if (rolledUp === undefined) {
        objects.push(current);
      } else {
        prefixes.push(rolledUp);
        break;
      }
    }
    if (rolledUp === undefined) return { objects, prefixes, next: undefined };
    start = afterPrefix(rolledUp);
  }
}

function contentsElement(version: ObjectVersion, { text }: ListingRequest, withOwner: boolean): string {
  return `<Contents>${element('Key', text(version.key))}${element('LastModified', isoTime(version.lastModified))}<ETag>&quot;${version.eTag}&quot;</ETag><Size>${version.content.size}</Size>${withOwner ? ownerElement() : ''}<StorageClass>${version.attributes.storageClass}</StorageClass></Contents>`;
}

/** Tokens are opaque to clients: they must not be taken for keys. */
function makeToken(key: string): string {
  return Buffer.from(`after:${key}`).toString('base64');
}

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64').toString('utf8');
  if (!text.startsWith('after:')) {
    throw new S3Error('InvalidArgument', {
      message: 'The continuation token provided is incorrect',
      fields: { ArgumentName: 'continuation-token', ArgumentValue: token },
    });
  }
  return text.slice('after:'.length);
}

export const LIST_OBJECTS_ROUTES: readonly Route[] = [
  {
    operation: 'ListObjectsV2',
    method: 'GET',
    target: 'bucket',
    query: ['list-type'],
    handle: listObjectsV2,
  },
];
