import type { Bucket } from '../bucket.ts';
import type { VersionEntry } from '../entries.ts';
import { S3Error } from '../http/errors.ts';
import { type S3Response, xmlResponse } from '../http/response.ts';
import type { OperationContext, Route } from '../http/router.ts';
import { document, element, isoTime } from '../http/xml.ts';
import { compareKeys } from '../key-index.ts';
import { checkVersionId, requestedBucket } from './access.ts';
import { ownerElement } from './buckets.ts';
import {
  afterPrefix,
  commonPrefixElements,
  commonPrefixOf,
  fromKey,
  type ListingRequest,
  parseListing,
} from './listing.ts';

type Marker = { readonly key: string; readonly versionId: string | undefined };

type Page = {
  readonly entries: string[];
  readonly prefixes: string[];
  /** Where the next page goes on; absent on the last. */
  readonly next: Marker | undefined;
};

/**
 * API_ListObjectVersions: keys in UTF-8 order, each key's entries newest first, object versions and delete markers in
 * one sequence.
 */
function listObjectVersions(context: OperationContext): S3Response {
  const bucket = requestedBucket(context);
  const { query } = context.request;
  const listing = parseListing(query);
  const marker = parseMarker(query);
  const page = readPage(bucket, listing, marker);
  const { text, delimiter } = listing;
  return xmlResponse(
    document(
      'ListVersionsResult',
      element('Name', bucket.name) +
        element('Prefix', text(listing.prefix)) +
        element('KeyMarker', text(marker?.key ?? '')) +
        element('VersionIdMarker', marker?.versionId ?? '') +
        element('NextKeyMarker', page.next === undefined ? undefined : text(page.next.key)) +
        element('NextVersionIdMarker', page.next?.versionId) +
        element('MaxKeys', listing.maxKeys) +
        element('Delimiter', delimiter === '' ? undefined : text(delimiter)) +
        element('EncodingType', listing.encodesUrls ? 'url' : undefined) +
        element('IsTruncated', page.next !== undefined) +
        page.entries.join('') +
        commonPrefixElements(page.prefixes, listing),
    ),
  );
}

/** @throws S3Error InvalidArgument */
function parseMarker(query: ReadonlyMap<string, string>): Marker | undefined {
  const key = query.get('key-marker') ?? '';
  const versionId = query.get('version-id-marker');
  if (versionId !== undefined && key === '') {
    throw new S3Error('InvalidArgument', {
      message: 'A version-id marker cannot be specified without a key marker.',
      fields: { ArgumentName: 'version-id-marker', ArgumentValue: versionId },
    });
  }
  if (versionId === '') {
    throw new S3Error('InvalidArgument', {
      message: 'A version-id marker cannot be empty.',
      fields: { ArgumentName: 'version-id-marker', ArgumentValue: '' },
    });
  }
  return key === '' ? undefined : { key, versionId: checkVersionId(versionId) };
}

function readPage(bucket: Bucket, listing: ListingRequest, marker: Marker | undefined): Page {
  const entries: string[] = [];
  const prefixes: string[] = [];
  let last: Marker | undefined;
  if (listing.maxKeys === 0) return { entries, prefixes, next: undefined };
  let skippedPrefix = marker !== undefined && marker.versionId === undefined ? marker.key : undefined;
  let start = startOf(listing, marker);
  for (;;) {
    let rolledUp: string | undefined;
    for (const [key, stack] of bucket.stacks.from(start)) {
      if (!key.startsWith(listing.prefix)) return { entries, prefixes, next: undefined };
      const prefix = commonPrefixOf(key, listing);
      const isFull = entries.length + prefixes.length >= listing.maxKeys;
      if (prefix !== undefined) {
        if (prefix !== skippedPrefix) {
          if (isFull) return { entries, prefixes, next: last };
          prefixes.push(prefix);
          last = { key: prefix, versionId: undefined };
        }
        skippedPrefix = undefined;
        rolledUp = prefix;
        break;
      }
      for (let index = firstEntry(bucket, stack, key, marker); index >= 0; index -= 1) {
        const entry = stack[index];
        if (entry === undefined) continue;
        if (entries.length + prefixes.length >= listing.maxKeys) return { entries, prefixes, next: last };
        entries.push(entryElement(entry, index === stack.length - 1, listing));
        last = { key, versionId: entry.versionId };
      }
    }
    if (rolledUp === undefined) return { entries, prefixes, next: undefined };
    start = afterPrefix(rolledUp);
  }
}

function startOf(listing: ListingRequest, marker: Marker | undefined): (key: string) => boolean {
  const fromPrefix = fromKey(listing.prefix);
  if (marker === undefined) return fromPrefix;
  // With a version ID the page goes on inside the marker's key, without one behind it.
  const { key: markerKey, versionId } = marker;
  const first = versionId === undefined ? 1 : 0;
  return (key) => fromPrefix(key) && compareKeys(key, markerKey) >= first;
}

/** Index of the first entry to list of a stack, which is kept oldest first; -1 for none. */
function firstEntry(
  bucket: Bucket,
  stack: readonly VersionEntry[],
  key: string,
  marker: Marker | undefined,
): number {
  if (marker?.key !== key || marker.versionId === undefined) return stack.length - 1;
  const order = bucket.orderOf(key, marker.versionId);
  return order === undefined ? -1 : stack.findLastIndex((entry) => entry.order < order);
}

function entryElement(entry: VersionEntry, isLatest: boolean, { text }: ListingRequest): string {
  const common =
    element('Key', text(entry.key)) +
    element('VersionId', entry.versionId) +
    element('IsLatest', isLatest) +
    element('LastModified', isoTime(entry.lastModified));
  if (entry.isDeleteMarker) return `<DeleteMarker>${common}${ownerElement()}</DeleteMarker>`;
  const { checksum, storageClass } = entry.attributes;
  const checksums =
    checksum === undefined
      ? ''
      : element('ChecksumAlgorithm', checksum.algorithm) + element('ChecksumType', checksum.type);
  return `<Version>${common}<ETag>&quot;${entry.eTag}&quot;</ETag>${checksums}<Size>${entry.content.size}</Size>${ownerElement()}<StorageClass>${storageClass}</StorageClass></Version>`;
}

export const LIST_OBJECT_VERSIONS_ROUTES: readonly Route[] = [
  {
    operation: 'ListObjectVersions',
    method: 'GET',
    target: 'bucket',
    query: ['versions'],
    handle: listObjectVersions,
  },
];
