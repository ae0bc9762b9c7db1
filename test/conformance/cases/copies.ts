import {
  CopyObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
} from '@aws-sdk/client-s3';
import type { ConformanceCase } from '../case.ts';

const EXPIRES = new Date('2030-01-01T00:00:00Z');

export const COPY_CASES: readonly ConformanceCase[] = [
  {
    name: 'an old version copied over its key is current, with its data, and says where it came from',
    page: 'userguide/RestoringPreviousVersions',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const { VersionId } = await server.put(Bucket, 'k', 'old');
      await server.put(Bucket, 'k', 'new');
      const { headers } = await server.exchange(
        new CopyObjectCommand({ Bucket, Key: 'k', CopySource: `${Bucket}/k?versionId=${VersionId}` }),
      );
      const current = await server.exchange(new GetObjectCommand({ Bucket, Key: 'k' }));
      return [
        current.body,
        headers['x-amz-copy-source-version-id'] === VersionId,
        headers['x-amz-version-id'] === current.headers['x-amz-version-id'],
      ];
    },
    expected: ['old', true, true],
  },
  {
    name: 'a copy keeps headers, metadata and tags',
    page: 'API_CopyObject',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const { VersionId } = await server.put(Bucket, 'k', 'old', {
        ContentType: 'text/csv',
        ContentLanguage: 'de',
        ContentDisposition: 'inline',
        ContentEncoding: 'identity',
        CacheControl: 'no-cache',
        Metadata: { origin: 'here' },
        Tagging: 'a=1&b=',
      });
      await server.put(Bucket, 'k', 'new');
      const CopySource = `${Bucket}/k?versionId=${VersionId}`;
      await server.client.send(new CopyObjectCommand({ Bucket, Key: 'k', CopySource }));
      const { headers } = await server.exchange(new HeadObjectCommand({ Bucket, Key: 'k' }));
      const { TagSet } = await server.client.send(new GetObjectTaggingCommand({ Bucket, Key: 'k' }));
      return [
        ...['type', 'language', 'disposition', 'encoding'].map((name) => headers[`content-${name}`]),
        headers['cache-control'],
        headers['x-amz-meta-origin'],
        TagSet,
      ];
    },
    expected: [
      'text/csv',
      'de',
      'inline',
      'identity',
      'no-cache',
      'here',
      [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '' },
      ],
    ],
  },
  {
    name: 'a copy keeps Expires',
    page: 'API_CopyObject',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k', 'old', { Expires: EXPIRES });
      await server.client.send(new CopyObjectCommand({ Bucket, Key: 'c', CopySource: `${Bucket}/k` }));
      const { headers } = await server.exchange(new HeadObjectCommand({ Bucket, Key: 'c' }));
      return headers.expires;
    },
    expected: EXPIRES.toUTCString(),
  },
  {
    name: 'a copy does not keep the storage class',
    page: 'API_CopyObject',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k', 'old', { StorageClass: 'REDUCED_REDUNDANCY' });
      await server.client.send(new CopyObjectCommand({ Bucket, Key: 'c', CopySource: `${Bucket}/k` }));
      const { headers } = await server.exchange(new HeadObjectCommand({ Bucket, Key: 'c' }));
      return headers['x-amz-storage-class'] ?? 'STANDARD';
    },
    expected: 'STANDARD',
  },
  {
    name: 'a copy replaces metadata and tags when told to',
    page: 'API_CopyObject',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k', 'old', { Metadata: { a: '1' }, Tagging: 'a=1' });
      await server.client.send(
        new CopyObjectCommand({
          Bucket,
          Key: 'c',
          CopySource: `${Bucket}/k`,
          MetadataDirective: 'REPLACE',
          Metadata: { b: '2' },
          TaggingDirective: 'REPLACE',
          Tagging: 'b=2',
        }),
      );
      const { Metadata } = await server.client.send(new HeadObjectCommand({ Bucket, Key: 'c' }));
      const { TagSet } = await server.client.send(new GetObjectTaggingCommand({ Bucket, Key: 'c' }));
      return [Metadata, TagSet];
    },
    expected: [{ b: '2' }, [{ Key: 'b', Value: '2' }]],
  },
  {
    name: 'a copy of a delete marker by version ID is 400 InvalidRequest',
    page: 'API_CopyObject',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k');
      const marker = await server.mark(Bucket, 'k');
      return server.refusal(
        new CopyObjectCommand({ Bucket, Key: 'c', CopySource: `${Bucket}/k?versionId=${marker}` }),
      );
    },
    expected: [400, 'InvalidRequest'],
  },
  {
    name: 'a copy of a key under a delete marker is 404 NoSuchKey',
    page: 'API_CopyObject',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k');
      await server.mark(Bucket, 'k');
      return server.refusal(new CopyObjectCommand({ Bucket, Key: 'c', CopySource: `${Bucket}/k` }));
    },
    expected: [404, 'NoSuchKey'],
  },
  {
    name: 'a copy of a version that is gone is 404 NoSuchVersion',
    page: 'API_Error',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const { VersionId } = await server.put(Bucket, 'k');
      await server.put(Bucket, 'k');
      await server.remove(Bucket, 'k', VersionId);
      return server.refusal(
        new CopyObjectCommand({ Bucket, Key: 'k', CopySource: `${Bucket}/k?versionId=${VersionId}` }),
      );
    },
    expected: [404, 'NoSuchVersion'],
  },
  {
    name: 'a copy of an object onto itself unchanged is 400 InvalidRequest',
    page: 'userguide/copy-object',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k');
      return server.refusal(new CopyObjectCommand({ Bucket, Key: 'k', CopySource: `${Bucket}/k` }));
    },
    expected: [400, 'InvalidRequest'],
  },
  {
    name: 'a copy source is URL-encoded',
    page: 'API_CopyObject',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const Key = 'a b+c%20?é/&';
      const { VersionId } = await server.put(Bucket, Key, 'found');
      const CopySource = `${Bucket}/${encodeURIComponent(Key)}?versionId=${VersionId}`;
      await server.client.send(new CopyObjectCommand({ Bucket, Key: 'c', CopySource }));
      return (await server.exchange(new GetObjectCommand({ Bucket, Key: 'c' }))).body;
    },
    expected: 'found',
  },
  {
    name: 'a copy to another bucket leaves the source alone',
    page: 'API_CopyObject',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const destination = await server.newBucket();
      const { VersionId } = await server.put(Bucket, 'k', 'x');
      await server.mark(Bucket, 'k');
      const CopySource = `${Bucket}/k?versionId=${VersionId}`;
      await server.client.send(new CopyObjectCommand({ Bucket: destination, Key: 'k', CopySource }));
      return [
        (await server.exchange(new GetObjectCommand({ Bucket: destination, Key: 'k' }))).body,
        (await server.exchange(new HeadObjectCommand({ Bucket, Key: 'k' }))).status,
      ];
    },
    expected: ['x', 404],
  },
];
