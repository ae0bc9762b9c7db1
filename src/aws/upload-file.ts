import { open, readFile, stat } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { UploadCalls } from '../s3/upload-calls.ts';
import { asCallError } from './responses.ts';

/** Up to this size a file travels in one request; S3 takes 5 GiB ("Amazon S3 multipart upload limits"). */
const PART_BYTES = 64 * 1_048_576;
/** Of one upload (same page). */
const MAX_PARTS = 10_000;
const PART_ATTEMPTS = 5;

/** The call that brings a file to S3, over a client that does not retry. */
export function openUploadCalls(client: S3Client, partBytes = PART_BYTES): UploadCalls {
  return {
    async uploadFile(path, object) {
      try {
        const { size } = await stat(path);
        if (size <= partBytes) await uploadWhole(client, path, object);
        else await uploadParts(client, path, size, Math.max(partBytes, Math.ceil(size / MAX_PARTS)), object);
      } catch (error) {
        throw asCallError(error);
      }
    },
  };
}

type Target = Parameters<UploadCalls['uploadFile']>[1];

async function uploadWhole(client: S3Client, path: string, target: Target): Promise<void> {
  await client.send(
    new PutObjectCommand({
      Bucket: target.bucket,
      Key: target.key,
      Body: await readFile(path),
      ...(target.ifNoneMatch && { IfNoneMatch: '*' }),
    }),
  );
}

async function uploadParts(
  client: S3Client,
  path: string,
  size: number,
  partBytes: number,
  target: Target,
): Promise<void> {
  const place = { Bucket: target.bucket, Key: target.key };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(place));
  const file = await open(path, 'r');
  try {
    const parts: { PartNumber: number; ETag: string | undefined }[] = [];
    for (let start = 0; start < size; start += partBytes) {
      const length = Math.min(partBytes, size - start);
      const { buffer } = await file.read(Buffer.alloc(length), 0, length, start);
      const PartNumber = parts.length + 1;
      const command = new UploadPartCommand({ ...place, UploadId, PartNumber, Body: buffer });
      const { ETag } = await sendPart(() => client.send(command));
      parts.push({ PartNumber, ETag });
    }
    await client.send(
      new CompleteMultipartUploadCommand({
        ...place,
        UploadId,
        MultipartUpload: { Parts: parts },
        ...(target.ifNoneMatch && { IfNoneMatch: '*' }),
      }),
    );
  } catch (error) {
    // Lifecycle of the record bucket takes away what could not be aborted.
    await client.send(new AbortMultipartUploadCommand({ ...place, UploadId })).catch(() => {});
    throw error;
  } finally {
    await file.close();
  }
}

/** A part may be sent again; one that fails for good takes all parts before it along. */
async function sendPart<T>(send: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      if (attempt >= PART_ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200 * 2 ** attempt));
    }
  }
}
