import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { ConformanceCase } from '../case.ts';

const LONG_AGO = new Date('2020-01-01T00:00:00Z');
const OTHER_ETAG = '"00000000000000000000000000000000"';

export const CONDITION_CASES: readonly ConformanceCase[] = [
  {
    name: 'a delete with another ETag is 412 and deletes nothing',
    page: 'userguide/conditional-deletes',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k');
      const refusal = await server.refusal(
        new DeleteObjectCommand({ Bucket, Key: 'k', IfMatch: OTHER_ETAG }),
      );
      return [...refusal, (await server.exchange(new GetObjectCommand({ Bucket, Key: 'k' }))).status];
    },
    expected: [412, 'PreconditionFailed', 200],
  },
  {
    name: 'a delete with the current ETag deletes',
    page: 'userguide/conditional-deletes',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const { ETag } = await server.put(Bucket, 'k');
      return (await server.exchange(new DeleteObjectCommand({ Bucket, Key: 'k', IfMatch: ETag }))).status;
    },
    expected: 204,
  },
  {
    name: 'a delete that asks for any object is 412 under a delete marker',
    page: 'userguide/conditional-deletes',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k');
      await server.mark(Bucket, 'k');
      return server.refusal(new DeleteObjectCommand({ Bucket, Key: 'k', IfMatch: '*' }));
    },
    expected: [412, 'PreconditionFailed'],
  },
  {
    name: 'a delete that asks for any object is 404 where none ever was',
    page: 'userguide/conditional-deletes',
    run: async (server) => {
      const Bucket = await server.newBucket();
      return server.refusal(new DeleteObjectCommand({ Bucket, Key: 'k', IfMatch: '*' }));
    },
    expected: [404, 'NoSuchKey'],
  },
  {
    name: 'a condition on a delete looks at the current version, whichever is named',
    page: 'userguide/conditional-deletes',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const old = await server.put(Bucket, 'k', 'old');
      await server.put(Bucket, 'k', 'new');
      return server.refusal(
        new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: old.VersionId, IfMatch: old.ETag }),
      );
    },
    expected: [412, 'PreconditionFailed'],
  },
  {
    name: 'DeleteObjects checks an ETag for each key',
    page: 'userguide/conditional-deletes',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const { ETag } = await server.put(Bucket, 'right');
      await server.put(Bucket, 'wrong');
      const { Deleted, Errors } = await server.client.send(
        new DeleteObjectsCommand({
          Bucket,
          Delete: {
            Objects: [
              { Key: 'right', ETag },
              { Key: 'wrong', ETag: OTHER_ETAG },
            ],
          },
        }),
      );
      return [Deleted?.map((deleted) => deleted.Key), Errors?.map((error) => [error.Key, error.Code])];
    },
    expected: [['right'], [['wrong', 'PreconditionFailed']]],
  },
  {
    name: 'a write that asks for no object is 412 where there is one',
    page: 'userguide/conditional-writes',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k');
      return server.refusal(new PutObjectCommand({ Bucket, Key: 'k', Body: 'y', IfNoneMatch: '*' }));
    },
    expected: [412, 'PreconditionFailed'],
  },
  {
    name: 'a write that asks for no object succeeds under a delete marker',
    page: 'userguide/conditional-writes',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k');
      await server.mark(Bucket, 'k');
      const answer = await server.exchange(
        new PutObjectCommand({ Bucket, Key: 'k', Body: 'y', IfNoneMatch: '*' }),
      );
      return answer.status;
    },
    expected: 200,
  },
  {
    name: 'a write with another ETag is 412',
    page: 'userguide/conditional-writes',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k');
      return server.refusal(new PutObjectCommand({ Bucket, Key: 'k', Body: 'y', IfMatch: OTHER_ETAG }));
    },
    expected: [412, 'PreconditionFailed'],
  },
  {
    name: 'a write with an ETag is 404 where there is no object',
    page: 'userguide/conditional-writes',
    run: async (server) => {
      const Bucket = await server.newBucket();
      return server.refusal(new PutObjectCommand({ Bucket, Key: 'k', Body: 'y', IfMatch: OTHER_ETAG }));
    },
    expected: [404, 'NoSuchKey'],
  },
  {
    name: 'a copy with another ETag at its destination is 412',
    page: 'API_CopyObject',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'source');
      await server.put(Bucket, 'k');
      return server.refusal(
        new CopyObjectCommand({ Bucket, Key: 'k', CopySource: `${Bucket}/source`, IfMatch: OTHER_ETAG }),
      );
    },
    expected: [412, 'PreconditionFailed'],
  },
  {
    name: 'a copy that asks for no object at its destination is 412 where there is one',
    page: 'API_CopyObject',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'source');
      await server.put(Bucket, 'k');
      return server.refusal(
        new CopyObjectCommand({ Bucket, Key: 'k', CopySource: `${Bucket}/source`, IfNoneMatch: '*' }),
      );
    },
    expected: [412, 'PreconditionFailed'],
  },
  {
    name: 'a copy with the current ETag at its destination copies',
    page: 'API_CopyObject',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'source', 'source');
      const { ETag } = await server.put(Bucket, 'k');
      await server.client.send(
        new CopyObjectCommand({ Bucket, Key: 'k', CopySource: `${Bucket}/source`, IfMatch: ETag }),
      );
      return (await server.exchange(new GetObjectCommand({ Bucket, Key: 'k' }))).body;
    },
    expected: 'source',
  },
  {
    name: 'a copy that asks for no object at its destination copies over a delete marker',
    page: 'userguide/conditional-writes',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'source', 'source');
      await server.mark(Bucket, 'k');
      await server.client.send(
        new CopyObjectCommand({ Bucket, Key: 'k', CopySource: `${Bucket}/source`, IfNoneMatch: '*' }),
      );
      return (await server.exchange(new GetObjectCommand({ Bucket, Key: 'k' }))).body;
    },
    expected: 'source',
  },
  {
    name: 'a copy whose source has the ETag is made, though it was modified since',
    page: 'API_CopyObject',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const { ETag } = await server.put(Bucket, 'source', 'source');
      const { status } = await server.exchange(
        new CopyObjectCommand({
          Bucket,
          Key: 'k',
          CopySource: `${Bucket}/source`,
          CopySourceIfMatch: ETag,
          CopySourceIfUnmodifiedSince: LONG_AGO,
        }),
      );
      return status;
    },
    expected: 200,
  },
  {
    name: 'a copy whose source has the ETag that it must not have is 412, though it was modified since',
    page: 'API_CopyObject',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const { ETag } = await server.put(Bucket, 'source', 'source');
      return server.refusal(
        new CopyObjectCommand({
          Bucket,
          Key: 'k',
          CopySource: `${Bucket}/source`,
          CopySourceIfNoneMatch: ETag,
          CopySourceIfModifiedSince: LONG_AGO,
        }),
      );
    },
    expected: [412, 'PreconditionFailed'],
  },
  {
    name: 'a copy with another ETag at its source is 412',
    page: 'API_CopyObject',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'source');
      return server.refusal(
        new CopyObjectCommand({
          Bucket,
          Key: 'k',
          CopySource: `${Bucket}/source`,
          CopySourceIfMatch: OTHER_ETAG,
        }),
      );
    },
    expected: [412, 'PreconditionFailed'],
  },
  {
    name: 'a read with the ETag it has already is 304',
    page: 'API_GetObject',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const { ETag } = await server.put(Bucket, 'k');
      return (await server.exchange(new GetObjectCommand({ Bucket, Key: 'k', IfNoneMatch: ETag }))).status;
    },
    expected: 304,
  },
];
