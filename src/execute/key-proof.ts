import type { HeadAnswer, ListedEntry, ObjectHead } from '../s3/version-entry.ts';
import { markerFromHead, markerFromListing, type ProvenMarker } from './proven-marker.ts';

/** The entry on top of a key's stack, as far as the way of asking tells. */
export type CurrentEntry =
  | {
      kind: 'version';
      versionId: string;
      eTag: string;
      size: number;
      storageClass: string;
      lastModified: Date;
    }
  | { kind: 'marker'; versionId: string; lastModified: Date | null }
  | { kind: 'none' };

/** What S3 has just said of a key. */
export type KeyProof = {
  current: CurrentEntry;
  /** all that a HEAD of the key said of its current version; null where there is none or a listing told */
  head: ObjectHead | null;
  /** the entries that matter, newest first; null where no listing was asked for */
  stack: readonly ListedEntry[] | null;
  markers: ReadonlyMap<string, ProvenMarker>;
  /** version IDs that were asked for and belong to an object version */
  versions: ReadonlySet<string>;
};

/** The proof that a listing of the key gives. */
export function proofFromListing(stack: readonly ListedEntry[]): KeyProof {
  const markers = new Map<string, ProvenMarker>();
  const versions = new Set<string>();
  for (const entry of stack) {
    const marker = markerFromListing(entry);
    if (marker === null) versions.add(entry.versionId);
    else markers.set(entry.versionId, marker);
  }
  const [top] = stack;
  return {
    current: top === undefined ? { kind: 'none' } : currentFromListing(top),
    head: null,
    stack,
    markers,
    versions,
  };
}

/**
 * The proof that HEADs give: of the key, and of those of its versions that were asked for.
 * @returns null where they do not settle it: a store that does not name the marker, or tells one from nothing
 */
export function proofFromHeads(
  key: string,
  top: HeadAnswer,
  asked: ReadonlyMap<string, HeadAnswer>,
): KeyProof | null {
  const current = currentFromHead(top);
  if (current === null) return null;
  const markers = new Map<string, ProvenMarker>();
  const versions = new Set<string>();
  for (const [versionId, answer] of asked) {
    const marker = markerFromHead(key, versionId, answer);
    if (marker !== null) markers.set(versionId, marker);
    else if (answer.kind === 'version') versions.add(versionId);
    else return null;
  }
  return { current, head: top.kind === 'version' ? top : null, stack: null, markers, versions };
}

/** The current entry as a HEAD of the key shows it, or null where it does not tell. */
export function currentFromHead(answer: HeadAnswer): CurrentEntry | null {
  if (answer.kind === 'version')
    return answer.versionId === null ? null : versionFromHead(answer, answer.versionId);
  if (answer.kind === 'marker' && answer.versionId !== null) {
    return { kind: 'marker', versionId: answer.versionId, lastModified: null };
  }
  return null;
}

function versionFromHead(head: ObjectHead, versionId: string): CurrentEntry {
  const { eTag, size, storageClass, lastModified } = head;
  return { kind: 'version', versionId, eTag, size, storageClass, lastModified };
}

export function currentFromListing(entry: ListedEntry): CurrentEntry {
  const { versionId, lastModified } = entry;
  if (entry.isDeleteMarker) return { kind: 'marker', versionId, lastModified };
  return {
    kind: 'version',
    versionId,
    eTag: entry.eTag ?? '',
    size: entry.size ?? 0,
    storageClass: entry.storageClass || 'STANDARD',
    lastModified,
  };
}

/** The entry that is on top once some are gone: null for none, undefined where no listing tells. */
export function exposedEntry(proof: KeyProof, removed: ReadonlySet<string>): ListedEntry | null | undefined {
  if (proof.stack === null) return undefined;
  return proof.stack.find((entry) => !removed.has(entry.versionId)) ?? null;
}

/** Names an entry for a person. */
export function describeEntry(entry: CurrentEntry): string {
  if (entry.kind === 'none') return 'nothing';
  return `${entry.kind === 'marker' ? 'delete marker' : 'version'} ${entry.versionId}`;
}
