import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Bucket as StoreBucket } from '../../sandbox/bucket.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { clientOf } from './client.ts';

const Bucket = 'data';
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
let sandbox: Sandbox;
let bucket: StoreBucket;

beforeEach(async () => {
  sandbox = await startSandbox();
  sandbox.clock.set('2026-01-01T00:00:00Z');
  bucket = sandbox.createBucket(Bucket, { versioning: 'Enabled' });
});
afterEach(() => sandbox.stop());

async function begin(Key: string, input: object = {}): Promise<string> {
  const upload = await clientOf(sandbox).send(new CreateMultipartUploadCommand({ Bucket, Key, ...input }));
  return upload.UploadId ?? '';
}

test('an upload has the time and the place of its initiation', async () => {
  const client = clientOf(sandbox);
  const UploadId = await begin('k', { Metadata: { a: '1' }, ChecksumAlgorithm: 'CRC32' });
  sandbox.clock.advance(600);
  bucket.put('k', { body: 'written meanwhile' });
  const bodies = [Buffer.alloc(5 * MIB, 'a'), Buffer.from('tail')];
  const Parts: { PartNumber: number; ETag: string | undefined; ChecksumCRC32: string | undefined }[] = [];
  for (const [index, Body] of bodies.entries()) {
    const PartNumber = index + 1;
    const part = await client.send(new UploadPartCommand({ Bucket, Key: 'k', UploadId, PartNumber, Body }));
    Parts.push({ PartNumber, ETag: part.ETag, ChecksumCRC32: part.ChecksumCRC32 });
  }
  const listed = await client.send(new ListPartsCommand({ Bucket, Key: 'k', UploadId, MaxParts: 1 }));
  expect([listed.Parts?.length, listed.IsTruncated]).toEqual([1, true]);
  const done = await client.send(
    new CompleteMultipartUploadCommand({ Bucket, Key: 'k', UploadId, MultipartUpload: { Parts } }),
  );
  expect(done.ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
  expect(done.ChecksumType).toBe('COMPOSITE');
  expect(
    bucket
      .stack('k')
      .map((entry) => entry.versionId)
      .at(-1),
  ).toBe(done.VersionId);
  const got = await client.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId: done.VersionId }));
  expect(got).toMatchObject({
    LastModified: new Date('2026-01-01T00:00:00Z'),
    ContentLength: 5 * MIB + 4,
    Metadata: { a: '1' },
  });
  expect((await got.Body?.transformToByteArray())?.length).toBe(5 * MIB + 4);
  const second = await client.send(
    new HeadObjectCommand({ Bucket, Key: 'k', VersionId: done.VersionId, PartNumber: 2 }),
  );
  expect([second.ContentLength, second.PartsCount]).toEqual([4, 2]);

  const copied = await client.send(
    new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `data/k?versionId=${done.VersionId}` }),
  );
  expect(copied.CopyObjectResult?.ETag).not.toContain('-');
});

test('an object of more than 5 GiB is copied by parts to the same data', async () => {
  const client = clientOf(sandbox);
  const huge = bucket.put('huge', { size: 12 * GIB + 7 });
  bucket.addDeleteMarker('huge');
  const CopySource = `data/huge?versionId=${huge.versionId}`;
  const UploadId = await begin('huge', { ChecksumAlgorithm: 'CRC64NVME' });
  const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
  for (let start = 0, PartNumber = 1; start < huge.content.size; start += 5 * GIB, PartNumber += 1) {
    const end = Math.min(start + 5 * GIB, huge.content.size);
    const { CopyPartResult } = await client.send(
      new UploadPartCopyCommand({
        Bucket,
        Key: 'huge',
        UploadId,
        PartNumber,
        CopySource,
        CopySourceRange: `bytes=${start}-${end - 1}`,
      }),
    );
    Parts.push({ PartNumber, ETag: CopyPartResult?.ETag });
  }
  const done = await client.send(
    new CompleteMultipartUploadCommand({ Bucket, Key: 'huge', UploadId, MultipartUpload: { Parts } }),
  );
  const top = bucket.current('huge');
  expect(top).toMatchObject({ versionId: done.VersionId, content: { size: 12 * GIB + 7 } });
  expect(top?.isDeleteMarker === false && top.content.identity).toBe(huge.content.identity);
  expect(done.ETag).toContain('-3');
});

test.each([
  ['a part is missing', [{ PartNumber: 9, ETag: '"x"' }], 'InvalidPart'],
  ['parts are out of order', [2, 1], 'InvalidPartOrder'],
  ['a part that is not the last is small', [1, 2], 'EntityTooSmall'],
] as const)('completion is refused where %s', async (_, parts, name) => {
  const client = clientOf(sandbox);
  const UploadId = await begin('k');
  const eTags = new Map<number, string | undefined>();
  for (const PartNumber of [1, 2]) {
    const part = await client.send(
      new UploadPartCommand({ Bucket, Key: 'k', UploadId, PartNumber, Body: 'x' }),
    );
    eTags.set(PartNumber, part.ETag);
  }
  const Parts = parts.map((part) =>
    typeof part === 'number' ? { PartNumber: part, ETag: eTags.get(part) } : part,
  );
  await expect(
    client.send(
      new CompleteMultipartUploadCommand({ Bucket, Key: 'k', UploadId, MultipartUpload: { Parts } }),
    ),
  ).rejects.toMatchObject({ name });
  expect(bucket.stack('k')).toEqual([]);
});

test('uploads under way are listed until they are aborted', async () => {
  const client = clientOf(sandbox);
  const ids = [await begin('a'), await begin('a'), await begin('b')];
  const page = await client.send(new ListMultipartUploadsCommand({ Bucket, MaxUploads: 2 }));
  expect(page.Uploads?.map((upload) => upload.UploadId)).toEqual(ids.slice(0, 2));
  const next = await client.send(
    new ListMultipartUploadsCommand({
      Bucket,
      KeyMarker: page.NextKeyMarker,
      UploadIdMarker: page.NextUploadIdMarker,
    }),
  );
  expect(next.Uploads?.map((upload) => upload.UploadId)).toEqual(ids.slice(2));
  await client.send(new AbortMultipartUploadCommand({ Bucket, Key: 'b', UploadId: ids[2] }));
  await expect(
    client.send(new ListPartsCommand({ Bucket, Key: 'b', UploadId: ids[2] })),
  ).rejects.toMatchObject({ name: 'NoSuchUpload' });
});
