import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { S3CallError } from '../s3/call-error.ts';
import { decodeListedKey } from '../s3/listed-key.ts';
import type { ObjectCalls } from '../s3/object-calls.ts';
import { asCallError, watchServerTime } from './responses.ts';

/** The calls to the files of a record, over an S3 client that does not retry; its stack is extended. */
export function openObjectCalls(client: S3Client): ObjectCalls {
  const serverTime = watchServerTime(client);

  async function get(request: Parameters<ObjectCalls['readObject']>[0]) {
    const { bucket, key, versionId, range } = request;
    const output = await client.send(
      new GetObjectCommand({
        Bucket: bucket,
        Key: key,
        ...(versionId !== undefined && { VersionId: versionId }),
        ...(range !== undefined && { Range: `bytes=${range.start}-${range.end - 1}` }),
      }),
    );
    if (output.Body === undefined) throw new S3CallError('NoBody', 'S3 sent no data', { status: null });
    return { output, body: output.Body };
  }

  return {
    serverTime,
    async readObject(request) {
      try {
        const { output, body } = await get(request);
        const bytes = Buffer.from(await body.transformToByteArray());
        const total = /\/(\d+)$/.exec(output.ContentRange ?? '')?.[1];
        return {
          bytes,
          objectBytes: total === undefined ? bytes.length : Number(total),
          eTag: unquoted(output.ETag),
          versionId: output.VersionId ?? null,
        };
      } catch (error) {
        throw asCallError(error);
      }
    },
    async streamObject(request) {
      try {
        const { body } = await get(request);
        return body as unknown as AsyncIterable<Uint8Array>;
      } catch (error) {
        throw asCallError(error);
      }
    },
    async *listKeys(bucket, prefix) {
      let token: string | undefined;
      do {
        const command = new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          EncodingType: 'url',
          ...(token !== undefined && { ContinuationToken: token }),
        });
        const output = await client.send(command).catch((error) => {
          throw asCallError(error);
        });
        for (const { Key = '' } of output.Contents ?? []) {
          yield output.EncodingType === 'url' ? decodeListedKey(Key) : Key;
        }
        const next = output.IsTruncated ? output.NextContinuationToken : undefined;
        if (next !== undefined && next === token)
          throw new S3CallError('ListingStandsStill', 'the listing does not move on', { status: null });
        token = next;
      } while (token !== undefined);
    },
    async listFolders(bucket, prefix) {
      const folders: string[] = [];
      let token: string | undefined;
      do {
        const command = new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          Delimiter: '/',
          ...(token !== undefined && { ContinuationToken: token }),
        });
        const output = await client.send(command).catch((error) => {
          throw asCallError(error);
        });
        folders.push(...(output.CommonPrefixes ?? []).map(({ Prefix = '' }) => Prefix));
        token = output.IsTruncated ? output.NextContinuationToken : undefined;
      } while (token !== undefined);
      return folders;
    },
    async writeObject({ bucket, key, body, condition }) {
      try {
        const output = await client.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: key,
            Body: body,
            ...(condition !== null && 'ifMatch' in condition && { IfMatch: `"${condition.ifMatch}"` }),
            ...(condition !== null && 'ifNoneMatch' in condition && { IfNoneMatch: condition.ifNoneMatch }),
          }),
        );
        return { eTag: unquoted(output.ETag), versionId: output.VersionId ?? null };
      } catch (error) {
        throw asCallError(error);
      }
    },
  };
}

function unquoted(eTag: string | undefined): string {
  return (eTag ?? '').replace(/^"(.*)"$/, '$1');
}
