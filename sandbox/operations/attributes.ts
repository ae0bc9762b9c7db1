import type { Bucket } from '../bucket.ts';
import {
  isArchived,
  isRestored,
  type ObjectAttributes,
  type ObjectVersion,
  STORAGE_CLASSES,
  type StorageClass,
} from '../entries.ts';
import { S3Error } from '../http/errors.ts';
import { assertLockable, defaultRetention, parseRetention } from '../object-lock.ts';
import { httpTime, quoteETag, versionHeader } from './access.ts';
import { encryptionHeaders, requestedEncryption } from './encryption.ts';
import { decodeMetadata, encodeMetadata } from './metadata-text.ts';
import { parseTagHeader } from './tags.ts';

type Headers = ReadonlyMap<string, string>;

const CONTENT_HEADERS = [
  'content-type',
  'content-encoding',
  'content-language',
  'content-disposition',
  'cache-control',
  'expires',
];
/** Names and values together, in UTF-8 ("Working with object metadata"). */
const MAX_METADATA_BYTES = 2048;
const METADATA_PREFIX = 'x-amz-meta-';
const LOCK = 'x-amz-object-lock-';

/** What a PutObject, a CreateMultipartUpload or a copy with REPLACE says of the object. */
export function requestedAttributes(bucket: Bucket, headers: Headers, now: number): ObjectAttributes {
  return {
    ...writtenAnew(bucket, headers, now),
    headers: requestedHeaders(headers),
    metadata: requestedMetadata(headers),
    tags: parseTagHeader(headers.get('x-amz-tagging')),
  };
}

/** The attributes that a copy never takes from its source: they come from the request or the bucket's defaults. */
export function writtenAnew(
  bucket: Bucket,
  headers: Headers,
  now: number,
): Omit<ObjectAttributes, 'headers' | 'metadata' | 'tags'> {
  return {
    storageClass: requestedStorageClass(headers),
    encryption: requestedEncryption(bucket, headers),
    websiteRedirect: headers.get('x-amz-website-redirect-location'),
    ...requestedLock(bucket, headers, now),
  };
}

export function requestedHeaders(headers: Headers): Record<string, string> {
  const kept: Record<string, string> = { 'content-type': 'binary/octet-stream' };
  for (const name of CONTENT_HEADERS) {
    const value = headers.get(name);
    if (value !== undefined && value !== '') kept[name] = value;
  }
  return kept;
}

export function requestedMetadata(headers: Headers): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const [name, value] of headers) {
    if (name.startsWith(METADATA_PREFIX))
      metadata[name.slice(METADATA_PREFIX.length)] = decodeMetadata(value);
  }
  const bytes = Object.entries(metadata).reduce((total, pair) => total + Buffer.byteLength(pair.join('')), 0);
  if (bytes > MAX_METADATA_BYTES) {
    throw new S3Error('MetadataTooLarge', {
      fields: { Size: String(bytes), MaxSizeAllowed: String(MAX_METADATA_BYTES) },
    });
  }
  return metadata;
}

function requestedStorageClass(headers: Headers): StorageClass {
  const asked = headers.get('x-amz-storage-class') ?? 'STANDARD';
  const found = STORAGE_CLASSES.find((storageClass) => storageClass === asked);
  if (found === undefined)
    throw new S3Error('InvalidStorageClass', { fields: { StorageClassRequested: asked } });
  return found;
}

function requestedLock(
  bucket: Bucket,
  headers: Headers,
  now: number,
): Pick<ObjectAttributes, 'retention' | 'legalHold'> {
  const mode = headers.get(`${LOCK}mode`);
  const until = headers.get(`${LOCK}retain-until-date`);
  const hold = headers.get(`${LOCK}legal-hold`);
  if (mode !== undefined || until !== undefined || hold !== undefined) assertLockable(bucket);
  if ((mode === undefined) !== (until === undefined)) {
    throw new S3Error('InvalidArgument', {
      message: 'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied',
    });
  }
  const retention =
    mode !== undefined && until !== undefined
      ? parseRetention(mode, until, now)
      : defaultRetention(bucket, now);
  return { retention, legalHold: hold === undefined ? undefined : hold === 'ON' };
}

/** Headers that GetObject and HeadObject send of a version, except its length. */
export function versionHeaders(
  bucket: Bucket,
  version: ObjectVersion,
  requested: Headers,
  now: number,
): Record<string, string | undefined> {
  const { attributes } = version;
  const { retention, legalHold, tags, checksum } = attributes;
  const withChecksum = requested.get('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED';
  return {
    ...attributes.headers,
    ...Object.fromEntries(
      Object.entries(attributes.metadata).map(([name, value]) => [
        METADATA_PREFIX + name,
        encodeMetadata(value),
      ]),
    ),
    etag: quoteETag(version.eTag),
    'last-modified': httpTime(version.lastModified),
    'accept-ranges': 'bytes',
    ...versionHeader(bucket, version),
    ...encryptionHeaders(attributes.encryption),
    // "Amazon S3 returns this header for all objects except for S3 Standard storage class objects."
    'x-amz-storage-class': attributes.storageClass === 'STANDARD' ? undefined : attributes.storageClass,
    'x-amz-archive-status': isArchived(version, now) ? attributes.archiveStatus : undefined,
    'x-amz-restore': restoreHeader(version, now),
    'x-amz-website-redirect-location': attributes.websiteRedirect,
    'x-amz-replication-status': attributes.replicationStatus,
    'x-amz-tagging-count': tags.size === 0 ? undefined : String(tags.size),
    [`${LOCK}mode`]: retention?.mode,
    [`${LOCK}retain-until-date`]:
      retention === undefined ? undefined : new Date(retention.retainUntil).toISOString(),
    // Not sent for a version that never had one (API_HeadObject).
    [`${LOCK}legal-hold`]: legalHold === undefined ? undefined : legalHold ? 'ON' : 'OFF',
    ...(withChecksum && checksum !== undefined
      ? {
          [`x-amz-checksum-${checksum.algorithm.toLowerCase()}`]: checksum.value,
          'x-amz-checksum-type': checksum.type,
        }
      : {}),
  };
}

/** `x-amz-restore` (API_HeadObject): a restore under way, or how long its copy stays. */
function restoreHeader(version: ObjectVersion, now: number): string | undefined {
  const { restored } = version.attributes;
  if (restored === undefined) return undefined;
  if (now < restored.readyAt) return 'ongoing-request="true"';
  if (restored.expiresAt === undefined || !isRestored(restored, now)) return undefined;
  return `ongoing-request="false", expiry-date="${httpTime(restored.expiresAt)}"`;
}
