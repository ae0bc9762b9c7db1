import type { ListPage } from '../../src/inventory/listing.ts';
import { compareKeys } from '../../src/s3/key-order.ts';

export type StoredEntry = { key: string; versionId: string; isLatest: boolean; isDeleteMarker: boolean };

/** Stacks as entries in S3's order: `sizes` tells how deep each key's is. */
export function stacksOf(sizes: ReadonlyMap<string, number>): StoredEntry[] {
  return [...sizes]
    .toSorted(([left], [right]) => compareKeys(left, right))
    .flatMap(([key, size]) =>
      Array.from({ length: size }, (_, index) => ({
        key,
        versionId: `v${String(size - index).padStart(6, '0')}`,
        isLatest: index === 0,
        isDeleteMarker: (size - index) % 3 === 0,
      })),
    );
}

/** Pages over entries in memory, `pageSize` entries each; what S3 answers, without S3. */
export function memoryPages(entries: readonly StoredEntry[], pageSize: number, encoded = true): ListPage {
  return async ({ prefix, marker, maxEntries }) => {
    const found = entries.filter(
      ({ key, versionId }) => key.startsWith(prefix) && isBehind(entries, key, versionId, marker),
    );
    const page = found.slice(0, Math.min(pageSize, maxEntries ?? pageSize));
    const text = encoded ? encodeAsS3 : escapeXml;
    const last = page.at(-1);
    const isTruncated = page.length < found.length;
    const next =
      isTruncated && last !== undefined
        ? `<NextKeyMarker>${text(last.key)}</NextKeyMarker><NextVersionIdMarker>${last.versionId}</NextVersionIdMarker>`
        : '';
    const body = page.map((entry) => {
      const fields = `<Key>${text(entry.key)}</Key><VersionId>${entry.versionId}</VersionId><IsLatest>${entry.isLatest}</IsLatest><LastModified>2026-01-01T00:00:00.000Z</LastModified>`;
      return entry.isDeleteMarker
        ? `<DeleteMarker>${fields}</DeleteMarker>`
        : `<Version>${fields}<ETag>&quot;0&quot;</ETag><Size>1</Size><StorageClass>STANDARD</StorageClass></Version>`;
    });
    return `<ListVersionsResult>${encoded ? '<EncodingType>url</EncodingType>' : ''}<IsTruncated>${isTruncated}</IsTruncated>${next}${body.join('')}</ListVersionsResult>`;
  };
}

function isBehind(
  entries: readonly StoredEntry[],
  key: string,
  versionId: string,
  marker: { key: string; versionId: string | null } | null,
): boolean {
  if (marker === null) return true;
  const order = compareKeys(key, marker.key);
  if (order !== 0 || marker.versionId === null) return order > 0;
  const stack = entries.filter((entry) => entry.key === key).map((entry) => entry.versionId);
  return stack.indexOf(versionId) > stack.indexOf(marker.versionId);
}

function encodeAsS3(text: string): string {
  return encodeURIComponent(text).replaceAll('%2F', '/').replaceAll('%20', '+');
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"\p{Cc}]/gu, (character) => `&#x${character.codePointAt(0)?.toString(16)};`);
}
