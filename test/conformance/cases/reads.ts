import {
  GetBucketVersioningCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import type { ConformanceCase } from '../case.ts';
import { xmlText } from '../exchange.ts';

const UNKNOWN_VERSION = 'UIORUnfndfhnw89493jJFJabcdefghij';

export const READ_CASES: readonly ConformanceCase[] = [
  {
    name: 'HEAD of a delete marker by version ID is 405 with x-amz-delete-marker',
    page: 'API_HeadObject',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k');
      const VersionId = await server.mark(Bucket, 'k');
      const { status, headers } = await server.exchange(
        new HeadObjectCommand({ Bucket, Key: 'k', VersionId }),
      );
      return [status, headers['x-amz-delete-marker']];
    },
    expected: [405, 'true'],
  },
  {
    name: 'HEAD of a delete marker by version ID tells its Last-Modified',
    page: 'API_HeadObject',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k');
      const VersionId = await server.mark(Bucket, 'k');
      const { headers } = await server.exchange(new HeadObjectCommand({ Bucket, Key: 'k', VersionId }));
      return Number.isNaN(Date.parse(headers['last-modified'] ?? ''));
    },
    expected: false,
  },
  {
    name: 'GET of a delete marker by version ID is 405 MethodNotAllowed',
    page: 'API_GetObject',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k');
      const VersionId = await server.mark(Bucket, 'k');
      return server.refusal(new GetObjectCommand({ Bucket, Key: 'k', VersionId }));
    },
    expected: [405, 'MethodNotAllowed'],
  },
  {
    name: 'HEAD of a key under a delete marker is 404 with x-amz-delete-marker and its version ID',
    page: 'API_HeadObject',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k');
      const marker = await server.mark(Bucket, 'k');
      const { status, headers } = await server.exchange(new HeadObjectCommand({ Bucket, Key: 'k' }));
      return [status, headers['x-amz-delete-marker'], headers['x-amz-version-id'] === marker];
    },
    expected: [404, 'true', true],
  },
  {
    name: 'HEAD of a key that never was is 404 without x-amz-delete-marker',
    page: 'API_HeadObject',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const { status, headers } = await server.exchange(new HeadObjectCommand({ Bucket, Key: 'k' }));
      return [status, headers['x-amz-delete-marker'] ?? 'absent'];
    },
    expected: [404, 'absent'],
  },
  {
    name: 'GET of a version under a delete marker answers its data',
    page: 'userguide/RetrievingObjectVersions',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const { VersionId } = await server.put(Bucket, 'k', 'old');
      await server.mark(Bucket, 'k');
      const answer = await server.exchange(new GetObjectCommand({ Bucket, Key: 'k', VersionId }));
      return [answer.status, answer.body, answer.headers['x-amz-version-id'] === VersionId];
    },
    expected: [200, 'old', true],
  },
  {
    name: 'GET of a text that is no version ID is 400 InvalidArgument',
    page: 'API_Error',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k');
      return server.refusal(new GetObjectCommand({ Bucket, Key: 'k', VersionId: 'no-version' }));
    },
    expected: [400, 'InvalidArgument'],
  },
  {
    name: 'GET of a version ID that does not exist is 404 NoSuchVersion',
    page: 'API_Error',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const { VersionId } = await server.put(Bucket, 'other');
      await server.put(Bucket, 'k');
      return server.refusal(new GetObjectCommand({ Bucket, Key: 'k', VersionId }));
    },
    expected: [404, 'NoSuchVersion'],
  },
  {
    name: 'a version ID that no bucket made is refused as 400 or 404',
    page: 'API_Error',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k');
      const { status } = await server.exchange(
        new GetObjectCommand({ Bucket, Key: 'k', VersionId: UNKNOWN_VERSION }),
      );
      return status === 400 || status === 404;
    },
    expected: true,
  },
  {
    name: 'GET of a range answers that range',
    page: 'API_GetObject',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k', '0123456789');
      const answer = await server.exchange(new GetObjectCommand({ Bucket, Key: 'k', Range: 'bytes=2-4' }));
      return [answer.status, answer.body, answer.headers['content-range']];
    },
    expected: [206, '234', 'bytes 2-4/10'],
  },
  {
    name: 'a checksum that came with an object is told when asked for',
    page: 'API_HeadObject',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k', 'hello', { ChecksumAlgorithm: 'CRC32' });
      const { headers } = await server.exchange(
        new HeadObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' }),
      );
      return headers['x-amz-checksum-crc32'];
    },
    expected: 'NhCmhg==',
  },
  {
    name: 'GetObjectAttributes tells ETag, size and class of a version',
    page: 'API_GetObjectAttributes',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const { VersionId } = await server.put(Bucket, 'k', 'hello');
      await server.put(Bucket, 'k', 'other');
      const { body } = await server.exchange(
        new GetObjectAttributesCommand({
          Bucket,
          Key: 'k',
          VersionId,
          ObjectAttributes: ['ETag', 'ObjectSize', 'StorageClass'],
        }),
      );
      return ['ETag', 'ObjectSize', 'StorageClass'].map((name) => xmlText(body, name));
    },
    expected: ['5d41402abc4b2a76b9719d911017c592', '5', 'STANDARD'],
  },
  {
    name: 'tagging a version changes it in place',
    page: 'userguide/object-tagging',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const { VersionId } = await server.put(Bucket, 'k', 'x', { Tagging: 'a=1' });
      await server.put(Bucket, 'k');
      const target = { Bucket, Key: 'k', VersionId };
      await server.client.send(
        new PutObjectTaggingCommand({ ...target, Tagging: { TagSet: [{ Key: 'b', Value: '2' }] } }),
      );
      const { TagSet } = await server.client.send(new GetObjectTaggingCommand(target));
      const { VersionId: current } = await server.client.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
      return [TagSet, current !== VersionId];
    },
    expected: [[{ Key: 'b', Value: '2' }], true],
  },
  {
    name: 'versioning that was never set has no status',
    page: 'API_GetBucketVersioning',
    run: async (server) => {
      const Bucket = await server.newBucket({ versioning: false });
      const { body } = await server.exchange(new GetBucketVersioningCommand({ Bucket }));
      return xmlText(body, 'Status') ?? 'none';
    },
    expected: 'none',
  },
  {
    name: 'an unsigned request is 403 AccessDenied',
    page: 'API_Error',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k');
      const answer = await fetch(`${server.endpoint}/${Bucket}/k`);
      return [answer.status, xmlText(await answer.text(), 'Code')];
    },
    expected: [403, 'AccessDenied'],
  },
  {
    name: 'a wrong secret is 403 SignatureDoesNotMatch',
    page: 'API_Error',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k');
      const client = server.clientWith({ secretAccessKey: 'wrong-secret' });
      return client.send(new GetObjectCommand({ Bucket, Key: 'k' })).then(
        () => 'answered',
        (error: Error) => error.name,
      );
    },
    expected: 'SignatureDoesNotMatch',
  },
  {
    name: 'a signature for another Region is 400 AuthorizationHeaderMalformed',
    page: 'API_Error',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const client = server.clientWith({ region: 'eu-west-1' });
      return client.send(new GetBucketVersioningCommand({ Bucket })).then(
        () => 'answered',
        (error: Error) => error.name,
      );
    },
    expected: 'AuthorizationHeaderMalformed',
  },
];
