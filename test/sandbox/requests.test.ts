import { createHash } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import {
  CopyObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Bucket as StoreBucket } from '../../sandbox/bucket.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { clientOf, rawRequest } from './client.ts';

const Bucket = 'data';
let sandbox: Sandbox;
let bucket: StoreBucket;
let client: S3Client;

beforeEach(async () => {
  sandbox = await startSandbox();
  bucket = sandbox.createBucket(Bucket, { versioning: 'Enabled' });
  client = clientOf(sandbox);
});
afterEach(() => sandbox.stop());

/** A request with a path and Host header as they stand: fetch normalizes both. */
function plainRequest(path: string, host: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(sandbox.endpoint);
    const headers = { host, authorization: 'Credential=any/' };
    httpRequest({ hostname, port, path, headers }, (answer) => {
      text(answer).then((body) => resolve({ status: answer.statusCode, body }), reject);
    })
      .on('error', reject)
      .end();
  });
}

describe('addresses', () => {
  test.each([
    ['/data/a/../b//c', '127.0.0.1:9000'],
    ['/a/../b//c', 'data.s3.localhost:9000'],
    ['/a/../b//c', 'data.localhost'],
    ['/a/../b//c', 'data.s3.eu-central-1.amazonaws.com'],
    ['/data/a/../b//c', 's3.eu-central-1.amazonaws.com'],
  ])('%s at %s', async (path, host) => {
    bucket.put('a/../b//c', { body: 'found' });
    expect(await plainRequest(path, host)).toEqual({ status: 200, body: 'found' });
  });

  test.each([
    ['/data/%ff', 400, 'InvalidURI'],
    [`/data/${'k'.repeat(1025)}`, 400, 'KeyTooLongError'],
    ['/none/k', 404, 'NoSuchBucket'],
    ['/data/k?acl', 501, 'NotImplemented'],
  ])('%s is refused', async (path, status, code) => {
    const answer = await plainRequest(path, '127.0.0.1');
    expect([answer.status, answer.body.includes(`<Code>${code}</Code>`)]).toEqual([status, true]);
  });
});

describe('bodies', () => {
  test('a stream arrives without its framing, and its checksum is checked', async () => {
    const Body = Readable.from([Buffer.from('in two '), Buffer.from('pieces')]);
    const put = await client.send(
      new PutObjectCommand({ Bucket, Key: 'k', Body, ContentLength: 13, ChecksumAlgorithm: 'SHA1' }),
    );
    const got = await client.send(new GetObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' }));
    expect(await got.Body?.transformToString()).toBe('in two pieces');
    expect([got.ContentEncoding, got.ChecksumSHA1]).toEqual([undefined, put.ChecksumSHA1]);
  });

  test.each([
    ['x-amz-checksum-crc32', 'AAAAAA=='],
    ['x-amz-checksum-crc32c', 'AAAAAA=='],
    ['x-amz-checksum-crc64nvme', 'AAAAAAAAAAA='],
    ['content-md5', 'AAAAAAAAAAAAAAAAAAAAAA=='],
  ])('a wrong %s is BadDigest, and nothing is kept', async (name, value) => {
    const answer = await rawRequest(sandbox, '/data/k', {
      method: 'PUT',
      body: 'x',
      headers: { [name]: value },
    });
    expect([answer.status, await answer.text()]).toEqual([
      400,
      expect.stringContaining('<Code>BadDigest</Code>'),
    ]);
    expect(bucket.stack('k')).toEqual([]);
  });

  // Check values of the algorithms' own definitions, for the text 123456789.
  test.each([
    ['crc32', 'y/Q5Jg=='],
    ['crc32c', '4waSgw=='],
    ['crc64nvme', 'rosUhgp5mIg='],
  ])('the right %s is taken', async (name, value) => {
    const headers = { [`x-amz-checksum-${name}`]: value };
    const answer = await rawRequest(sandbox, '/data/k', { method: 'PUT', body: '123456789', headers });
    expect(answer.status).toBe(200);
  });

  test.each([
    ['not XML', '<Delete><Object>'],
    ['another document', '<Other/>'],
    ['no keys', '<Delete></Delete>'],
    ['a control character', '<Delete><Object><Key>a\u0001</Key></Object></Delete>'],
    ['a reference to one', '<Delete><Object><Key>a&#1;</Key></Object></Delete>'],
  ])('DeleteObjects with %s is MalformedXML', async (_, body) => {
    const headers = { 'content-md5': createHash('md5').update(body).digest('base64') };
    const answer = await rawRequest(sandbox, '/data?delete', { method: 'POST', body, headers });
    expect([answer.status, await answer.text()]).toEqual([
      400,
      expect.stringContaining('<Code>MalformedXML</Code>'),
    ]);
  });
});

test('data under a customer key is read and copied with that key alone', async () => {
  const SSECustomerKey = 'k'.repeat(32);
  const key = { SSECustomerAlgorithm: 'AES256', SSECustomerKey };
  // The SDK sends customer keys over TLS alone, and leaves the check to the endpoint on loopback.
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', ...key }));
  await expect(client.send(new GetObjectCommand({ Bucket, Key: 'k' }))).rejects.toMatchObject({
    name: 'InvalidRequest',
  });
  await expect(
    client.send(new CopyObjectCommand({ Bucket, Key: 'c', CopySource: 'data/k' })),
  ).rejects.toMatchObject({ name: 'InvalidRequest' });
  const got = await client.send(new GetObjectCommand({ Bucket, Key: 'k', ...key }));
  expect(await got.Body?.transformToString()).toBe('x');
});

test('another expected owner is refused', async () => {
  await client.send(new HeadBucketCommand({ Bucket, ExpectedBucketOwner: '123456789012' }));
  const answer = await rawRequest(sandbox, '/data/k', {
    headers: { 'x-amz-expected-bucket-owner': '999999999999' },
  });
  expect(answer.status).toBe(403);
});

test('data without bytes is streamed in the declared size', async () => {
  bucket.put('k', { size: 200_000 });
  const whole = Buffer.from(await (await rawRequest(sandbox, '/data/k')).arrayBuffer());
  const range = await rawRequest(sandbox, '/data/k', { headers: { range: 'bytes=70000-70009' } });
  expect(whole.length).toBe(200_000);
  expect(Buffer.from(await range.arrayBuffer())).toEqual(whole.subarray(70_000, 70_010));
});

test('another service can answer at the same endpoint', async () => {
  sandbox.routes.push({
    operation: 'CreateJob',
    method: 'POST',
    target: 'service',
    matches: (request) => request.path.startsWith('/v20180820/jobs'),
    handle: ({ request }) => ({ status: 200, body: `${request.body}` }),
  });
  const answer = await rawRequest(sandbox, '/v20180820/jobs', { method: 'POST', body: 'job' });
  expect(await answer.text()).toBe('job');
  expect(sandbox.requests.count('CreateJob')).toBe(1);
});

test('a connection serves on after the answer to a HEAD of a key that is not there', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const head = () =>
    new Promise<boolean>((resolve, reject) => {
      const request = httpRequest(`${sandbox.endpoint}/${Bucket}/missing`, {
        agent,
        method: 'HEAD',
        headers: { authorization: 'Credential=any/' },
      });
      request.on('response', (answer) => answer.resume().on('end', () => resolve(request.reusedSocket)));
      request.on('error', reject).end();
    });
  expect([await head(), await head()]).toEqual([false, true]);
  agent.destroy();
});
