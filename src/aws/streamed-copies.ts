import { GetObjectCommand, PutObjectCommand, type S3Client, UploadPartCommand } from '@aws-sdk/client-s3';
import { S3CallError } from '../s3/call-error.ts';
import { checksumsOf } from './checksums.ts';
import { encryptionOf, objectInput, passExpires, tagging } from './copy-input.ts';
import { headObject } from './head-object.ts';
import { asCallError } from './responses.ts';
import type { openS3Calls } from './s3-calls.ts';

type Calls = ReturnType<typeof openS3Calls>;

/**
 * Calls that copy between two stores that do not know each other: no store copies from another one, so the data goes
 * through this machine, as a stream. The rest of the calls go to the destination as they are.
 */
export function openStreamedCalls(
  source: { client: S3Client; calls: Calls },
  client: S3Client,
  calls: Calls,
): Calls {
  const read = async (
    version: { bucket: string; key: string; versionId: string },
    eTag: string,
    range?: string,
  ) => {
    const { bucket: Bucket, key: Key, versionId: VersionId } = version;
    const input = {
      Bucket,
      Key,
      VersionId,
      IfMatch: `"${eTag}"`,
      ...(range !== undefined && { Range: range }),
    };
    const output = await source.client.send(new GetObjectCommand(input));
    if (output.Body === undefined) throw new S3CallError('NoBody', 'S3 sent no data', { status: null });
    return { Body: output.Body, ContentLength: output.ContentLength };
  };
  return {
    ...calls,
    async copyObject(request) {
      try {
        const head = await headObject(source.client, request.source);
        if (head.kind !== 'version')
          throw new S3CallError('NoSuchVersion', 'the source is gone', { status: 404 });
        const tags = head.tagCount === 0 ? [] : await source.calls.readTags(request.source);
        const command = new PutObjectCommand({
          Bucket: request.bucket,
          Key: request.key,
          ...objectInput(head),
          ...(request.storageClass !== null && { StorageClass: request.storageClass as 'STANDARD' }),
          ...(tags.length > 0 && { Tagging: tagging(tags) }),
          ...encryptionOf(request.kmsKeyArn),
          ...(request.condition !== null && conditionOf(request.condition)),
          ...(await read(request.source, request.sourceETag)),
        });
        passExpires(command, head);
        const output = await client.send(command);
        return { versionId: output.VersionId ?? null, eTag: (output.ETag ?? '').replaceAll('"', '') };
      } catch (error) {
        throw asCallError(error);
      }
    },
    async copyPart(upload, part) {
      try {
        const range = `bytes=${part.first}-${part.last}`;
        const output = await client.send(
          new UploadPartCommand({
            Bucket: upload.bucket,
            Key: upload.key,
            UploadId: upload.uploadId,
            PartNumber: part.partNumber,
            ...(await read(part.source, part.sourceETag, range)),
          }),
        );
        return {
          partNumber: part.partNumber,
          eTag: (output.ETag ?? '').replaceAll('"', ''),
          size: part.last - part.first + 1,
          checksums: checksumsOf(output),
        };
      } catch (error) {
        throw asCallError(error);
      }
    },
  };
}

function conditionOf(condition: { ifMatch: string } | { ifNoneMatch: '*' }) {
  return 'ifMatch' in condition
    ? { IfMatch: `"${condition.ifMatch}"` }
    : { IfNoneMatch: condition.ifNoneMatch };
}
