import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectTaggingCommand,
  ListPartsCommand,
  type ObjectIdentifier,
  type S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { S3CallError } from '../s3/call-error.ts';
import { checksumsOf } from './checksums.ts';
import { copySource, createUploadCommand, encryptionOf, type UploadInput } from './copy-input.ts';
import { deleteObjects, entryName } from './delete-objects.ts';
import { headObject } from './head-object.ts';
import { listVersions } from './read-version-page.ts';
import { asCallError, watchServerName, watchServerTime } from './responses.ts';

type Version = { bucket: string; key: string; versionId: string };
type Upload = { bucket: string; key: string; uploadId: string };
type Condition = { ifMatch: string } | { ifNoneMatch: '*' } | null;
type Part = { partNumber: number; eTag: string; size: number | null; checksums: Record<string, string> };

/** Characters that XML 1.0 cannot carry: their keys take the single DeleteObject call (API_DeleteObjects). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
const BEYOND_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

/**
 * The calls of src/execute over an S3 client that does not retry. The client's stack is extended, so make one for
 * this purpose.
 */
export function openS3Calls(client: S3Client) {
  const serverTime = watchServerTime(client);
  const serverName = watchServerName(client);

  /**
   * MinIO keeps keys that end in a slash as folders, without versions: a delete removes the object for good, and a write
   * replaces it. Every request that adds a marker or a copy comes after one that looked at the key, so the store is known.
   */
  function versionsLost(key: string | undefined): S3CallError | null {
    if (key?.endsWith('/') !== true || !/^minio\b/i.test(serverName())) return null;
    const message =
      'MinIO keeps no versions of keys that end in a slash; the request would lose the object for good';
    return new S3CallError('NoVersionsKept', message, { status: null });
  }

  /** A write over an object that is current. @throws S3CallError NoVersionsKept */
  function assertKept(key: string, condition: Condition): void {
    const loss = versionsLost(key);
    if (loss !== null && condition !== null && 'ifMatch' in condition) throw loss;
  }

  /** Sends one request. @throws S3CallError */
  async function send<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      throw asCallError(error);
    }
  }

  async function deleteEntries(bucket: string, entries: readonly ObjectIdentifier[]) {
    const kept = ({ Key, VersionId }: ObjectIdentifier) =>
      VersionId !== undefined || versionsLost(Key) === null;
    const inXml = entries.filter((entry) => !BEYOND_XML.test(entry.Key ?? '') && kept(entry));
    const answers = inXml.length === 0 ? null : await send(() => deleteObjects(client, bucket, inXml));
    return await Promise.all(
      entries.map((entry) => {
        if (!kept(entry)) return { addedMarkerId: null, failure: versionsLost(entry.Key) };
        if (BEYOND_XML.test(entry.Key ?? '')) return deleteOne(bucket, entry);
        const name = entryName(entry.Key, entry.VersionId);
        const error = answers?.failed.get(name);
        const answer = answers?.deleted.get(name);
        if (error === undefined && answer !== undefined) return { ...answer, failure: null };
        const { code, message } = error ?? { code: 'NoAnswer', message: 'S3 did not answer for the key' };
        return { addedMarkerId: null, failure: new S3CallError(code, message, { status: null }) };
      }),
    );
  }

  async function deleteOne(bucket: string, { Key, VersionId, ETag }: ObjectIdentifier) {
    try {
      const input = { Bucket: bucket, Key, ...(VersionId && { VersionId }), ...(ETag && { IfMatch: ETag }) };
      const output = await client.send(new DeleteObjectCommand(input));
      return { addedMarkerId: output.VersionId ?? null, failure: null };
    } catch (error) {
      const failure = asCallError(error);
      if (!(failure instanceof S3CallError)) throw failure;
      return { addedMarkerId: null, failure };
    }
  }

  return {
    serverTime,
    headObject: (request: { bucket: string; key: string; versionId?: string }) =>
      send(() => headObject(client, request)),
    listVersions: (request: Parameters<typeof listVersions>[1]) => send(() => listVersions(client, request)),

    async readVersioning(bucket: string) {
      const output = await send(() => client.send(new GetBucketVersioningCommand({ Bucket: bucket })));
      return { status: output.Status ?? ('Off' as const), mfaDelete: output.MFADelete === 'Enabled' };
    },

    addMarkers: (bucket: string, entries: readonly { key: string; ifMatch: string | null }[]) =>
      deleteEntries(
        bucket,
        entries.map(({ key, ifMatch }) => ({ Key: key, ...(ifMatch && { ETag: quoted(ifMatch) }) })),
      ),

    removeMarkers(bucket: string, markers: readonly { key: string; versionId: string }[]) {
      // An empty version ID would add a marker instead; the type of the caller rules it out, this makes it sure.
      if (markers.some(({ versionId }) => versionId === ''))
        throw new TypeError('a removal names a version ID');
      return deleteEntries(
        bucket,
        markers.map(({ key, versionId }) => ({ Key: key, VersionId: versionId })),
      );
    },

    async copyObject(request: {
      source: Version;
      sourceETag: string;
      websiteRedirect: string | null;
      storageClass: string | null;
      kmsKeyArn: string | null;
      bucket: string;
      key: string;
      condition: Condition;
    }) {
      const { websiteRedirect, storageClass } = request;
      assertKept(request.key, request.condition);
      const output = await send(() =>
        client.send(
          new CopyObjectCommand({
            Bucket: request.bucket,
            Key: request.key,
            CopySource: copySource(request.source),
            CopySourceIfMatch: quoted(request.sourceETag),
            MetadataDirective: 'COPY',
            TaggingDirective: 'COPY',
            ...(websiteRedirect !== null && { WebsiteRedirectLocation: websiteRedirect }),
            ...(storageClass !== null && { StorageClass: storageClass as 'STANDARD' }),
            ...encryptionOf(request.kmsKeyArn),
            ...conditionOf(request.condition),
          }),
        ),
      );
      return { versionId: output.VersionId ?? null, eTag: unquoted(output.CopyObjectResult?.ETag) };
    },

    async readTags({ bucket, key, versionId }: Version) {
      const output = await send(() =>
        client.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: key, VersionId: versionId })),
      );
      return (output.TagSet ?? []).map(({ Key = '', Value = '' }) => ({ key: Key, value: Value }));
    },

    async createUpload(request: UploadInput) {
      const output = await send(() => client.send(createUploadCommand(request)));
      if (output.UploadId === undefined)
        throw new S3CallError('NoUploadId', 'S3 gave no upload ID', { status: null });
      return output.UploadId;
    },

    async copyPart(
      upload: Upload,
      part: { partNumber: number; source: Version; sourceETag: string; first: number; last: number },
    ): Promise<Part> {
      const output = await send(() =>
        client.send(
          new UploadPartCopyCommand({
            ...uploadInput(upload),
            PartNumber: part.partNumber,
            CopySource: copySource(part.source),
            CopySourceIfMatch: quoted(part.sourceETag),
            CopySourceRange: `bytes=${part.first}-${part.last}`,
          }),
        ),
      );
      const result = output.CopyPartResult ?? {};
      return {
        partNumber: part.partNumber,
        eTag: unquoted(result.ETag),
        size: part.last - part.first + 1,
        checksums: checksumsOf(result),
      };
    },

    async listParts(upload: Upload): Promise<Part[]> {
      const parts: Part[] = [];
      let marker: string | undefined;
      do {
        const input = { ...uploadInput(upload), ...(marker !== undefined && { PartNumberMarker: marker }) };
        const output = await send(() => client.send(new ListPartsCommand(input)));
        for (const part of output.Parts ?? []) {
          const { PartNumber: partNumber = 0, Size: size = null } = part;
          parts.push({ partNumber, eTag: unquoted(part.ETag), size, checksums: checksumsOf(part) });
        }
        const next = output.IsTruncated ? output.NextPartNumberMarker : undefined;
        marker = next === marker ? undefined : next;
      } while (marker !== undefined);
      return parts;
    },

    async completeUpload(upload: Upload, parts: readonly Part[], condition: Condition) {
      assertKept(upload.key, condition);
      const named = parts.map(({ partNumber, eTag, checksums }) => ({
        PartNumber: partNumber,
        ETag: quoted(eTag),
        ...Object.fromEntries(Object.entries(checksums).map(([name, value]) => [`Checksum${name}`, value])),
      }));
      const output = await send(() =>
        client.send(
          new CompleteMultipartUploadCommand({
            ...uploadInput(upload),
            MultipartUpload: { Parts: named },
            ...conditionOf(condition),
          }),
        ),
      );
      return { versionId: output.VersionId ?? null, eTag: unquoted(output.ETag) };
    },

    async abortUpload(upload: Upload) {
      await send(() => client.send(new AbortMultipartUploadCommand(uploadInput(upload))));
    },
  };
}

function uploadInput({ bucket, key, uploadId }: Upload) {
  return { Bucket: bucket, Key: key, UploadId: uploadId };
}

function conditionOf(condition: Condition): { IfMatch?: string; IfNoneMatch?: string } {
  if (condition === null) return {};
  return 'ifMatch' in condition
    ? { IfMatch: quoted(condition.ifMatch) }
    : { IfNoneMatch: condition.ifNoneMatch };
}

function quoted(eTag: string): string {
  return `"${eTag}"`;
}

function unquoted(eTag: string | undefined): string {
  return (eTag ?? '').replace(/^"(.*)"$/, '$1');
}
