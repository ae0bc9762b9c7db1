import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { clientOf, rawRequest } from './client.ts';

const Bucket = 'data';
let sandbox: Sandbox;

beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(() => sandbox.stop());

describe('delete markers', () => {
  test('hide the key, and removing them shows it again', async () => {
    const bucket = sandbox.createBucket(Bucket, { versioning: 'Enabled' });
    const client = clientOf(sandbox);
    const { VersionId: object } = await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'one' }));
    const { VersionId: marker, DeleteMarker } = await client.send(
      new DeleteObjectCommand({ Bucket, Key: 'k' }),
    );
    expect(DeleteMarker).toBe(true);
    expect(bucket.stack('k').map((entry) => entry.versionId)).toEqual([marker, object]);

    const head = await rawRequest(sandbox, '/data/k', { method: 'HEAD' });
    expect([
      head.status,
      head.headers.get('x-amz-delete-marker'),
      head.headers.get('x-amz-version-id'),
    ]).toEqual([404, 'true', marker]);
    const named = await rawRequest(sandbox, `/data/k?versionId=${marker}`, { method: 'HEAD' });
    expect([named.status, named.headers.get('x-amz-delete-marker')]).toEqual([405, 'true']);
    expect(named.headers.get('last-modified')).toMatch(/GMT$/);

    const removed = await client.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: marker }));
    expect(removed.DeleteMarker).toBe(true);
    const got = await client.send(new GetObjectCommand({ Bucket, Key: 'k' }));
    expect([await got.Body?.transformToString(), got.VersionId]).toEqual(['one', object]);
    expect(sandbox.permanentDeletions).toBe(0);
  });

  test('can be added where no object ever was', async () => {
    const bucket = sandbox.createBucket(Bucket, { versioning: 'Enabled' });
    await clientOf(sandbox).send(new DeleteObjectCommand({ Bucket, Key: 'never' }));
    expect(bucket.stack('never')).toMatchObject([{ isDeleteMarker: true }]);
  });
});

describe('permanent deletions are counted', () => {
  test('for object versions, and not for delete markers or what does not exist', async () => {
    const bucket = sandbox.createBucket(Bucket, { versioning: 'Enabled' });
    const client = clientOf(sandbox);
    const one = bucket.put('k', { body: 'one' });
    const marker = bucket.addDeleteMarker('k');
    const result = await client.send(
      new DeleteObjectsCommand({
        Bucket,
        Delete: {
          Objects: [
            { Key: 'k', VersionId: marker.versionId },
            { Key: 'k', VersionId: 'a'.repeat(32) },
            { Key: 'k', VersionId: 'malformed' },
          ],
        },
      }),
    );
    expect(result.Deleted).toEqual([
      { Key: 'k', VersionId: marker.versionId, DeleteMarker: true, DeleteMarkerVersionId: marker.versionId },
      { Key: 'k', VersionId: 'a'.repeat(32) },
    ]);
    expect(result.Errors).toMatchObject([{ Key: 'k', Code: 'InvalidArgument' }]);
    expect(sandbox.permanentDeletions).toBe(0);
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: one.versionId }));
    sandbox.expectLosses({ permanentDeletions: 1 });
    expect(sandbox.permanentDeletions).toBe(1);
  });
});

describe('null versions', () => {
  test('are replaced by writes and deletes while versioning is suspended', async () => {
    const bucket = sandbox.createBucket(Bucket);
    const client = clientOf(sandbox);
    await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'before versioning' }));
    bucket.versioning = 'Enabled';
    const { VersionId } = await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'versioned' }));
    await client.send(
      new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } }),
    );
    const ids = () => bucket.stack('k').map((entry) => [entry.versionId, entry.isDeleteMarker]);
    expect(ids()).toEqual([
      [VersionId, false],
      ['null', false],
    ]);
    await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'suspended' }));
    expect(ids()).toEqual([
      ['null', false],
      [VersionId, false],
    ]);
    const deleted = await client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
    expect(deleted).toMatchObject({ VersionId: 'null', DeleteMarker: true });
    expect(ids()).toEqual([
      ['null', true],
      [VersionId, false],
    ]);
    sandbox.expectLosses({ nullVersionReplacements: 2 });
    expect(sandbox.losses).toMatchObject({ nullVersionReplacements: 2, permanentDeletions: 0 });
  });
});

describe('times', () => {
  test('are whole seconds of the clock that the test sets', async () => {
    sandbox.clock.set('2026-03-01T10:00:00.750Z');
    sandbox.createBucket(Bucket, { versioning: 'Enabled' });
    const client = clientOf(sandbox);
    await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
    sandbox.clock.advance(60);
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
    const listed = await client.send(new ListObjectVersionsCommand({ Bucket }));
    expect(listed.Versions?.[0]?.LastModified).toEqual(new Date('2026-03-01T10:00:00Z'));
    expect(listed.DeleteMarkers?.[0]?.LastModified).toEqual(new Date('2026-03-01T10:01:00Z'));
  });
});

test('a key of hostile characters travels through every request', async () => {
  sandbox.createBucket(Bucket, { versioning: 'Enabled' });
  const client = clientOf(sandbox);
  const keys = ['a b+c&<>"\'%25', '../x//y/.', 'line\r\nbreak', '😀\uffee', '=cmd|{{y}}', ' space '];
  for (const Key of keys) {
    await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
    expect((await client.send(new HeadObjectCommand({ Bucket, Key }))).ContentLength).toBe(
      Buffer.byteLength(Key),
    );
  }
  const listed = await client.send(new ListObjectVersionsCommand({ Bucket }));
  const byBytes = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  expect(listed.Versions?.map((version) => version.Key)).toEqual(byBytes);
  const deleted = await client.send(
    new DeleteObjectsCommand({ Bucket, Delete: { Objects: keys.map((Key) => ({ Key })) } }),
  );
  expect(deleted.Deleted?.map((entry) => entry.Key)).toEqual(keys);
});
