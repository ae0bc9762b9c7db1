import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import { RunbookError } from '../errors.ts';
import { toS3Failure } from './failure.ts';
import { withRetries } from './retries.ts';

const RETRIES = 6;
const FIRST_PAUSE_MS = 200;
/** Copies at a time: S3 does the work, so that more would only be throttled. */
const COPIES_AT_A_TIME = 16;

type Place = { bucket: string; key: string };
type Part = { sources: readonly { url: string; bytes: number }[]; bytes: number };

/** `s3://bucket/key` in two; the key is taken as it stands. */
export function parseObjectUrl(url: string): Place {
  const match = /^s3:\/\/([^/]+)\/(.*)$/s.exec(url);
  if (match === null) throw new TypeError(`${url} is no s3:// URL`);
  return { bucket: match[1] ?? '', key: match[2] ?? '' };
}

/** Objects of the record and of inventories, over a client that does not retry: this does. All throw RunbookError. */
export function openRecordObjects(client: S3Client) {
  async function send<T>(
    { bucket, key }: Place,
    doing: string,
    permission: string,
    request: () => Promise<T>,
  ): Promise<T> {
    const attempt = async () => {
      try {
        return await request();
      } catch (error) {
        if (error instanceof Error && (error.name === 'NoSuchKey' || isMissingHead(error))) {
          throw new RunbookError('INVENTORY_NOT_FOUND', `There is no object s3://${bucket}/${key}.`, {
            hint: `see what is there: aws s3 ls s3://${bucket}/${key.slice(0, key.lastIndexOf('/') + 1)}`,
            cause: error,
          });
        }
        throw toS3Failure(error, { bucket, doing: `${doing} ${key} in`, permission });
      }
    };
    return await withRetries(attempt, { retries: RETRIES, firstPauseMs: FIRST_PAUSE_MS });
  }

  async function read(url: string): Promise<Buffer> {
    const place = parseObjectUrl(url);
    return send(place, 'Reading', 's3:GetObject', async () => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: place.bucket, Key: place.key }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    });
  }

  async function sendPart(
    target: Place,
    uploadId: string,
    number: number,
    part: Part,
  ): Promise<CompletedPart> {
    const upload = { Bucket: target.bucket, Key: target.key, UploadId: uploadId, PartNumber: number };
    const [only, ...others] = part.sources;
    if (only === undefined) throw new TypeError('a part has a source');
    if (others.length === 0) {
      const source = parseObjectUrl(only.url);
      const CopySource = `${source.bucket}/${source.key.split('/').map(encodeURIComponent).join('/')}`;
      const { CopyPartResult } = await send(target, 'Putting together', 's3:PutObject', () =>
        client.send(new UploadPartCopyCommand({ ...upload, CopySource })),
      );
      return completed(number, CopyPartResult);
    }
    const Body = Buffer.concat(await Promise.all(part.sources.map(({ url }) => read(url))));
    const answer = await send(target, 'Putting together', 's3:PutObject', () =>
      client.send(new UploadPartCommand({ ...upload, Body, ChecksumAlgorithm: 'SHA256' })),
    );
    return completed(number, answer);
  }

  /** What an interrupted plan left is taken for ours where it has the same parts. @throws RunbookError RECORD_EXISTS */
  async function assertSameParts(target: Place, checksums: readonly string[], uploadId: string) {
    const object = { Bucket: target.bucket, Key: target.key };
    await client.send(new AbortMultipartUploadCommand({ ...object, UploadId: uploadId })).catch(() => {});
    const { ChecksumSHA256 } = await send(target, 'Looking at', 's3:GetObject', () =>
      client.send(new HeadObjectCommand({ ...object, ChecksumMode: 'ENABLED' })),
    );
    if (ChecksumSHA256 === checksumOfParts(checksums)) return;
    throw new RunbookError(
      'RECORD_EXISTS',
      `s3://${target.bucket}/${target.key} is there with other content.`,
      {
        hint: 'go on with the record that is there, or plan again with a newer inventory',
      },
    );
  }

  return {
    read,
    async head(url: string): Promise<{ bytes: number; eTag: string | null } | null> {
      const place = parseObjectUrl(url);
      try {
        const found = await send(place, 'Looking at', 's3:GetObject', () =>
          client.send(new HeadObjectCommand({ Bucket: place.bucket, Key: place.key })),
        );
        return { bytes: found.ContentLength ?? 0, eTag: found.ETag ?? null };
      } catch (error) {
        if (error instanceof RunbookError && error.code === 'INVENTORY_NOT_FOUND') return null;
        throw error;
      }
    },
    /** Every object below a prefix that is `s3://bucket/prefix/`. */
    async list(prefix: string): Promise<{ url: string; bytes: number }[]> {
      const place = parseObjectUrl(prefix);
      const found: { url: string; bytes: number }[] = [];
      let token: string | undefined;
      do {
        const page = await send(place, 'Listing', 's3:ListBucket', () =>
          client.send(
            new ListObjectsV2Command({
              Bucket: place.bucket,
              Prefix: place.key,
              ...(token === undefined ? {} : { ContinuationToken: token }),
            }),
          ),
        );
        for (const { Key = '', Size = 0 } of page.Contents ?? []) {
          found.push({ url: `s3://${place.bucket}/${Key}`, bytes: Size });
        }
        token = page.NextContinuationToken;
      } while (token !== undefined);
      return found;
    },
    /** @returns false when `once` was asked for and the object was there already */
    async write(url: string, body: Buffer, options: { once: boolean }): Promise<boolean> {
      const place = parseObjectUrl(url);
      const object = { Bucket: place.bucket, Key: place.key, Body: body };
      const once = options.once ? { IfNoneMatch: '*' } : {};
      return send(place, 'Writing', 's3:PutObject', () =>
        unlessThere(() => client.send(new PutObjectCommand({ ...object, ...once }))),
      );
    },
    /** Puts an object together from others. @returns the SHA-256 of each part, base64, in order */
    async assemble(url: string, parts: readonly Part[]): Promise<string[]> {
      const target = parseObjectUrl(url);
      const object = { Bucket: target.bucket, Key: target.key };
      const { UploadId } = await send(target, 'Putting together', 's3:PutObject', () =>
        client.send(
          new CreateMultipartUploadCommand({
            ...object,
            ChecksumAlgorithm: 'SHA256',
            ChecksumType: 'COMPOSITE',
            ContentType: 'text/csv',
          }),
        ),
      );
      if (UploadId === undefined) throw new TypeError('CreateMultipartUpload answered without an ID');
      try {
        const limit = pLimit(COPIES_AT_A_TIME);
        const done = await Promise.all(
          parts.map((part, index) => limit(() => sendPart(target, UploadId, index + 1, part))),
        );
        const checksums = done.map(({ ChecksumSHA256 }) => ChecksumSHA256 ?? '');
        // Written once, as the policy of the record bucket asks for.
        const complete = { ...object, UploadId, MultipartUpload: { Parts: done }, IfNoneMatch: '*' };
        const isWritten = await send(target, 'Putting together', 's3:PutObject', () =>
          unlessThere(() => client.send(new CompleteMultipartUploadCommand(complete))),
        );
        if (!isWritten) await assertSameParts(target, checksums, UploadId);
        return checksums;
      } catch (error) {
        // What was sent already would be kept, and billed, for ever.
        await client.send(new AbortMultipartUploadCommand({ ...object, UploadId })).catch(() => {});
        throw error;
      }
    },
  };
}

/** @returns false where the object is there already */
async function unlessThere(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'PreconditionFailed') return false;
    throw error;
  }
}

/** The composite checksum of an object, from those of its parts ("Checking object integrity", S3 User Guide). */
function checksumOfParts(checksums: readonly string[]): string {
  const hash = createHash('sha256');
  for (const checksum of checksums) hash.update(Buffer.from(checksum, 'base64'));
  return `${hash.digest('base64')}-${checksums.length}`;
}

function isMissingHead(error: Error): boolean {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return error.name === 'NotFound' && status === 404;
}

function completed(
  number: number,
  answer: { ETag?: string | undefined; ChecksumSHA256?: string | undefined } | undefined,
): CompletedPart {
  if (answer?.ETag === undefined || answer.ChecksumSHA256 === undefined) {
    throw new RunbookError('S3_FAILED', `Part ${number} came back without its SHA-256.`, {
      hint: 'the record bucket has to be on Amazon S3, which computes it; run the same command again',
    });
  }
  return { PartNumber: number, ETag: answer.ETag, ChecksumSHA256: answer.ChecksumSHA256 };
}
