import type { Checksum } from './checksums.ts';
import type { Content } from './content.ts';

export const STORAGE_CLASSES = [
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER',
  'DEEP_ARCHIVE',
  'GLACIER_IR',
] as const;
export type StorageClass = (typeof STORAGE_CLASSES)[number];

export type Retention = { mode: 'GOVERNANCE' | 'COMPLIANCE'; retainUntil: number };

/** Server-side encryption of an object. A customer's key (SSE-C) is known by its MD5 alone, as in S3. */
export type Encryption =
  | { algorithm: 'AES256' }
  | { algorithm: 'aws:kms' | 'aws:kms:dsse'; kmsKeyId: string; bucketKey: boolean }
  | { algorithm: 'SSE-C'; customerKeyMd5: string };

/** A temporary copy of an archived object: readable from `readyAt` until `expiresAt`. */
export type RestoredCopy = { readyAt: number; expiresAt: number | undefined };

/** What a version carries beside its data. Replaced as a whole when it changes, for versions share one by default. */
export type ObjectAttributes = {
  /** Content-Type, Cache-Control and the like, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** User metadata, without the prefix `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: ReadonlyMap<string, string>;
  readonly storageClass: StorageClass;
  readonly encryption: Encryption;
  /** Archive tier of an INTELLIGENT_TIERING object, as HEAD spells it. */
  readonly archiveStatus?: 'ARCHIVE_ACCESS' | 'DEEP_ARCHIVE_ACCESS' | undefined;
  readonly restored?: RestoredCopy | undefined;
  readonly retention?: Retention | undefined;
  readonly legalHold?: boolean | undefined;
  readonly websiteRedirect?: string | undefined;
  readonly replicationStatus?: string | undefined;
  readonly checksum?: Checksum | undefined;
  /** Sizes of the parts of a multipart upload. */
  readonly partSizes?: readonly number[] | undefined;
};

export const DEFAULT_ATTRIBUTES: ObjectAttributes = {
  headers: { 'content-type': 'binary/octet-stream' },
  metadata: {},
  tags: new Map(),
  storageClass: 'STANDARD',
  encryption: { algorithm: 'AES256' },
};

type Entry = {
  readonly key: string;
  readonly versionId: string;
  /** Milliseconds since the epoch, whole seconds. For a multipart upload: when it was initiated. */
  readonly lastModified: number;
  /** Place in the stack: the entry of the greatest order is current. */
  readonly order: number;
};

export type ObjectVersion = Entry & {
  readonly isDeleteMarker: false;
  /** Without quotes. */
  readonly eTag: string;
  readonly content: Content;
  attributes: ObjectAttributes;
};

export type DeleteMarker = Entry & { readonly isDeleteMarker: true };

export type VersionEntry = ObjectVersion | DeleteMarker;

/** Whether an object's data cannot be read now: archived, and no restored copy is ready. */
export function isArchived(version: ObjectVersion, now: number): boolean {
  const { storageClass, archiveStatus, restored } = version.attributes;
  const archived =
    storageClass === 'GLACIER' || storageClass === 'DEEP_ARCHIVE' || archiveStatus !== undefined;
  return archived && !isRestored(restored, now);
}

export function isRestored(restored: RestoredCopy | undefined, now: number): boolean {
  if (restored === undefined || now < restored.readyAt) return false;
  return restored.expiresAt === undefined || now < restored.expiresAt;
}
