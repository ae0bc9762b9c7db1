import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Bucket as StoreBucket } from '../../sandbox/bucket.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { clientOf, rawRequest } from './client.ts';

const Bucket = 'data';
let sandbox: Sandbox;
let bucket: StoreBucket;

beforeEach(async () => {
  sandbox = await startSandbox({ seed: 7 });
  bucket = sandbox.createBucket(Bucket, { versioning: 'Enabled' });
});
afterEach(() => sandbox.stop());

const put = (Key = 'k') => clientOf(sandbox).send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));

test('the SDK retries what S3 asks it to retry', async () => {
  sandbox.faults.add({ operation: 'PutObject', effect: 'slow-down', times: 2 });
  const client = clientOf(sandbox, { maxAttempts: 3 });
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  expect(sandbox.requests.count('PutObject')).toBe(3);
  expect(sandbox.requests.entries().map((request) => request.status)).toEqual([503, 503, 200]);
});

test('a fault strikes the operation and key it names, after those it lets pass, until removed', async () => {
  const remove = sandbox.faults.add({
    operation: ['PutObject'],
    key: /^k/,
    after: 1,
    effect: 'internal-error',
  });
  await put('other');
  await put('k1');
  await expect(put('k2')).rejects.toMatchObject({ name: 'InternalError' });
  remove();
  await put('k2');
});

test('chances are drawn from the seed', async () => {
  const outcomes = async () => {
    const other = await startSandbox({ seed: 3 });
    other.createBucket(Bucket);
    other.faults.add({ probability: 0.5, effect: 'slow-down' });
    const statuses: number[] = [];
    for (let index = 0; index < 20; index += 1) {
      statuses.push((await rawRequest(other, `/data/${index}`, { method: 'HEAD' })).status);
    }
    await other.stop();
    return statuses;
  };
  const first = await outcomes();
  expect(await outcomes()).toEqual(first);
  expect(new Set(first)).toEqual(new Set([404, 503]));
});

test('a broken connection may hide an operation that was carried out', async () => {
  sandbox.faults.add({ operation: 'PutObject', effect: 'reset', times: 1 });
  await expect(put()).rejects.toThrow();
  expect(bucket.stack('k')).toHaveLength(0);
  sandbox.faults.add({ operation: 'DeleteObject', effect: 'reset-after', times: 1 });
  await expect(clientOf(sandbox).send(new DeleteObjectCommand({ Bucket, Key: 'k' }))).rejects.toThrow();
  expect(bucket.stack('k')).toMatchObject([{ isDeleteMarker: true }]);
});

test('a copy may answer 200 with an error, having copied nothing', async () => {
  bucket.put('k', { body: 'x' });
  sandbox.faults.add({ operation: 'CopyObject', effect: 'copy-200-error' });
  const raw = await rawRequest(sandbox, '/data/copy', {
    method: 'PUT',
    headers: { 'x-amz-copy-source': '/data/k' },
  });
  expect([raw.status, (await raw.text()).includes('<Error><Code>InternalError</Code>')]).toEqual([200, true]);
  await expect(
    clientOf(sandbox).send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: 'data/k' })),
  ).rejects.toMatchObject({ name: 'InternalError' });
  expect(bucket.stack('copy')).toEqual([]);
});

test('single deletions fail inside a DeleteObjects that succeeds', async () => {
  sandbox.faults.add({
    key: 'bad',
    effect: { deleteError: { code: 'AccessDenied', message: 'Access Denied' } },
  });
  const result = await clientOf(sandbox).send(
    new DeleteObjectsCommand({ Bucket, Delete: { Quiet: true, Objects: [{ Key: 'good' }, { Key: 'bad' }] } }),
  );
  expect(result.Deleted).toBeUndefined();
  expect(result.Errors).toMatchObject([{ Key: 'bad', Code: 'AccessDenied' }]);
  expect([bucket.stack('good').length, bucket.stack('bad').length]).toEqual([1, 0]);
});

test('chance strikes the same request twice at most, whatever the faults are', async () => {
  for (const effect of ['slow-down', 'internal-error'] as const) {
    sandbox.faults.add({ probability: 0.99, effect });
  }
  const statuses = async (path: string, method: string) => {
    const found: number[] = [];
    for (let index = 0; index < 4; index += 1) {
      found.push((await rawRequest(sandbox, path, { method })).status);
    }
    return found;
  };
  expect(await statuses('/data/a', 'HEAD')).toEqual([503, 503, 404, 404]);
  expect(await statuses('/data/b', 'HEAD')).toEqual([503, 503, 404, 404]);
  expect(await statuses('/data?versions', 'GET')).toEqual([503, 503, 200, 200]);
  expect(await statuses('/data?versions&prefix=a', 'GET')).toEqual([503, 503, 200, 200]);
});

test('a copy that fails behind its status is no matter of other operations', async () => {
  sandbox.faults.add({ effect: 'copy-200-error' });
  await put();
  expect(bucket.stack('k')).toHaveLength(1);
});

test('somebody else writes, deletes or suspends versioning right before a request', async () => {
  const client = clientOf(sandbox);
  sandbox.faults.add({ operation: 'CopyObject', effect: 'writer-puts', times: 1 });
  bucket.put('source', { body: 'x' });
  await client.send(new CopyObjectCommand({ Bucket, Key: 'k', CopySource: 'data/source' }));
  expect(bucket.stack('k').map((entry) => entry.isDeleteMarker)).toEqual([false, false]);

  sandbox.faults.add({ operation: 'DeleteObjects', effect: 'writer-deletes', times: 1 });
  await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'named' }] } }));
  expect(bucket.stack('named').map((entry) => entry.isDeleteMarker)).toEqual([true, true]);

  sandbox.faults.add({ operation: 'HeadBucket', effect: 'writer-puts', times: 1 });
  const before = bucket.entryCount;
  await client.send(new HeadBucketCommand({ Bucket }));
  expect(bucket.entryCount).toBe(before + 1);

  sandbox.faults.add({ operation: 'PutObject', effect: 'suspend-versioning', after: 1, times: 1 });
  expect((await put('n')).VersionId).not.toBe('null');
  expect((await put('n')).VersionId).toBe('null');
  expect(sandbox.requests.entries().map(({ faults }) => faults)).toEqual([
    ['writer-puts'],
    ['writer-deletes'],
    ['writer-puts'],
    [],
    ['suspend-versioning'],
  ]);
});

test('delays and latency add up', async () => {
  sandbox.latencyMs = 30;
  sandbox.faults.add({ effect: { delayMs: 40 } });
  const started = performance.now();
  await clientOf(sandbox).send(new HeadBucketCommand({ Bucket }));
  expect(performance.now() - started).toBeGreaterThanOrEqual(69);
});

test('a hook changes the bucket just before a request', async () => {
  const remove = sandbox.on('before', (operation, request) => {
    if (operation === 'DeleteObject') bucket.put(request.key ?? '', { body: 'written meanwhile' });
    if (operation === 'PutObject') bucket.versioning = 'Suspended';
  });
  await clientOf(sandbox).send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  expect(bucket.stack('k').map((entry) => entry.isDeleteMarker)).toEqual([true, false]);
  expect((await put('n')).VersionId).toBe('null');
  remove();
  bucket.versioning = 'Enabled';
  expect((await put('n')).VersionId).not.toBe('null');
});

test('credentials are asked for, and some are refused', async () => {
  sandbox.deniedKeys.set('AKIAGONE', 'InvalidAccessKeyId').set('AKIAWRONG', 'SignatureDoesNotMatch');
  const list = (accessKeyId: string) => clientOf(sandbox, { accessKeyId }).send(new ListBucketsCommand({}));
  await expect(list('AKIAGONE')).rejects.toMatchObject({ name: 'InvalidAccessKeyId' });
  await expect(list('AKIAWRONG')).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
  expect((await list('AKIAFINE')).Buckets).toMatchObject([{ Name: 'data' }]);
  const unsigned = await fetch(`${sandbox.endpoint}/data/k`);
  expect([unsigned.status, await unsigned.text()]).toEqual([403, expect.stringContaining('AccessDenied')]);
});
