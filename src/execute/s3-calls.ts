import type { HeadAnswer, ObjectHead, VersionPage } from '../s3/version-entry.ts';
import type { ProvenMarker } from './proven-marker.ts';

/** An object version by its place. */
export type VersionAddress = { bucket: string; key: string; versionId: string };

/** A condition on the entry that is current where a request writes ("Conditional requests"); ETags without quotes. */
export type WriteCondition = { ifMatch: string } | { ifNoneMatch: '*' } | null;

/** What a copy is given because CopyObject does not take it from the source; null: S3's or the bucket's default. */
export type CopySettings = { storageClass: string | null; kmsKeyArn: string | null };

export type CopyRequest = CopySettings & {
  source: VersionAddress;
  /** the source's ETag: a `null` version can be replaced by another one of the same ID */
  sourceETag: string;
  websiteRedirect: string | null;
  bucket: string;
  key: string;
  condition: WriteCondition;
};

export type CopyAnswer = { versionId: string | null; eTag: string };

/** What CreateMultipartUpload is given, as a multipart copy takes nothing from its source. */
export type UploadRequest = CopySettings & {
  bucket: string;
  key: string;
  source: ObjectHead;
  tags: readonly { key: string; value: string }[];
};

export type UploadAddress = { bucket: string; key: string; uploadId: string };

/** A part that has arrived. Composite checksums are made of those of the parts, so they travel along. */
export type UploadedPart = {
  partNumber: number;
  eTag: string;
  size: number | null;
  checksums: Record<string, string>;
};

/** The answer for one entry of a DeleteObjects request: `failure` is null where it was carried out. */
export type DeletionAnswer = { addedMarkerId: string | null; failure: Error | null };

/**
 * The calls that carry out and check a plan. Each sends one request and throws an S3CallError; none retries, so that
 * the code that proves guards sees every failure. There is no call that could remove an object version: adding a
 * delete marker takes no version ID, and removing one takes a marker that was proven to be one.
 */
export type S3Calls = {
  readVersioning(bucket: string): Promise<{ status: 'Enabled' | 'Suspended' | 'Off'; mfaDelete: boolean }>;
  listVersions(request: {
    bucket: string;
    prefix?: string;
    keyMarker?: string;
    versionIdMarker?: string;
    maxEntries?: number;
  }): Promise<VersionPage>;
  headObject(request: { bucket: string; key: string; versionId?: string }): Promise<HeadAnswer>;
  /** At most 1,000 entries; the answers are in the order of the entries. */
  addMarkers(
    bucket: string,
    entries: readonly { key: string; ifMatch: string | null }[],
  ): Promise<DeletionAnswer[]>;
  /** At most 1,000 markers; the answers are in the order of the markers. */
  removeMarkers(bucket: string, markers: readonly ProvenMarker[]): Promise<DeletionAnswer[]>;
  copyObject(request: CopyRequest): Promise<CopyAnswer>;
  readTags(version: VersionAddress): Promise<{ key: string; value: string }[]>;
  createUpload(request: UploadRequest): Promise<string>;
  /** Copies the bytes from `first` to `last`, both included, into a part. */
  copyPart(
    upload: UploadAddress,
    part: { partNumber: number; source: VersionAddress; sourceETag: string; first: number; last: number },
  ): Promise<UploadedPart>;
  listParts(upload: UploadAddress): Promise<UploadedPart[]>;
  completeUpload(
    upload: UploadAddress,
    parts: readonly UploadedPart[],
    condition: WriteCondition,
  ): Promise<CopyAnswer>;
  abortUpload(upload: UploadAddress): Promise<void>;
  /** The store's clock, from the last answer. */
  serverTime(): Date;
};
