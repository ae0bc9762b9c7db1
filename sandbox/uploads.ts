import type { Checksum, ChecksumAlgorithm } from './checksums.ts';
import type { Content } from './content.ts';
import type { ObjectAttributes } from './entries.ts';

export type UploadedPart = {
  readonly number: number;
  readonly content: Content;
  /** Without quotes. */
  readonly eTag: string;
  readonly lastModified: number;
  readonly checksum: Checksum;
};

/** A multipart upload under way. Its order and time are those of its initiation, and so are the object's. */
export type MultipartUpload = {
  readonly id: string;
  readonly key: string;
  readonly order: number;
  readonly initiated: number;
  readonly attributes: ObjectAttributes;
  readonly checksumAlgorithm: ChecksumAlgorithm;
  /** Whether it was begun with an algorithm, or S3 chose one. */
  readonly namesAlgorithm: boolean;
  readonly checksumType: Checksum['type'];
  readonly parts: Map<number, UploadedPart>;
};
