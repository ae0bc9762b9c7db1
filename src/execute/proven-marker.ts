import type { HeadAnswer, ListedEntry } from '../s3/version-entry.ts';

/**
 * A delete marker that S3 itself showed to be one. Only the two functions below make it, each from an answer of S3,
 * and removal takes nothing else: a manifest alone, however it was doctored, can never lead to the removal of an
 * object version.
 */
export type ProvenMarker = { key: string; versionId: string; readonly __brand: 'ProvenMarker' };

/** Proof by a listing of versions: the entry is of the list's delete markers. */
export function markerFromListing(entry: ListedEntry): ProvenMarker | null {
  if (!entry.isDeleteMarker || entry.versionId === '') return null;
  return { key: entry.key, versionId: entry.versionId } as ProvenMarker;
}

/**
 * Proof by a HEAD of this very version: 405 with `x-amz-delete-marker: true` ("Working with delete markers"), or of
 * the key, when the answer names the marker that is current.
 */
export function markerFromHead(key: string, versionId: string, answer: HeadAnswer): ProvenMarker | null {
  if (answer.kind !== 'marker' || versionId === '' || answer.versionId !== versionId) return null;
  return { key, versionId } as ProvenMarker;
}
