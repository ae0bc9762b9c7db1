import { HeadObjectCommand, type HeadObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { ARCHIVE_KINDS } from '../s3/restore.ts';
import type { HeadAnswer, ObjectHead } from '../s3/version-entry.ts';
import { checksumsOf } from './checksums.ts';
import { headersOf, statusOf } from './responses.ts';

/** A restored copy that can be read now (API_HeadObject, x-amz-restore). */
const RESTORED = /ongoing-request="false"/;
const RESTORING = /ongoing-request="true"/;

/**
 * HEADs a key or one of its versions. A delete marker answers with an error: 404 where it is current, 405 where it is
 * named by its version ID, both with `x-amz-delete-marker: true` ("Working with delete markers").
 */
export async function headObject(
  client: S3Client,
  request: { bucket: string; key: string; versionId?: string },
): Promise<HeadAnswer> {
  const { bucket, key, versionId } = request;
  try {
    const command = new HeadObjectCommand({
      Bucket: bucket,
      Key: key,
      ChecksumMode: 'ENABLED',
      ...(versionId !== undefined && { VersionId: versionId }),
    });
    return describe(await client.send(command));
  } catch (error) {
    const headers = headersOf(error);
    const status = statusOf(error);
    const isMarker = headers['x-amz-delete-marker'] === 'true';
    if (isMarker && (status === 404 || status === 405)) {
      return { kind: 'marker', versionId: headers['x-amz-version-id'] ?? versionId ?? null };
    }
    if (status === 404) return { kind: 'absent' };
    throw error;
  }
}

function describe(output: HeadObjectCommandOutput): ObjectHead {
  const storageClass = output.StorageClass ?? 'STANDARD';
  const archive = ARCHIVE_KINDS.find((kind) => kind === (output.ArchiveStatus ?? storageClass)) ?? null;
  return {
    kind: 'version',
    versionId: output.VersionId ?? null,
    eTag: (output.ETag ?? '').replace(/^"(.*)"$/, '$1'),
    size: output.ContentLength ?? 0,
    storageClass,
    lastModified: output.LastModified ?? new Date(0),
    isReadable: archive === null || RESTORED.test(output.Restore ?? ''),
    archive,
    isRestoring: RESTORING.test(output.Restore ?? ''),
    isEncryptedWithKms: output.ServerSideEncryption?.startsWith('aws:kms') ?? false,
    websiteRedirect: output.WebsiteRedirectLocation ?? null,
    headers: contentHeaders(output),
    metadata: output.Metadata ?? {},
    tagCount: output.TagCount ?? 0,
    checksumType: output.ChecksumType ?? null,
    checksums: checksumsOf(output),
  };
}

function contentHeaders(output: HeadObjectCommandOutput): Record<string, string> {
  const named: Record<string, string | undefined> = {
    'content-type': output.ContentType,
    'content-encoding': output.ContentEncoding,
    'content-language': output.ContentLanguage,
    'content-disposition': output.ContentDisposition,
    'cache-control': output.CacheControl,
    expires: output.ExpiresString,
  };
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(named)) if (value !== undefined) headers[name] = value;
  return headers;
}
