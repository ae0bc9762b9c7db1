import type { ArchiveKind } from './restore.ts';

/** One version entry of a key as a listing of versions shows it. */
export type ListedEntry = {
  key: string;
  versionId: string;
  /** S3's wire name for: current */
  isLatest: boolean;
  isDeleteMarker: boolean;
  /** bytes; null for a delete marker */
  size: number | null;
  lastModified: Date;
  /** without quotes; null for a delete marker */
  eTag: string | null;
  storageClass: string | null;
};

/** A page of ListObjectVersions, in the order of the document: keys ascending, the entries of a key newest first. */
export type VersionPage = {
  entries: ListedEntry[];
  /** where the next page goes on; null on the last */
  next: { keyMarker: string; versionIdMarker: string | null } | null;
};

/** What a HEAD of an object version says of it. */
export type ObjectHead = {
  kind: 'version';
  versionId: string | null;
  eTag: string;
  /** bytes */
  size: number;
  storageClass: string;
  lastModified: Date;
  /** whether the data can be read now: not archived, or restored for the time being */
  isReadable: boolean;
  /** the archive that its data lies in; null where it lies in none */
  archive: ArchiveKind | null;
  /** whether a restore is under way */
  isRestoring: boolean;
  /** its ETag says nothing of the data then (API_Object, ETag) */
  isEncryptedWithKms: boolean;
  websiteRedirect: string | null;
  /** Content-Type, Cache-Control and the like, by lower-case name */
  headers: Record<string, string>;
  /** user metadata */
  metadata: Record<string, string>;
  tagCount: number;
  checksumType: string | null;
  /** by algorithm as S3 spells it, such as `CRC64NVME` */
  checksums: Record<string, string>;
};

/**
 * The answer to a HEAD of a key or of one of its versions. `absent` without a version ID asked for means: no object
 * version is current; some stores do not tell a delete marker from nothing there.
 */
export type HeadAnswer = ObjectHead | { kind: 'marker'; versionId: string | null } | { kind: 'absent' };
