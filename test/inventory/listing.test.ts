import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Bucket } from '../../sandbox/bucket.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { openDuckDb } from '../../src/engine/duckdb.ts';
import { PartialFolder } from '../../src/inventory/listing/partial-folder.ts';
import { type ListPage, listBucket } from '../../src/inventory/listing.ts';
import { propertyRuns } from '../property-runs.ts';
import { memoryPages, stacksOf } from './listing-pages.ts';
import {
  expectedRows,
  listingOptions,
  listRows,
  pagesOf,
  readRows,
  rowText,
  withFolder,
} from './listing-store.ts';

let sandbox: Sandbox;
let bucket: Bucket;

beforeEach(async () => {
  sandbox = await startSandbox({ seed: 11 });
  bucket = sandbox.createBucket('data', { versioning: 'Enabled' });
});
afterEach(() => sandbox.stop());

function fill(keys: Iterable<string>, depth = 2): void {
  for (const key of keys) {
    for (let version = 0; version < depth; version += 1) {
      if (version % 2 === 1) bucket.addDeleteMarker(key);
      else bucket.put(key, { body: `${version}` });
    }
  }
}

const numbered = (count: number, prefix = 'data/part-') =>
  Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(6, '0')}`);

const hostile = [
  'a b+c%20,"quoted"',
  'line\nbreak\r\n',
  '=cmd|x',
  '<!-- @name {{}} -->',
  '&amp;',
  'é/ü/漢字/🙂',
  '\u{10ffff}',
  'x\u0001y',
  '../up',
  '//',
  ' ',
];

describe('every entry exactly once, in document order', () => {
  // Any texts as keys, stacks of any depth, pages of any size: nothing but the order of S3 is taken for granted.
  const stacks = fc
    .array(
      fc.tuple(
        fc.oneof(
          fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
          fc.string({ unit: fc.constantFrom('0', '1', '9', 'a', 'z', '/', '~'), minLength: 1, maxLength: 6 }),
          fc.constantFrom(...hostile),
        ),
        fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 4 }) }, fc.integer({ min: 30, max: 60 })),
      ),
      { minLength: 1, maxLength: 60 },
    )
    .map((pairs) => stacksOf(new Map(pairs)));

  test.each([true, false])('any keys and stacks, keys encoded: %s', async (encoded) => {
    await fc.assert(
      fc.asyncProperty(
        stacks,
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 12 }),
        async (entries, pageSize, concurrency) => {
          const { rows, result } = await listRows(memoryPages(entries, pageSize, encoded), { concurrency });
          expect(rows).toEqual(
            entries.map((entry) => rowText(entry.key, entry.versionId, entry.isLatest, entry.isDeleteMarker)),
          );
          expect(result.keys).toBe(new Set(entries.map(({ key }) => key)).size);
        },
      ),
      { numRuns: propertyRuns(15) },
    );
  });

  test.each([
    ['numbered keys', () => fill(numbered(5000))],
    ['hostile keys', () => fill([...hostile, ...numbered(1500, 'é/🙂-')])],
    [
      'one giant stack among others',
      () => {
        fill(numbered(1500));
        fill(['data/part-000700x'], 5001);
      },
    ],
    ['deep stacks', () => fill(numbered(60), 120)],
    [
      'hashes',
      () =>
        fill(Array.from({ length: 3000 }, (_, index) => (Math.imul(index, 0x9e3779b1) >>> 0).toString(16))),
    ],
    [
      'folders of very different size',
      () =>
        fill(
          Array.from(
            { length: 3000 },
            (_, index) => `${'abc'[index % 3]}/${index % 7 === 0 ? 'x' : 'y/z'}/${index}`,
          ),
        ),
    ],
  ])('%s over HTTP', async (_, prepare) => {
    prepare();
    sandbox.latencyMs = 3;
    const { rows } = await listRows(pagesOf(sandbox));
    expect(rows).toEqual(expectedRows(bucket));
  });

  test('several prefixes, taken literally', async () => {
    fill([
      ...numbered(1500, 'a/'),
      ...numbered(1300, 'a_/'),
      ...numbered(10, 'ab/'),
      ...numbered(1300, 'b%/'),
    ]);
    const prefixes = ['a_', 'b%/', 'nothing/'];
    const { rows } = await listRows(pagesOf(sandbox), { prefixes });
    expect(rows).toEqual(expectedRows(bucket, prefixes));
  });

  test('an empty bucket makes an empty file', async () => {
    const { rows, result } = await listRows(pagesOf(sandbox));
    expect([rows, result.entries]).toEqual([[], 0]);
  });
});

test('many requests are under way at a time, and few of them in vain', async () => {
  fill(numbered(20_000));
  let most = 0;
  let now = 0;
  const pages = pagesOf(sandbox);
  const listPage: ListPage = async (request, signal) => {
    now += 1;
    most = Math.max(most, now);
    try {
      return await pages(request, signal);
    } finally {
      now -= 1;
    }
  };
  sandbox.latencyMs = 20;
  const { result } = await listRows(listPage);
  expect(most).toBe(8);
  expect(result.requests).toBeLessThan(2 * 40);
});

test('Parquet has the columns of S3 Inventory, keys as they are, null version IDs and whole seconds or finer', async () => {
  bucket.versioning = 'Suspended';
  bucket.put('a b/é', { body: 'x', lastModified: '2025-08-22T11:01:00Z' });
  bucket.versioning = 'Enabled';
  bucket.addDeleteMarker('a b/é', { versionId: 'marker' });
  await withFolder(async (folder) => {
    const out = join(folder, 'versions.parquet');
    const now = new Date('2026-01-02T03:04:05.678Z');
    await listBucket(pagesOf(sandbox), listingOptions(out, { format: 'parquet', now }));
    const engine = await openDuckDb({ workFolder: folder, memoryLimit: '200MB' });
    const rows = await engine.rows(`SELECT * FROM '${out}'`);
    const types = await engine.rows(`DESCRIBE SELECT * FROM '${out}'`);
    engine.close();
    expect(rows).toMatchObject([
      {
        bucket: 'data',
        key: 'a b/é',
        version_id: 'marker',
        is_latest: true,
        is_delete_marker: true,
        size: null,
        storage_class: null,
        e_tag: null,
        ordinal: '0',
      },
      {
        version_id: 'null',
        is_latest: false,
        is_delete_marker: false,
        size: '1',
        last_modified_date: '2025-08-22 11:01:00',
        storage_class: 'STANDARD',
        e_tag: '9dd4e461268c8034f5c8564e155c67a6',
        ordinal: '1',
      },
    ]);
    expect(types.map((column) => `${column.column_name} ${column.column_type}`)).toContain(
      'last_modified_date TIMESTAMP',
    );
    expect(await readdir(folder)).toEqual(['versions.parquet']);
  });
});

describe('bad days', () => {
  test('a storm of 503 slows it down and loses nothing', async () => {
    fill(numbered(4000));
    sandbox.faults.add({ operation: 'ListObjectVersions', probability: 0.4, effect: 'slow-down' });
    const { rows, result } = await listRows(pagesOf(sandbox));
    expect(rows).toEqual(expectedRows(bucket));
    expect(result.retries).toBeGreaterThan(0);
  });

  test.each(['reset', 'reset-after', 'internal-error'] as const)('%s is tried again', async (effect) => {
    fill(numbered(3000));
    sandbox.faults.add({ operation: 'ListObjectVersions', probability: 0.3, effect });
    expect((await listRows(pagesOf(sandbox))).rows).toEqual(expectedRows(bucket));
  });

  test('an answer that is cut off, or an error in disguise, is tried again', async () => {
    const entries = stacksOf(new Map([['a', 3]]));
    const pages = memoryPages(entries, 2);
    let requests = 0;
    const listPage: ListPage = async (request, signal) => {
      requests += 1;
      const xml = await pages(request, signal);
      if (requests === 1) return xml.slice(0, 200);
      return requests === 2 ? '<Error><Code>InternalError</Code></Error>' : xml;
    };
    expect((await listRows(listPage)).rows).toHaveLength(3);
  });

  test('retries end', async () => {
    sandbox.faults.add({ effect: 'slow-down' });
    await expect(listRows(pagesOf(sandbox), { retries: 2 })).rejects.toMatchObject({ code: 'S3_FAILED' });
  });

  test.each([
    ['the same page again', () => ({ key: 'a', versionId: 'v000002' })],
    ['an earlier page', (page: number) => ({ key: page < 3 ? 'b' : 'a', versionId: `v${page}` })],
    ['a circle of three', (page: number) => ({ key: 'b', versionId: `v${page % 3}` })],
  ])('%s: stuck', async (_, next) => {
    let page = 0;
    const listPage: ListPage = async () => {
      page += 1;
      const { key, versionId } = next(page);
      return `<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>${key}</NextKeyMarker><NextVersionIdMarker>${versionId}</NextVersionIdMarker></ListVersionsResult>`;
    };
    await expect(listRows(listPage)).rejects.toMatchObject({ code: 'LISTING_STUCK' });
    expect(page).toBeLessThan(20);
  });

  test.each([
    ['more, but not where', '<IsTruncated>true</IsTruncated>', 'LISTING_STUCK'],
    [
      'keys out of order',
      `<IsTruncated>false</IsTruncated>${version('b', true)}${version('a', true)}`,
      'LISTING_OUT_OF_ORDER',
    ],
    [
      'the current entry below another',
      `<IsTruncated>false</IsTruncated>${version('a', false)}${version('a', true, '2')}`,
      'LISTING_OUT_OF_ORDER',
    ],
    [
      'two current entries, always',
      `<IsTruncated>false</IsTruncated>${version('a', true)}${version('a', true, '2')}`,
      'LISTING_CHANGED',
    ],
    [
      'a version twice',
      `<IsTruncated>false</IsTruncated>${version('a', true)}${version('a', false)}`,
      'LISTING_OUT_OF_ORDER',
    ],
  ])('%s: refused', async (_, content, code) => {
    await expect(
      listRows(async () => `<ListVersionsResult>${content}</ListVersionsResult>`),
    ).rejects.toMatchObject({ code });
  });
});

test('a stack that has no end when it is read again', async () => {
  const two = `${version('a', false)}${version('a', false, '2')}`;
  const again = `<IsTruncated>true</IsTruncated><NextKeyMarker>a</NextKeyMarker><NextVersionIdMarker>2</NextVersionIdMarker>${two}`;
  const whole = `<IsTruncated>false</IsTruncated>${two}${version('b', true)}`;
  const listPage: ListPage = async ({ prefix }) =>
    `<ListVersionsResult>${prefix === 'a' ? again : whole}</ListVersionsResult>`;
  await expect(listRows(listPage)).rejects.toMatchObject({ code: 'LISTING_STUCK' });
});

function version(key: string, isLatest: boolean, id = '1'): string {
  return `<Version><Key>${key}</Key><VersionId>${id}</VersionId><IsLatest>${isLatest}</IsLatest><Size>1</Size></Version>`;
}

test.each([2, 3, 400])('a stack of %i that changes between two pages is read again', async (depth) => {
  const stored = stacksOf(
    new Map([
      ['a', 3],
      ['b', depth],
      ['b/c', 2],
      ['c', 2],
    ]),
  );
  let pages = 0;
  // The first page ends below the current entry of b, which is deleted for good then: a second one becomes current.
  const listPage: ListPage = async (request, signal) => {
    pages += 1;
    if (pages === 2) {
      stored.splice(3, 1);
      const [, , , top] = stored;
      if (top !== undefined) top.isLatest = true;
    }
    return memoryPages(stored, 4)(request, signal);
  };
  const { rows, result } = await listRows(listPage, { concurrency: 1 });
  expect(rows).toEqual(
    stored.map((entry) => rowText(entry.key, entry.versionId, entry.isLatest, entry.isDeleteMarker)),
  );
  expect([result.entries, result.keys]).toEqual([stored.length, 4]);
});

test('a writer during the listing never leaves a key with none or two current entries', async () => {
  fill(numbered(300), 25);
  let turn = 0;
  const stop = sandbox.on('after', (operation) => {
    if (operation !== 'ListObjectVersions') return;
    for (let index = 0; index < 40; index += 1) {
      turn += 1;
      const key = numbered(300)[(turn * 7) % 300] ?? '';
      if (turn % 3 === 0) bucket.addDeleteMarker(key);
      else if (turn % 3 === 1) bucket.put(key, { body: `${turn}` });
      else bucket.remove(key, bucket.current(key)?.versionId ?? '');
    }
  });
  const { rows } = await listRows(pagesOf(sandbox), { concurrency: 4 });
  stop();
  const currents = new Map<string, number>();
  for (const row of rows) {
    const [key, , isLatest] = JSON.parse(row) as [string, string, boolean];
    currents.set(key, (currents.get(key) ?? 0) + (isLatest ? 1 : 0));
  }
  expect([...currents.values()].every((count) => count === 1)).toBe(true);
  expect(new Set(rows).size).toBe(rows.length);
});

test('nothing is overwritten, and an aborted listing goes on where it was', async () => {
  fill(numbered(6000));
  await withFolder(async (folder) => {
    const out = join(folder, 'versions.csv');
    const abort = new AbortController();
    let pages = 0;
    const inner = pagesOf(sandbox);
    const listPage: ListPage = async (request, signal) => {
      pages += 1;
      if (pages === 6) abort.abort(new Error('stopped'));
      return inner(request, signal);
    };
    await expect(listBucket(listPage, listingOptions(out, { signal: abort.signal }))).rejects.toThrow(
      'stopped',
    );
    expect(await readdir(folder)).toEqual(['versions.csv.partial']);
    await expect(listBucket(inner, listingOptions(out))).rejects.toMatchObject({
      code: 'LISTING_NOT_RESUMABLE',
    });
    const other = listingOptions(out, { resume: true, prefixes: ['data/'] });
    await expect(listBucket(inner, other)).rejects.toMatchObject({ code: 'LISTING_NOT_RESUMABLE' });
    const later = new Date('2026-02-02T00:00:00Z');
    const resumed = await listBucket(inner, listingOptions(out, { resume: true, now: later }));
    expect(resumed.takenAt).toEqual(listingOptions(out).now);
    expect(await readRows(out)).toEqual(expectedRows(bucket));
    await expect(listBucket(inner, listingOptions(out))).rejects.toMatchObject({ code: 'OUTPUT_NOT_EMPTY' });
  });
});

test.each([
  ['before its parts were removed', async () => {}],
  ['before the file had its name', (out: string) => rename(out, `${out}.partial/result.csv`)],
])('a listing that was killed at its very end, %s, ends the next time', async (_, undo) => {
  fill(numbered(50));
  await withFolder(async (folder) => {
    const out = join(folder, 'versions.csv');
    vi.spyOn(PartialFolder.prototype, 'remove').mockRejectedValueOnce(new Error('killed'));
    await expect(listBucket(pagesOf(sandbox), listingOptions(out))).rejects.toThrow('killed');
    await undo(out);
    const result = await listBucket(pagesOf(sandbox), listingOptions(out, { resume: true }));
    expect([result.entries, result.keys]).toEqual([100, 50]);
    expect(await readRows(out)).toEqual(expectedRows(bucket));
    expect(await readdir(folder)).toEqual(['versions.csv']);
  });
});

test('two commands never list into one place', async () => {
  fill(numbered(10));
  await withFolder(async (folder) => {
    const out = join(folder, 'versions.csv');
    const asked = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const slowly: ListPage = async (request, signal) => {
      asked.resolve();
      await goOn.promise;
      return pagesOf(sandbox)(request, signal);
    };
    const first = listBucket(slowly, listingOptions(out));
    await asked.promise;
    for (const resume of [false, true]) {
      await expect(listBucket(pagesOf(sandbox), listingOptions(out, { resume }))).rejects.toMatchObject({
        code: 'LISTING_IN_USE',
      });
    }
    goOn.resolve();
    await first;
    expect(await readRows(out)).toEqual(expectedRows(bucket));
  });
});
