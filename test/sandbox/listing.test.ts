import process from 'node:process';
import { ListObjectsV2Command, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Bucket as StoreBucket } from '../../sandbox/bucket.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { clientOf, rawRequest } from './client.ts';

const Bucket = 'data';
let sandbox: Sandbox;
let bucket: StoreBucket;

beforeEach(async () => {
  sandbox = await startSandbox();
  bucket = sandbox.createBucket(Bucket, { versioning: 'Enabled' });
});
afterEach(() => sandbox.stop());

/** Walks all pages of ListObjectVersions in document order. */
async function listAll(
  query: string,
  onPage: () => void = () => {},
): Promise<{ entries: string[]; pages: number }> {
  const entries: string[] = [];
  let marker = '';
  for (let pages = 1; ; pages += 1) {
    const answer = await rawRequest(sandbox, `/data?versions&${query}${marker}`);
    const xml = await answer.text();
    for (const [, tag, key, versionId] of xml.matchAll(
      /<(Version|DeleteMarker)><Key>(.*?)<\/Key><VersionId>(.*?)<\/VersionId>/g,
    )) {
      entries.push(`${tag} ${key} ${versionId}`);
    }
    for (const [, prefix] of xml.matchAll(/<CommonPrefixes><Prefix>(.*?)<\/Prefix>/g)) {
      entries.push(`Prefix ${prefix}`);
    }
    if (!xml.includes('<IsTruncated>true</IsTruncated>')) return { entries, pages };
    const [, keyMarker = ''] = /<NextKeyMarker>(.*?)<\/NextKeyMarker>/.exec(xml) ?? [];
    const [, versionMarker] = /<NextVersionIdMarker>(.*?)<\/NextVersionIdMarker>/.exec(xml) ?? [];
    marker = `&key-marker=${encodeURIComponent(keyMarker)}`;
    if (versionMarker !== undefined) marker += `&version-id-marker=${versionMarker}`;
    onPage();
  }
}

function fill(): string[] {
  for (const key of ['b', 'a/2', 'a/1', 'c']) {
    bucket.put(key, { body: '1' });
    bucket.addDeleteMarker(key);
    bucket.put(key, { body: '2' });
  }
  return ['a/1', 'a/2', 'b', 'c'].flatMap((key) =>
    bucket
      .stack(key)
      .map((entry) => `${entry.isDeleteMarker ? 'DeleteMarker' : 'Version'} ${key} ${entry.versionId}`),
  );
}

describe('ListObjectVersions', () => {
  test.each([1, 2, 3, 5, 12, 13])('tells the same entries in the same order in pages of %i', async (size) => {
    const expected = fill();
    const { entries, pages } = await listAll(`max-keys=${size}`);
    expect(entries).toEqual(expected);
    expect(pages).toBe(Math.ceil(expected.length / size));
  });

  test('keeps its place when the marker itself is removed meanwhile', async () => {
    const expected = fill();
    const { entries } = await listAll('max-keys=2', () => {
      for (const { versionId } of bucket.stack('a/1').filter((entry) => entry.isDeleteMarker)) {
        bucket.remove('a/1', versionId);
      }
    });
    expect(entries).toEqual(expected);
  });

  test.each([1, 2, 100])('rolls keys up into common prefixes in pages of %i', async (size) => {
    fill();
    const { entries } = await listAll(`delimiter=/&max-keys=${size}`);
    expect(entries.filter((entry) => entry.startsWith('Prefix'))).toEqual(['Prefix a/']);
    expect(entries.filter((entry) => entry.includes(' b '))).toHaveLength(3);
  });

  test('takes a prefix literally', async () => {
    for (const key of ['a%b', 'a_b', 'axb']) bucket.put(key);
    const listed = await clientOf(sandbox).send(new ListObjectVersionsCommand({ Bucket, Prefix: 'a_' }));
    expect(listed.Versions?.map((version) => version.Key)).toEqual(['a_b']);
  });

  test.each([
    ['version-id-marker=x', 'A version-id marker cannot be specified without a key marker.'],
    ['key-marker=k&version-id-marker=', 'A version-id marker cannot be empty.'],
    ['key-marker=k&version-id-marker=x', 'Invalid version id specified'],
    ['max-keys=-1', 'Provided max-keys not an integer or within integer range'],
    ['encoding-type=xml', 'Invalid Encoding Method specified in Request'],
  ])('refuses %s', async (query, message) => {
    const answer = await rawRequest(sandbox, `/data?versions&${query}`);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain(`<Code>InvalidArgument</Code><Message>${message}</Message>`);
  });

  test('encodes keys when asked, and refers to what XML cannot carry when not', async () => {
    bucket.put('a b+c\u0001é/');
    const plain = await (await rawRequest(sandbox, '/data?versions')).text();
    expect(plain).toContain('<Key>a b+c&#x1;é/</Key>');
    const encoded = await (await rawRequest(sandbox, '/data?versions&encoding-type=url')).text();
    expect(encoded).toContain('<EncodingType>url</EncodingType>');
    expect(encoded).toContain('<Key>a+b%2Bc%01%C3%A9/</Key>');
  });

  test('caps a page at 1,000 entries', async () => {
    for (let index = 0; index < 1001; index += 1) bucket.put(`k${index}`);
    const listed = await clientOf(sandbox).send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 5000 }));
    expect([listed.Versions?.length, listed.IsTruncated]).toEqual([1000, true]);
  });
});

describe('ListObjectsV2', () => {
  test.each([1, 2, 1000])('leaves out deleted keys, in pages of %i', async (MaxKeys) => {
    for (const key of ['a/1', 'a/2', 'b', 'c', 'd/x']) bucket.put(key);
    bucket.addDeleteMarker('b');
    const found: (string | undefined)[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await clientOf(sandbox).send(
        new ListObjectsV2Command({ Bucket, Delimiter: '/', MaxKeys, ContinuationToken }),
      );
      found.push(...(page.Contents ?? []).map((object) => object.Key));
      found.push(...(page.CommonPrefixes ?? []).map((common) => common.Prefix));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    expect(found.toSorted()).toEqual(['a/', 'c', 'd/']);
  });
});

test('a large bucket is made and listed quickly', async () => {
  const ENTRIES = 200_000;
  // Of this process, whatever else the machine does.
  const cpuSeconds = () => Object.values(process.cpuUsage()).reduce((sum, part) => sum + part, 0) / 1e6;
  const started = cpuSeconds();
  for (let index = 0; index < ENTRIES / 2; index += 1) {
    const key = `folder/${String(index).padStart(8, '0')}`;
    bucket.put(key, { size: index });
    bucket.addDeleteMarker(key);
  }
  const pagesStarted = cpuSeconds();
  const PAGES = 20;
  let query = '/data?versions';
  for (let page = 0; page < PAGES; page += 1) {
    const xml = await (await rawRequest(sandbox, query)).text();
    const [, key] = /<NextKeyMarker>(.*?)</.exec(xml) ?? [];
    const [, versionId] = /<NextVersionIdMarker>(.*?)</.exec(xml) ?? [];
    query = `/data?versions&key-marker=${key}&version-id-marker=${versionId}`;
  }
  expect(bucket.entryCount).toBe(ENTRIES);
  // Wide limits: they are to catch a change of order (seconds to minutes), on a slow machine too.
  expect(pagesStarted - started).toBeLessThan(30);
  expect(cpuSeconds() - pagesStarted).toBeLessThan(30);
});
