import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { ConformanceCase } from '../case.ts';
import { withHeaders } from '../exchange.ts';

const MS_PER_DAY = 86_400_000;

/** A command without the digest that the SDK puts beside its body. */
function withoutDigest<T extends { middlewareStack: unknown }>(command: T): T {
  return withHeaders(command, (headers) => {
    for (const name of Object.keys(headers)) {
      if (/^(content-md5|x-amz-(sdk-)?checksum-.*)$/i.test(name)) delete headers[name];
    }
  });
}

export const INTEGRITY_CASES: readonly ConformanceCase[] = [
  {
    name: 'DeleteObjects without a digest of its body is 400 InvalidRequest',
    page: 'API_DeleteObjects',
    run: async (server) => {
      const Bucket = await server.newBucket();
      return server.refusal(
        withoutDigest(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'k' }] } })),
      );
    },
    expected: [400, 'InvalidRequest'],
  },
  {
    name: 'DeleteObjects with another checksum than its body’s is 400, and deletes nothing',
    page: 'API_Error',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k');
      const { status } = await server.exchange(
        withHeaders(
          new DeleteObjectsCommand({
            Bucket,
            ChecksumAlgorithm: 'CRC32',
            Delete: { Objects: [{ Key: 'k' }] },
          }),
          (headers) => {
            headers['x-amz-checksum-crc32'] = 'AAAAAA==';
          },
        ),
      );
      return [status, (await server.exchange(new GetObjectCommand({ Bucket, Key: 'k' }))).status];
    },
    expected: [400, 200],
  },
  {
    name: 'an upload with retention and without a digest is 400 InvalidRequest',
    page: 'API_PutObject',
    run: async (server) => {
      const Bucket = await server.newBucket({ objectLock: true });
      return server.refusal(
        withoutDigest(
          new PutObjectCommand({
            Bucket,
            Key: 'k',
            Body: 'x',
            ObjectLockMode: 'GOVERNANCE',
            ObjectLockRetainUntilDate: new Date(Date.now() + MS_PER_DAY),
          }),
        ),
      );
    },
    expected: [400, 'InvalidRequest'],
  },
  {
    name: 'PutObjectRetention without a digest of its body is 400 InvalidRequest',
    page: 'API_PutObjectRetention',
    run: async (server) => {
      const Bucket = await server.newBucket({ objectLock: true });
      await server.put(Bucket, 'k');
      const Retention = { Mode: 'GOVERNANCE' as const, RetainUntilDate: new Date(Date.now() + MS_PER_DAY) };
      return server.refusal(withoutDigest(new PutObjectRetentionCommand({ Bucket, Key: 'k', Retention })));
    },
    expected: [400, 'InvalidRequest'],
  },
  {
    name: 'an upload of composite checksums is completed with those of its parts alone',
    page: 'userguide/checking-object-integrity-upload',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const { UploadId } = await server.client.send(
        new CreateMultipartUploadCommand({ Bucket, Key: 'k', ChecksumAlgorithm: 'SHA256' }),
      );
      const target = { Bucket, Key: 'k', UploadId };
      const { ETag, ChecksumSHA256 } = await server.client.send(
        new UploadPartCommand({ ...target, PartNumber: 1, Body: 'x', ChecksumAlgorithm: 'SHA256' }),
      );
      const complete = (Parts: { PartNumber: number; ETag?: string; ChecksumSHA256?: string }[]) =>
        new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts } });
      const part = { PartNumber: 1, ...(ETag !== undefined && { ETag }) };
      const refusal = await server.refusal(complete([part]));
      const { status } = await server.exchange(
        complete([{ ...part, ...(ChecksumSHA256 !== undefined && { ChecksumSHA256 }) }]),
      );
      return [...refusal, status];
    },
    expected: [400, 'InvalidRequest', 200],
  },
];
