import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import type { ConformanceCase } from '../case.ts';
import type { ServerUnderTest } from '../server-under-test.ts';

const MIN_PART_BYTES = 5 * 1024 ** 2;
const Key = 'k';

type Parts = { PartNumber: number; ETag: string | undefined }[];

async function begin(
  server: ServerUnderTest,
  Bucket: string,
  input: Partial<CreateMultipartUploadCommandInput> = {},
): Promise<string> {
  const upload = await server.client.send(new CreateMultipartUploadCommand({ Bucket, Key, ...input }));
  return upload.UploadId ?? '';
}

async function upload(
  server: ServerUnderTest,
  Bucket: string,
  UploadId: string,
  bodies: Buffer[],
): Promise<Parts> {
  const parts: Parts = [];
  for (const [index, Body] of bodies.entries()) {
    const PartNumber = index + 1;
    const { ETag } = await server.client.send(
      new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }),
    );
    parts.push({ PartNumber, ETag });
  }
  return parts;
}

function completion(Bucket: string, UploadId: string, Parts: Parts): CompleteMultipartUploadCommand {
  return new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } });
}

const md5 = (data: Buffer) => createHash('md5').update(data).digest();
const LARGE = Buffer.alloc(MIN_PART_BYTES, 'a');
const TAIL = Buffer.from('tail');

export const MULTIPART_CASES: readonly ConformanceCase[] = [
  {
    name: 'the ETag of an upload is the MD5 of its MD5s and the number of parts',
    page: 'API_Object',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const UploadId = await begin(server, Bucket);
      const parts = await upload(server, Bucket, UploadId, [LARGE, TAIL]);
      await server.client.send(completion(Bucket, UploadId, parts));
      const { ETag } = await server.client.send(new HeadObjectCommand({ Bucket, Key }));
      return ETag;
    },
    expected: `"${md5(Buffer.concat([md5(LARGE), md5(TAIL)])).toString('hex')}-2"`,
  },
  {
    name: 'an upload has the Last-Modified of its initiation',
    page: 'userguide/mpuoverview',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const UploadId = await begin(server, Bucket);
      const initiated = Date.now();
      await sleep(2100);
      const parts = await upload(server, Bucket, UploadId, [TAIL]);
      await server.client.send(completion(Bucket, UploadId, parts));
      const { LastModified } = await server.client.send(new HeadObjectCommand({ Bucket, Key }));
      return (LastModified?.getTime() ?? Number.POSITIVE_INFINITY) <= initiated;
    },
    expected: true,
  },
  {
    name: 'an upload goes below what was written after its initiation',
    page: 'userguide/mpuoverview',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const UploadId = await begin(server, Bucket);
      const parts = await upload(server, Bucket, UploadId, [TAIL]);
      await sleep(1100);
      await server.put(Bucket, Key, 'written meanwhile');
      await server.client.send(completion(Bucket, UploadId, parts));
      return (await server.exchange(new GetObjectCommand({ Bucket, Key }))).body;
    },
    expected: 'written meanwhile',
  },
  {
    name: 'an upload has the headers, metadata and tags of its initiation',
    page: 'API_CreateMultipartUpload',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const UploadId = await begin(server, Bucket, {
        ContentType: 'text/csv',
        Metadata: { a: '1' },
        Tagging: 't=1',
      });
      const parts = await upload(server, Bucket, UploadId, [TAIL]);
      await server.client.send(completion(Bucket, UploadId, parts));
      const head = await server.client.send(new HeadObjectCommand({ Bucket, Key }));
      return [head.ContentType, head.Metadata];
    },
    expected: ['text/csv', { a: '1' }],
  },
  {
    name: 'an old version is copied over its key by parts to the same data',
    page: 'API_UploadPartCopy',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const { VersionId } = await server.put(Bucket, Key, LARGE.toString() + TAIL.toString());
      await server.put(Bucket, Key, 'new');
      const UploadId = await begin(server, Bucket);
      const CopySource = `${Bucket}/${Key}?versionId=${VersionId}`;
      const ranges = [`bytes=0-${MIN_PART_BYTES - 1}`, `bytes=${MIN_PART_BYTES}-${MIN_PART_BYTES + 3}`];
      const parts: Parts = [];
      for (const [index, CopySourceRange] of ranges.entries()) {
        const { CopyPartResult } = await server.client.send(
          new UploadPartCopyCommand({
            Bucket,
            Key,
            UploadId,
            PartNumber: index + 1,
            CopySource,
            CopySourceRange,
          }),
        );
        parts.push({ PartNumber: index + 1, ETag: CopyPartResult?.ETag });
      }
      await server.client.send(completion(Bucket, UploadId, parts));
      const { body } = await server.exchange(new GetObjectCommand({ Bucket, Key }));
      return body === LARGE.toString() + TAIL.toString();
    },
    expected: true,
  },
  {
    name: 'a part copy says which version it came from',
    page: 'API_UploadPartCopy',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const { VersionId } = await server.put(Bucket, Key);
      await server.put(Bucket, Key);
      const UploadId = await begin(server, Bucket);
      const CopySource = `${Bucket}/${Key}?versionId=${VersionId}`;
      const { CopySourceVersionId } = await server.client.send(
        new UploadPartCopyCommand({ Bucket, Key, UploadId, PartNumber: 1, CopySource }),
      );
      return CopySourceVersionId === VersionId;
    },
    expected: true,
  },
  {
    name: 'a range beyond the source of a part copy is 400 InvalidArgument',
    page: 'API_UploadPartCopy',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, Key, LARGE.toString() + TAIL.toString());
      const UploadId = await begin(server, Bucket);
      return server.refusal(
        new UploadPartCopyCommand({
          Bucket,
          Key,
          UploadId,
          PartNumber: 1,
          CopySource: `${Bucket}/${Key}`,
          CopySourceRange: `bytes=0-${MIN_PART_BYTES + 4}`,
        }),
      );
    },
    expected: [400, 'InvalidArgument'],
  },
  {
    name: 'a range of a source of no more than 5 MiB is 400 InvalidRequest',
    page: 'API_UploadPartCopy',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, Key, 'short');
      const UploadId = await begin(server, Bucket);
      const CopySource = `${Bucket}/${Key}`;
      return server.refusal(
        new UploadPartCopyCommand({
          Bucket,
          Key,
          UploadId,
          PartNumber: 1,
          CopySource,
          CopySourceRange: 'bytes=0-2',
        }),
      );
    },
    expected: [400, 'InvalidRequest'],
  },
  {
    name: 'a part copy of a delete marker by version ID is 400 InvalidRequest',
    page: 'API_UploadPartCopy',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, Key);
      const CopySource = `${Bucket}/${Key}?versionId=${await server.mark(Bucket, Key)}`;
      const UploadId = await begin(server, Bucket);
      return server.refusal(new UploadPartCopyCommand({ Bucket, Key, UploadId, PartNumber: 1, CopySource }));
    },
    expected: [400, 'InvalidRequest'],
  },
  {
    name: 'a part copy with another ETag at its source is 412',
    page: 'API_UploadPartCopy',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, Key);
      const UploadId = await begin(server, Bucket);
      const CopySource = `${Bucket}/${Key}`;
      const CopySourceIfMatch = '"00000000000000000000000000000000"';
      return server.refusal(
        new UploadPartCopyCommand({ Bucket, Key, UploadId, PartNumber: 1, CopySource, CopySourceIfMatch }),
      );
    },
    expected: [412, 'PreconditionFailed'],
  },
  {
    name: 'a completion that asks for no object is 412 where there is one, and leaves the upload',
    page: 'API_CompleteMultipartUpload',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, Key, 'first');
      const UploadId = await begin(server, Bucket);
      const Parts = await upload(server, Bucket, UploadId, [TAIL]);
      const target = { Bucket, Key, UploadId };
      const refusal = await server.refusal(
        new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts }, IfNoneMatch: '*' }),
      );
      const left = await server.client.send(new ListPartsCommand(target));
      return [...refusal, left.Parts?.length];
    },
    expected: [412, 'PreconditionFailed', 1],
  },
  {
    name: 'a completion with another ETag is 412',
    page: 'API_CompleteMultipartUpload',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, Key, 'first');
      const UploadId = await begin(server, Bucket);
      const Parts = await upload(server, Bucket, UploadId, [TAIL]);
      const IfMatch = '"00000000000000000000000000000000"';
      return server.refusal(
        new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, IfMatch }),
      );
    },
    expected: [412, 'PreconditionFailed'],
  },
  {
    name: 'a multipart object copied in one piece has a plain ETag',
    page: 'API_Object',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const UploadId = await begin(server, Bucket);
      const parts = await upload(server, Bucket, UploadId, [TAIL]);
      await server.client.send(completion(Bucket, UploadId, parts));
      const { CopyObjectResult } = await server.client.send(
        new CopyObjectCommand({ Bucket, Key: 'c', CopySource: `${Bucket}/${Key}` }),
      );
      return CopyObjectResult?.ETag;
    },
    expected: `"${md5(TAIL).toString('hex')}"`,
  },
  {
    name: 'a small part that is not the last is EntityTooSmall',
    page: 'API_CompleteMultipartUpload',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const UploadId = await begin(server, Bucket);
      const parts = await upload(server, Bucket, UploadId, [TAIL, TAIL]);
      return server.refusal(completion(Bucket, UploadId, parts));
    },
    expected: [400, 'EntityTooSmall'],
  },
  {
    name: 'parts out of order are InvalidPartOrder',
    page: 'API_CompleteMultipartUpload',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const UploadId = await begin(server, Bucket);
      const parts = await upload(server, Bucket, UploadId, [LARGE, TAIL]);
      return server.refusal(completion(Bucket, UploadId, parts.toReversed()));
    },
    expected: [400, 'InvalidPartOrder'],
  },
  {
    name: 'a part that was not uploaded is InvalidPart',
    page: 'API_CompleteMultipartUpload',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const UploadId = await begin(server, Bucket);
      const [part] = await upload(server, Bucket, UploadId, [TAIL]);
      return server.refusal(completion(Bucket, UploadId, [{ PartNumber: 2, ETag: part?.ETag }]));
    },
    expected: [400, 'InvalidPart'],
  },
  {
    name: 'an upload that was aborted is NoSuchUpload',
    page: 'API_AbortMultipartUpload',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const UploadId = await begin(server, Bucket);
      await server.client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
      return server.refusal(new ListPartsCommand({ Bucket, Key, UploadId }));
    },
    expected: [404, 'NoSuchUpload'],
  },
  {
    name: 'uploads under way and their parts are listed',
    page: 'API_ListMultipartUploads',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const UploadId = await begin(server, Bucket);
      await upload(server, Bucket, UploadId, [TAIL]);
      const { Uploads } = await server.client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: Key }));
      const { Parts } = await server.client.send(new ListPartsCommand({ Bucket, Key, UploadId }));
      return [
        Uploads?.map((listed) => listed.UploadId === UploadId),
        Parts?.map((part) => [part.PartNumber, part.Size]),
      ];
    },
    expected: [[true], [[1, TAIL.length]]],
  },
];
