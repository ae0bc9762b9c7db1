import { ListObjectsV2Command, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import type { ConformanceCase } from '../case.ts';
import { xmlText, xmlTexts } from '../exchange.ts';
import type { ServerUnderTest } from '../server-under-test.ts';

/** Entries of a listing in document order: V or M, and the key. */
function entriesOf(body: string): string[] {
  return [...body.matchAll(/<(Version|DeleteMarker)>(.*?)<\/\1>/gs)].map(
    ([, tag, inner = '']) => `${tag === 'Version' ? 'V' : 'M'} ${xmlText(inner, 'Key')}`,
  );
}

/** V1, M, V2 under `a`, and V1, M under `b`. */
async function stacks(server: ServerUnderTest): Promise<string> {
  const Bucket = await server.newBucket();
  await server.put(Bucket, 'a');
  await server.mark(Bucket, 'a');
  await server.put(Bucket, 'a');
  await server.put(Bucket, 'b');
  await server.mark(Bucket, 'b');
  return Bucket;
}

/** All pages of a size, in document order. */
async function pages(server: ServerUnderTest, Bucket: string, MaxKeys: number): Promise<string[]> {
  const entries: string[] = [];
  let KeyMarker: string | undefined;
  let VersionIdMarker: string | undefined;
  for (let page = 0; page < 20; page += 1) {
    const { body } = await server.exchange(
      new ListObjectVersionsCommand({ Bucket, MaxKeys, KeyMarker, VersionIdMarker }),
    );
    entries.push(...entriesOf(body));
    if (xmlText(body, 'IsTruncated') !== 'true') return entries;
    KeyMarker = xmlText(body, 'NextKeyMarker');
    VersionIdMarker = xmlText(body, 'NextVersionIdMarker');
  }
  return [...entries, 'and no end'];
}

const STACKS = ['V a', 'M a', 'V a', 'M b', 'V b'];

export const LISTING_CASES: readonly ConformanceCase[] = [
  {
    name: 'a listing holds versions and delete markers in one sequence, newest first',
    page: 'API_ListObjectVersions',
    run: async (server) => {
      const Bucket = await stacks(server);
      return entriesOf((await server.exchange(new ListObjectVersionsCommand({ Bucket }))).body);
    },
    expected: STACKS,
  },
  {
    name: 'pages of one entry tell the same sequence',
    page: 'API_ListObjectVersions',
    run: async (server) => pages(server, await stacks(server), 1),
    expected: STACKS,
  },
  {
    name: 'pages of two entries tell the same sequence',
    page: 'API_ListObjectVersions',
    run: async (server) => pages(server, await stacks(server), 2),
    expected: STACKS,
  },
  {
    name: 'the newest entry of each key is the latest',
    page: 'API_ObjectVersion',
    run: async (server) => {
      const Bucket = await stacks(server);
      const { body } = await server.exchange(new ListObjectVersionsCommand({ Bucket }));
      return xmlTexts(body, 'IsLatest');
    },
    expected: ['true', 'false', 'false', 'true', 'false'],
  },
  {
    name: 'times in a listing are whole seconds',
    page: 'undocumented: S3 shows whole seconds in every published example (API_ListObjectVersions)',
    run: async (server) => {
      const Bucket = await stacks(server);
      const { body } = await server.exchange(new ListObjectVersionsCommand({ Bucket }));
      return xmlTexts(body, 'LastModified').every((time) => /^[-\d]+T[:\d]+\.000Z$/.test(time));
    },
    expected: true,
  },
  {
    name: 'a listing goes on behind a version that was removed meanwhile',
    page: 'API_ListObjectVersions',
    run: async (server) => {
      const Bucket = await stacks(server);
      const first = await server.exchange(new ListObjectVersionsCommand({ Bucket, MaxKeys: 2 }));
      const VersionIdMarker = xmlText(first.body, 'NextVersionIdMarker') ?? '';
      await server.remove(Bucket, 'a', VersionIdMarker);
      const rest = await server.exchange(
        new ListObjectVersionsCommand({ Bucket, KeyMarker: 'a', VersionIdMarker }),
      );
      return entriesOf(rest.body);
    },
    expected: ['V a', 'M b', 'V b'],
  },
  {
    name: 'a key marker alone goes on behind all versions of the key',
    page: 'API_ListObjectVersions',
    run: async (server) => {
      const Bucket = await stacks(server);
      const { body } = await server.exchange(new ListObjectVersionsCommand({ Bucket, KeyMarker: 'a' }));
      return entriesOf(body);
    },
    expected: ['M b', 'V b'],
  },
  {
    name: 'a version-id marker without a key marker is refused',
    page: 'API_ListObjectVersions',
    run: async (server) => {
      const Bucket = await server.newBucket();
      return server.refusal(new ListObjectVersionsCommand({ Bucket, VersionIdMarker: 'null' }));
    },
    expected: [400, 'InvalidArgument'],
  },
  {
    name: 'a page size of 0 is an empty page without a next one',
    page: 'API_ListObjectVersions',
    run: async (server) => {
      const Bucket = await stacks(server);
      const { body } = await server.exchange(new ListObjectVersionsCommand({ Bucket, MaxKeys: 0 }));
      return [entriesOf(body), xmlText(body, 'IsTruncated')];
    },
    expected: [[], 'false'],
  },
  {
    name: 'keys are in the order of their UTF-8 bytes',
    page: 'API_ListObjectsV2',
    run: async (server) => {
      const Bucket = await server.newBucket();
      for (const key of ['😀', '\uffe6', 'é', 'b', 'B', 'a/b', 'a-b']) await server.put(Bucket, key);
      const { body } = await server.exchange(new ListObjectVersionsCommand({ Bucket }));
      return xmlTexts(body, 'Key');
    },
    expected: ['B', 'a-b', 'a/b', 'b', 'é', '\uffe6', '😀'],
  },
  {
    name: 'encoding-type=url encodes keys, a space as a plus sign, and says so',
    page: 'API_ListObjectVersions',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'a b+c&é/d');
      const { body } = await server.exchange(new ListObjectVersionsCommand({ Bucket, EncodingType: 'url' }));
      return [xmlText(body, 'Key'), xmlText(body, 'EncodingType')];
    },
    expected: ['a+b%2Bc%26%C3%A9/d', 'url'],
  },
  {
    name: 'an unknown encoding type is refused',
    page: 'API_ListObjectVersions',
    run: async (server) => {
      const Bucket = await server.newBucket();
      return server.refusal(new ListObjectVersionsCommand({ Bucket, EncodingType: 'xml' as 'url' }));
    },
    expected: [400, 'InvalidArgument'],
  },
  {
    name: 'keys that XML must escape come back as they were',
    page: 'userguide/object-keys',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const keys = ['&amp;', '<a>"\'', 'c\rd', 'e\nf', 'g\th', ' i '];
      for (const key of keys) await server.put(Bucket, key);
      const { Versions } = await server.client.send(new ListObjectVersionsCommand({ Bucket }));
      const found = new Set(Versions?.map((version) => version.Key));
      return keys.filter((key) => !found.has(key));
    },
    expected: [],
  },
  {
    name: 'a prefix is literal, and a delimiter rolls keys up',
    page: 'userguide/using-prefixes',
    run: async (server) => {
      const Bucket = await server.newBucket();
      for (const key of ['a%/1', 'a_/1', 'a_/2', 'a_c', 'b']) await server.put(Bucket, key);
      await server.mark(Bucket, 'a_/1');
      const { body } = await server.exchange(
        new ListObjectVersionsCommand({ Bucket, Prefix: 'a_', Delimiter: '/' }),
      );
      const rolledUp = /<CommonPrefixes>\s*<Prefix>([^<]*)/.exec(body)?.[1];
      return [entriesOf(body), rolledUp];
    },
    expected: [['V a_c'], 'a_/'],
  },
  {
    name: 'ListObjectsV2 leaves out keys under a delete marker',
    page: 'userguide/DeleteMarker',
    run: async (server) => {
      const Bucket = await stacks(server);
      const { Contents } = await server.client.send(new ListObjectsV2Command({ Bucket }));
      return Contents?.map((object) => object.Key);
    },
    expected: ['a'],
  },
];
