import { S3CallError } from '../s3/call-error.ts';
import { decodeListedKey } from '../s3/listed-key.ts';
import { scanPage } from '../s3/scan-versions.ts';
import type { ListedEntry, VersionPage } from '../s3/version-entry.ts';

/**
 * Parses the document of ListObjectVersions (API_ListObjectVersions).
 * @throws S3CallError for anything else, and for a document that was cut off: what it lacks is not known to be gone
 */
export function parseVersionPage(document: string): VersionPage {
  const page = scanPage(document);
  if (page === null) {
    if (!document.includes('<ListVersionsResult')) throw malformed('it is no ListVersionsResult');
    throw new S3CallError('CutOffListing', 'the listing of versions ends in the middle', { status: null });
  }
  const { header } = page;
  const isEncoded = header.get('EncodingType') === 'url';
  const entries: ListedEntry[] = [];
  // Entries that follow each other often share their key, and the second in which they were written.
  let [rawKey, key, rawTime] = ['', '', ''];
  let time = new Date(Number.NaN);
  for (const raw of page.entries) {
    if (raw.key !== rawKey) {
      rawKey = raw.key;
      key = decoded(rawKey, isEncoded);
    }
    if (raw.lastModified !== rawTime) {
      rawTime = raw.lastModified;
      time = new Date(rawTime);
    }
    const { versionId, isLatest, isDeleteMarker } = raw;
    if (rawKey === '' || Number.isNaN(time.getTime())) throw malformed('an entry has no key or no time');
    entries.push({
      key,
      versionId,
      isLatest,
      isDeleteMarker,
      size: isDeleteMarker ? null : Number(raw.size),
      lastModified: time,
      eTag: isDeleteMarker ? null : raw.eTag,
      storageClass: isDeleteMarker ? null : raw.storageClass || null,
    });
  }
  if (header.get('IsTruncated') !== 'true') return { entries, next: null };
  const keyMarker = header.get('NextKeyMarker');
  if (keyMarker === undefined) throw malformed('it is truncated and does not say where it goes on');
  const versionIdMarker = header.get('NextVersionIdMarker') || null;
  return { entries, next: { keyMarker: decoded(keyMarker, isEncoded), versionIdMarker } };
}

/** Only an answer that echoes the encoding is encoded: some stores do not know it. */
function decoded(text: string, isEncoded: boolean): string {
  if (!isEncoded) return text;
  try {
    return decodeListedKey(text);
  } catch {
    throw malformed(`the key ${text} is not percent-encoded UTF-8`);
  }
}

function malformed(fact: string): S3CallError {
  return new S3CallError('MalformedListing', `the listing of versions cannot be read: ${fact}`, {
    status: null,
  });
}
