import {
  type ChecksumAlgorithm,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadRequest,
  type PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { ObjectHead } from '../s3/version-entry.ts';

type Version = { bucket: string; key: string; versionId: string };

export type UploadInput = {
  bucket: string;
  key: string;
  source: ObjectHead;
  tags: readonly { key: string; value: string }[];
  storageClass: string | null;
  kmsKeyArn: string | null;
};

/** Algorithms whose checksums can be put together from parts ("Checking object integrity", full object checksums). */
const FULL_OBJECT_ALGORITHMS = ['CRC64NVME', 'CRC32', 'CRC32C'];

/** The header `x-amz-copy-source`: every version is named, for without an ID S3 would take the current one. */
export function copySource({ bucket, key, versionId }: Version): string {
  if (versionId === '') throw new TypeError('a copy names the version of its source');
  const path = key.split('/').map(encodeURIComponent).join('/');
  return `${bucket}/${path}?versionId=${encodeURIComponent(versionId)}`;
}

export function encryptionOf(kmsKeyArn: string | null) {
  return kmsKeyArn === null ? {} : { ServerSideEncryption: 'aws:kms' as const, SSEKMSKeyId: kmsKeyArn };
}

/** CreateMultipartUpload with all that CopyObject would have kept by itself: a copy by parts takes nothing along. */
export function createUploadCommand(request: UploadInput): CreateMultipartUploadCommand {
  const { source, tags } = request;
  const command = new CreateMultipartUploadCommand({
    Bucket: request.bucket,
    Key: request.key,
    ...objectInput(source),
    ...named('StorageClass', (request.storageClass ?? undefined) as 'STANDARD' | undefined),
    ...named('Tagging', tags.length === 0 ? undefined : tagging(tags)),
    ...checksumInput(source),
    ...encryptionOf(request.kmsKeyArn),
  });
  passExpires(command, source);
  return command;
}

/** What an object is written with so that it is described like another one. */
export function objectInput({ headers, metadata, websiteRedirect }: ObjectHead) {
  return {
    Metadata: metadata,
    ...named('ContentType', headers['content-type']),
    ...named('ContentEncoding', headers['content-encoding']),
    ...named('ContentLanguage', headers['content-language']),
    ...named('ContentDisposition', headers['content-disposition']),
    ...named('CacheControl', headers['cache-control']),
    ...named('WebsiteRedirectLocation', websiteRedirect ?? undefined),
  };
}

/** Sends the Expires header as it was: the SDK takes a date alone, S3 keeps whatever text it was given. */
export function passExpires(
  command: CreateMultipartUploadCommand | PutObjectCommand,
  { headers: { expires } }: ObjectHead,
): void {
  if (expires === undefined) return;
  // Both commands take the same middleware; their types just do not say so together.
  const stack = command.middlewareStack as CreateMultipartUploadCommand['middlewareStack'];
  stack.add(
    (next) => (args) => {
      (args.request as { headers: Record<string, string> }).headers.expires = expires;
      return next(args);
    },
    { step: 'build', name: 'passExpires' },
  );
}

function named<K extends string, V>(name: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [key in K]: V });
}

export function tagging(tags: UploadInput['tags']): string {
  return tags.map(({ key, value }) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join('&');
}

/** The source's algorithm; over the whole object where that can be, as the source's checksum then stays the same. */
function checksumInput({ checksums, checksumType }: ObjectHead): Partial<CreateMultipartUploadRequest> {
  const [algorithm] = Object.keys(checksums);
  if (algorithm === undefined) return {};
  const isWhole = checksumType !== 'COMPOSITE' && FULL_OBJECT_ALGORITHMS.includes(algorithm);
  return {
    ChecksumAlgorithm: algorithm as ChecksumAlgorithm,
    ChecksumType: isWhole ? 'FULL_OBJECT' : 'COMPOSITE',
  };
}
