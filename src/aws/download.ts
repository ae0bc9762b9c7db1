import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { RunbookError } from '../errors.ts';
import { toS3Failure } from './failure.ts';
import { withRetries } from './retries.ts';

const RETRIES = 6;
const FIRST_PAUSE_MS = 200;

/**
 * Brings an object to a local file, again from its beginning when the connection breaks.
 * @param onBytes told of every piece, with a negative number when an attempt is given up
 * @throws RunbookError INVENTORY_NOT_FOUND, ACCESS_DENIED, …
 */
export async function downloadObject(
  client: S3Client,
  source: { bucket: string; key: string },
  path: string,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const { bucket, key } = source;
  const subject = { bucket, doing: `Reading ${key} from`, permission: 's3:GetObject' };
  await mkdir(dirname(path), { recursive: true });
  const attempt = async () => {
    let received = 0;
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      if (!(Body instanceof Readable)) throw new TypeError('GetObject answered without a stream');
      Body.on('data', (chunk: Buffer) => {
        received += chunk.length;
        onBytes(chunk.length);
      });
      await pipeline(Body, createWriteStream(path));
    } catch (error) {
      onBytes(-received);
      if (error instanceof Error && error.name === 'NoSuchKey') throw notFound(bucket, key, error);
      throw toS3Failure(error, subject);
    }
  };
  await withRetries(attempt, { retries: RETRIES, firstPauseMs: FIRST_PAUSE_MS });
}

function notFound(bucket: string, key: string, cause: Error): RunbookError {
  return new RunbookError('INVENTORY_NOT_FOUND', `There is no object s3://${bucket}/${key}.`, {
    hint: `see what is there: aws s3 ls s3://${bucket}/${key.slice(0, key.lastIndexOf('/') + 1)}`,
    cause,
  });
}
