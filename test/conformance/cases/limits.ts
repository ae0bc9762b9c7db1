import {
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { ConformanceCase } from '../case.ts';
import { xmlText, xmlTexts } from '../exchange.ts';

/**
 * A key of so many bytes, of characters of three bytes, so that a limit in characters is told from one in bytes. Its
 * components stay short for stores that keep keys as paths.
 */
function keyOf(bytes: number): string {
  const components = '€€€€€€€€€€/'.repeat(Math.floor(bytes / 31));
  return components + 'x'.repeat(bytes - Buffer.byteLength(components));
}

export const LIMIT_CASES: readonly ConformanceCase[] = [
  {
    name: 'a key has 1,024 bytes at most',
    page: 'userguide/object-keys',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const { status } = await server.exchange(new PutObjectCommand({ Bucket, Key: keyOf(1024), Body: 'x' }));
      const refusal = await server.refusal(new PutObjectCommand({ Bucket, Key: keyOf(1025), Body: 'x' }));
      return [status, ...refusal];
    },
    expected: [200, 400, 'KeyTooLongError'],
  },
  {
    name: 'DeleteObjects takes 1,000 keys, and a page of a listing has 1,000 entries whatever is asked for',
    page: 'API_ListObjectVersions',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const Objects = Array.from({ length: 1000 }, (_, index) => ({ Key: `k${index}` }));
      await server.client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
      await server.mark(Bucket, 'last');
      const { body } = await server.exchange(new ListObjectVersionsCommand({ Bucket, MaxKeys: 5000 }));
      return [xmlTexts(body, 'Key').length, xmlText(body, 'IsTruncated')];
    },
    expected: [1000, 'true'],
  },
  {
    name: 'a page that is full tells its last entry as the next marker',
    page: 'API_ListObjectVersions',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'a b');
      const { VersionId } = await server.put(Bucket, 'a b');
      const { body } = await server.exchange(
        new ListObjectVersionsCommand({ Bucket, MaxKeys: 1, EncodingType: 'url' }),
      );
      return [xmlText(body, 'NextKeyMarker'), xmlText(body, 'NextVersionIdMarker') === VersionId];
    },
    expected: ['a+b', true],
  },
  {
    name: 'a key with characters that XML cannot carry is listed under encoding-type=url',
    page: 'API_ListObjectVersions',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'a\u0001b\u007f');
      const { body } = await server.exchange(new ListObjectVersionsCommand({ Bucket, EncodingType: 'url' }));
      return xmlText(body, 'Key');
    },
    expected: 'a%01b%7F',
  },
  {
    name: 'DeleteObjects refuses a body with characters that XML cannot carry',
    page: 'userguide/object-keys',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'a\u0001b');
      return server.refusal(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'a\u0001b' }] } }));
    },
    expected: [400, 'MalformedXML'],
  },
  {
    name: 'user metadata has 2 KiB at most',
    page: 'userguide/UsingMetadata',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const Metadata = { a: 'x'.repeat(2048) };
      return server.refusal(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', Metadata }));
    },
    expected: [400, 'MetadataTooLarge'],
  },
  {
    name: 'an object has ten tags at most, of letters, numbers and + - = . _ : / @',
    page: 'userguide/object-tagging',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k');
      const tag = async (Tagging: { Key: string; Value: string }[]) =>
        (
          await server.exchange(
            new PutObjectTaggingCommand({ Bucket, Key: 'k', Tagging: { TagSet: Tagging } }),
          )
        ).status;
      const tags = Array.from({ length: 11 }, (_, index) => ({ Key: `k${index}`, Value: '' }));
      return [
        await tag(tags.slice(1)),
        await tag(tags),
        await tag([{ Key: 'ä 1+-=._:/@', Value: 'é' }]),
        await tag([{ Key: 'a', Value: 'b?' }]),
      ];
    },
    expected: [200, 400, 200, 400],
  },
  {
    name: 'part numbers end at 10,000',
    page: 'userguide/qfacts',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const UploadId = await server.beginUpload(Bucket, 'k');
      return server.refusal(
        new UploadPartCommand({ Bucket, Key: 'k', UploadId, PartNumber: 10_001, Body: 'x' }),
      );
    },
    expected: [400, 'InvalidArgument'],
  },
  {
    name: 'a lifecycle rule that does nothing is refused',
    page: 'API_PutBucketLifecycleConfiguration',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const Rules = [{ ID: 'r', Status: 'Enabled' as const, Filter: { Prefix: '' } }];
      const { status } = await server.exchange(
        new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }),
      );
      return status;
    },
    expected: 400,
  },
];
