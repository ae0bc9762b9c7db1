import { S3CallError } from '../s3/call-error.ts';
import type { ListedEntry, VersionPage } from '../s3/version-entry.ts';

const ENTRY = /<(Version|DeleteMarker)>([\s\S]*?)<\/\1>/g;
const FIELD = /<([A-Za-z]+)>([^<]*)<\/\1>/g;
const ENTITY = /&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([a-z]+));/g;
const NAMED_ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * Parses the document of ListObjectVersions (API_ListObjectVersions). A machine writes it, always in the same plain
 * form, so that two patterns do; what does not look like it is refused.
 * @throws S3CallError for anything else
 */
export function parseVersionPage(document: string): VersionPage {
  const head = document.replace(ENTRY, '');
  if (!head.includes('<ListVersionsResult')) throw malformed('it is no ListVersionsResult');
  const fields = fieldsOf(head);
  const isEncoded = fields.get('EncodingType') === 'url';
  const entries: ListedEntry[] = [];
  for (const [, element, content = ''] of document.matchAll(ENTRY)) {
    entries.push(parseEntry(content, element === 'DeleteMarker', isEncoded));
  }
  if (fields.get('IsTruncated') !== 'true') return { entries, next: null };
  const keyMarker = fields.get('NextKeyMarker');
  if (keyMarker === undefined) throw malformed('it is truncated and does not say where it goes on');
  const versionIdMarker = fields.get('NextVersionIdMarker') || null;
  return { entries, next: { keyMarker: decoded(keyMarker, isEncoded), versionIdMarker } };
}

function parseEntry(content: string, isDeleteMarker: boolean, isEncoded: boolean): ListedEntry {
  // The owner has fields of its own, which a key would not be told from.
  const fields = fieldsOf(content.replace(/<Owner>[\s\S]*?<\/Owner>/, ''));
  const key = fields.get('Key');
  const lastModified = new Date(fields.get('LastModified') ?? '');
  if (key === undefined || Number.isNaN(lastModified.getTime()))
    throw malformed('an entry has no key or no time');
  return {
    key: decoded(key, isEncoded),
    // Buckets that were never versioned have entries without an ID; S3 calls it null everywhere else.
    versionId: fields.get('VersionId') || 'null',
    isLatest: fields.get('IsLatest') === 'true',
    isDeleteMarker,
    size: isDeleteMarker ? null : Number(fields.get('Size') ?? 0),
    lastModified,
    eTag: isDeleteMarker ? null : (fields.get('ETag') ?? '').replace(/^"(.*)"$/, '$1'),
    storageClass: isDeleteMarker ? null : (fields.get('StorageClass') ?? null),
  };
}

function fieldsOf(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [, name = '', value = ''] of text.matchAll(FIELD)) {
    if (!fields.has(name)) fields.set(name, unescaped(value));
  }
  return fields;
}

function unescaped(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(ENTITY, (whole, hexadecimal?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return NAMED_ENTITIES[name] ?? whole;
    return String.fromCodePoint(
      Number.parseInt(hexadecimal ?? decimal ?? '', hexadecimal === undefined ? 10 : 16),
    );
  });
}

/** Only an answer that echoes the encoding is encoded: some stores do not know it. A plus sign is a space. */
function decoded(text: string, isEncoded: boolean): string {
  if (!isEncoded) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', '%20'));
  } catch {
    throw malformed(`the key ${text} is not percent-encoded UTF-8`);
  }
}

function malformed(fact: string): S3CallError {
  return new S3CallError('MalformedListing', `the listing of versions cannot be read: ${fact}`, {
    status: null,
  });
}
