import {
  CopyObjectCommand,
  type CopyObjectCommandInput,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  RestoreObjectCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Bucket as StoreBucket } from '../../sandbox/bucket.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { clientOf } from './client.ts';

const Bucket = 'data';
let sandbox: Sandbox;
let bucket: StoreBucket;

beforeEach(async () => {
  sandbox = await startSandbox();
  bucket = sandbox.createBucket(Bucket, { versioning: 'Enabled' });
});
afterEach(() => sandbox.stop());

function copy(input: Partial<CopyObjectCommandInput>) {
  return clientOf(sandbox).send(new CopyObjectCommand({ Bucket, Key: 'k', CopySource: 'data/k', ...input }));
}

test('an old version comes on top with its headers, metadata and tags, and not with its class', async () => {
  const client = clientOf(sandbox);
  const { VersionId, ETag } = await client.send(
    new PutObjectCommand({
      Bucket,
      Key: 'k',
      Body: 'old',
      ContentType: 'text/csv',
      CacheControl: 'no-cache',
      Metadata: { origin: 'café' },
      Tagging: 'team=data&empty=',
      StorageClass: 'STANDARD_IA',
      ChecksumAlgorithm: 'SHA256',
    }),
  );
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'new' }));
  const copied = await copy({ CopySource: `data/k?versionId=${VersionId}` });
  expect(copied).toMatchObject({ CopySourceVersionId: VersionId, CopyObjectResult: { ETag } });
  const current = await client.send(new GetObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' }));
  expect(await current.Body?.transformToString()).toBe('old');
  expect(current).toMatchObject({
    VersionId: copied.VersionId,
    ContentType: 'text/csv',
    CacheControl: 'no-cache',
    // Beyond US-ASCII, S3 answers in encoded words of RFC 2047.
    Metadata: { origin: '=?UTF-8?B?Y2Fmw6k=?=' },
    TagCount: 2,
    ChecksumSHA256: expect.any(String),
  });
  expect(current.StorageClass).toBeUndefined();
  const tags = await client.send(new GetObjectTaggingCommand({ Bucket, Key: 'k' }));
  expect(tags.TagSet).toEqual([
    { Key: 'team', Value: 'data' },
    { Key: 'empty', Value: '' },
  ]);
  expect(bucket.stack('k')).toHaveLength(3);
});

test('directives replace metadata and tags', async () => {
  bucket.put('k', { body: 'x', attributes: { metadata: { a: '1' }, tags: new Map([['t', '1']]) } });
  await copy({
    MetadataDirective: 'REPLACE',
    Metadata: { b: '2' },
    TaggingDirective: 'REPLACE',
    Tagging: 'u=2',
  });
  const top = bucket.current('k');
  expect(top).toMatchObject({ attributes: { metadata: { b: '2' }, tags: new Map([['u', '2']]) } });
});

describe('refused copies', () => {
  test.each<[string, Partial<CopyObjectCommandInput>, number, string]>([
    ['onto itself unchanged', {}, 400, 'InvalidRequest'],
    ['of a missing key', { CopySource: 'data/none' }, 404, 'NoSuchKey'],
    ['of a missing version', { CopySource: `data/k?versionId=${'a'.repeat(32)}` }, 404, 'NoSuchVersion'],
    ['from a missing bucket', { CopySource: 'none/k' }, 404, 'NoSuchBucket'],
    ['of a deleted key', { CopySource: 'data/deleted' }, 404, 'NoSuchKey'],
    ['of a delete marker by version', { CopySource: 'data/deleted?versionId=MARKER' }, 400, 'InvalidRequest'],
    ['of archived data', { CopySource: 'data/archived' }, 403, 'InvalidObjectState'],
    ['of an archive tier', { CopySource: 'data/tiered' }, 403, 'InvalidObjectState'],
    ['of more than 5 GiB', { CopySource: 'data/huge' }, 400, 'InvalidRequest'],
    [
      'where the source changed',
      { CopySource: 'data/huge', CopySourceIfMatch: '"x"' },
      412,
      'PreconditionFailed',
    ],
    [
      'where the destination changed',
      { CopySource: 'data/other', IfMatch: '"x"' },
      412,
      'PreconditionFailed',
    ],
    ['where a destination exists', { CopySource: 'data/other', IfNoneMatch: '*' }, 412, 'PreconditionFailed'],
    [
      'with an unknown class',
      { CopySource: 'data/other', StorageClass: 'COLD' as never },
      400,
      'InvalidStorageClass',
    ],
  ])('%s', async (_, input, status, name) => {
    bucket.put('k', { body: 'x' });
    bucket.put('other', { body: 'y' });
    bucket.put('deleted', { body: 'x' });
    const marker = bucket.addDeleteMarker('deleted');
    bucket.put('archived', { body: 'x', attributes: { storageClass: 'GLACIER' } });
    bucket.put('tiered', {
      body: 'x',
      attributes: { storageClass: 'INTELLIGENT_TIERING', archiveStatus: 'ARCHIVE_ACCESS' },
    });
    bucket.put('huge', { size: 5 * 1024 ** 3 + 1 });
    const CopySource = input.CopySource?.replace('MARKER', marker.versionId);
    const failure = await copy(CopySource === undefined ? input : { ...input, CopySource }).catch(
      (error) => error,
    );
    expect([failure.$metadata?.httpStatusCode, failure.name]).toEqual([status, name]);
    expect(bucket.stack('k')).toHaveLength(1);
  });
});

test('the guard of a copy passes while the destination is as expected', async () => {
  const old = bucket.put('k', { body: 'old' });
  const current = bucket.put('k', { body: 'new' });
  const CopySource = `data/k?versionId=${old.versionId}`;
  const { VersionId } = await copy({ CopySource, IfMatch: `"${current.eTag}"` });
  expect(bucket.current('k')?.versionId).toBe(VersionId);
  await expect(copy({ CopySource, IfMatch: `"${current.eTag}"` })).rejects.toMatchObject({
    name: 'PreconditionFailed',
  });
  bucket.addDeleteMarker('k');
  await expect(copy({ CopySource, IfMatch: `"${old.eTag}"` })).rejects.toMatchObject({ name: 'NoSuchKey' });
  await copy({ CopySource, IfNoneMatch: '*' });
});

test('an archived object can be copied once it is restored, until the copy expires', async () => {
  sandbox.clock.set('2026-01-10T00:00:00Z');
  const archived = bucket.put('k', { body: 'cold', attributes: { storageClass: 'DEEP_ARCHIVE' } });
  const client = clientOf(sandbox);
  const CopySource = `data/k?versionId=${archived.versionId}`;
  const request = new RestoreObjectCommand({
    Bucket,
    Key: 'k',
    RestoreRequest: { Days: 4, GlacierJobParameters: { Tier: 'Bulk' } },
  });
  expect((await client.send(request)).$metadata.httpStatusCode).toBe(202);
  const head = () => client.send(new HeadObjectCommand({ Bucket, Key: 'k', VersionId: archived.versionId }));
  expect((await head()).Restore).toBe('ongoing-request="true"');
  await expect(client.send(request)).rejects.toMatchObject({ name: 'RestoreAlreadyInProgress' });
  sandbox.clock.advance(48 * 3600);
  expect((await head()).Restore).toBe('ongoing-request="false", expiry-date="Wed, 14 Jan 2026 00:00:00 GMT"');
  await copy({ CopySource });
  sandbox.clock.advance(3 * 86_400);
  await expect(copy({ CopySource })).rejects.toMatchObject({ name: 'InvalidObjectState' });
});

test('an ETag under a KMS key tells nothing of the data', async () => {
  const source = bucket.put('k', { body: 'x' });
  const copied = await copy({
    ServerSideEncryption: 'aws:kms',
    SSEKMSKeyId: 'arn:aws:kms:us-east-1:1:key/a',
  });
  expect(copied).toMatchObject({
    ServerSideEncryption: 'aws:kms',
    SSEKMSKeyId: 'arn:aws:kms:us-east-1:1:key/a',
  });
  expect(copied.CopyObjectResult?.ETag).not.toBe(`"${source.eTag}"`);
});
