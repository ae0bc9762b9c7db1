import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance, type Json } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BENCH_POINT_IN_TIME, type GeneratedInventory, generateInventory } from '../../bench/generate.ts';
import { type KeyClass, MAX_COPY_OBJECT_BYTES, MAX_KEY_BYTES } from '../../src/s3/rollback.ts';

const ENTRIES = 60_000;
let folder: string;
let csv: GeneratedInventory;
let parquet: GeneratedInventory;
let rows: (sql: string) => Promise<Record<string, Json>[]>;
let close: () => void;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 's3-rewind-'));
  csv = await generateInventory({ entries: ENTRIES, format: 'csv', out: join(folder, 'a.csv') });
  parquet = await generateInventory({
    entries: ENTRIES,
    format: 'parquet',
    out: join(folder, 'a.parquet'),
    files: 3,
  });
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`CREATE TABLE csv AS SELECT * FROM read_csv('${join(folder, 'a.csv')}', header = true,
    auto_detect = false, columns = {bucket_name: 'VARCHAR', key_name: 'VARCHAR', version_id: 'VARCHAR',
    is_latest: 'BOOLEAN', delete_marker: 'BOOLEAN', size: 'BIGINT', last_modified: 'TIMESTAMP',
    storage_class: 'VARCHAR', e_tag: 'VARCHAR'})`);
  await connection.run(
    `CREATE TABLE parquet AS SELECT * FROM read_parquet('${join(folder, 'a-*.parquet')}')`,
  );
  rows = async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson();
  close = () => {
    connection.closeSync();
    instance.closeSync();
  };
});

afterAll(async () => {
  close();
  await rm(folder, { recursive: true, force: true });
});

async function number(sql: string): Promise<number> {
  const [row] = await rows(sql);
  return Number(Object.values(row ?? {})[0]);
}

const CSV_ENTRIES = `SELECT key_name AS key, is_latest AS current, delete_marker AS marker,
  epoch(last_modified)::int AS seconds, size::double AS size, storage_class AS class, e_tag LIKE '%-%' AS multipart,
  NULL AS tier, NULL AS encryption FROM csv`;
const PARQUET_ENTRIES = `SELECT key, is_latest AS current, is_delete_marker AS marker,
  epoch(last_modified_date)::int AS seconds, size::double AS size, storage_class AS class,
  is_multipart_uploaded AS multipart, intelligent_tiering_access_tier AS tier, encryption_status AS encryption
  FROM parquet`;

/** Bucket Rollback's classes, written down once more, key by key. */
function countClasses(entries: Record<string, Json>[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const stack of Map.groupBy(entries, ({ key }) => key).values()) {
    const name = classify(stack);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

function classify(stack: Record<string, Json>[]): KeyClass {
  const point = Date.parse(BENCH_POINT_IN_TIME) / 1000;
  const newestFirst = stack.toSorted(
    (a, b) => Number(b.current) - Number(a.current) || Number(b.seconds) - Number(a.seconds),
  );
  const after = newestFirst.filter(({ seconds }) => Number(seconds) > point);
  const before = newestFirst.filter(({ seconds }) => Number(seconds) <= point);
  const atPoint = before[0];
  const tied = before.filter(({ seconds }) => seconds === atPoint?.seconds);
  if (after.length > 0 && tied.length > 1 && !tied.every(({ marker }) => marker)) return 'ambiguous';
  if (atPoint?.multipart && Number(atPoint.seconds) >= point - 86_400) return 'suspect-multipart';
  if (after.length === 0) return 'unchanged';
  if (atPoint === undefined || atPoint.marker) {
    return newestFirst[0]?.marker ? 'already-absent' : 'add-delete-marker';
  }
  if (after.every(({ marker }) => marker)) return 'remove-delete-markers';
  if (atPoint.encryption === 'SSE-C') return 'uncopyable';
  const archived = ['GLACIER', 'DEEP_ARCHIVE'].includes(String(atPoint.class));
  if (archived || ['ARCHIVE', 'DEEP_ARCHIVE'].includes(String(atPoint.tier))) return 'copy-after-restore';
  return Number(atPoint.size) > MAX_COPY_OBJECT_BYTES ? 'copy-multipart' : 'copy';
}

const AFTER = `last_modified > '${BENCH_POINT_IN_TIME}'::timestamp`;

describe('a generated inventory', () => {
  test('is in the format of a listing', async () => {
    const [header, first] = (await readFile(join(folder, 'a.csv'), 'utf8')).split('\n', 2);
    expect(header).toBe(
      'bucket_name,key_name,version_id,is_latest,delete_marker,size,last_modified,storage_class,e_tag',
    );
    expect(first).toMatch(
      /^bench-bucket,[^,"]+,\w+,True,(True|False),\d*,\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z,\w*,("""[0-9a-f]+(-\d+)?""")?$/,
    );
    const odd = String.raw`select count(*) from csv where not regexp_full_match(key_name, '([A-Za-z0-9.\-*_/+]|%[0-9A-F]{2})+')`;
    expect(await number(odd)).toBe(0);
  });

  test('has exactly the entries and the share of changed keys that were asked for', async () => {
    expect(await number('SELECT count(*) FROM csv')).toBe(ENTRIES);
    const keys = await number('SELECT count(DISTINCT key_name) FROM csv');
    expect(keys).toBe(csv.layout.keys);
    expect(await number(`SELECT count(DISTINCT key_name) FROM csv WHERE ${AFTER}`)).toBe(
      Math.round(keys * 0.02),
    );
  });

  test('has one current entry a key, the newest, and no version ID twice', async () => {
    expect(await number('SELECT count(*) FROM csv WHERE is_latest')).toBe(csv.layout.keys);
    expect(
      await number(`SELECT count(*) FROM (SELECT key_name FROM csv GROUP BY key_name
        HAVING count(*) FILTER (is_latest) <> 1 OR max(last_modified) FILTER (is_latest) < max(last_modified)
          OR count(DISTINCT version_id) < count(*))`),
    ).toBe(0);
  });

  test('has keys in the order of their bytes within a file', async () => {
    expect(
      await number(`SELECT count(*) FROM (SELECT key, lag(key) OVER (ORDER BY file_row_number) AS before
        FROM read_parquet('${join(folder, 'a-0001.parquet')}', file_row_number = true)) WHERE before > key`),
    ).toBe(0);
  });

  test('has every class, in the numbers that it promises', async () => {
    expect(Object.keys(csv.classes).toSorted()).toEqual([
      ...['add-delete-marker', 'already-absent', 'ambiguous', 'copy', 'copy-after-restore'],
      ...['copy-multipart', 'remove-delete-markers', 'suspect-multipart', 'unchanged'],
    ]);
    const total = Object.values(csv.classes).reduce((sum, keys) => sum + keys, 0);
    expect(total).toBe(csv.layout.keys);
    expect(parquet.classes.uncopyable).toBeGreaterThan(0);
    for (const [source, generated] of [
      [CSV_ENTRIES, csv],
      [PARQUET_ENTRIES, parquet],
    ] as const) {
      expect(countClasses(await rows(source))).toEqual(generated.classes);
    }
  });

  test.each([
    ['keys that are encoded', 0.03, 0.06, 'key_name', `contains(key_name, '%') OR contains(key_name, '+')`],
    ['delete markers', 0.02, 0.1, '*', 'delete_marker'],
    ['archived versions', 0.005, 0.05, '*', `storage_class IN ('GLACIER', 'DEEP_ARCHIVE')`],
    ['multipart uploads', 0.005, 0.05, '*', `e_tag LIKE '"%-%"'`],
    ['null versions', 0.005, 0.05, '*', `version_id = 'null'`],
    ['versions over 5 GiB', 0.0001, 0.01, '*', `size > ${MAX_COPY_OBJECT_BYTES}`],
  ])('has %s in a share of %d to %d', async (_name, least, most, what, filter) => {
    const counted = what === '*' ? 'count(*)' : `count(DISTINCT ${what})`;
    const share =
      (await number(`SELECT ${counted} FROM csv WHERE ${filter}`)) /
      (await number(`SELECT ${counted} FROM csv`));
    expect(share).toBeGreaterThan(least);
    expect(share).toBeLessThan(most);
  });

  test('has ordinary keys of a realistic length', async () => {
    const [lengths] = await rows(`SELECT min(strlen(key))::int AS least, max(strlen(key))::int AS most
      FROM parquet WHERE key[1] BETWEEN 'a' AND 'z'`);
    expect(lengths?.least).toBeGreaterThanOrEqual(30);
    expect(lengths?.most).toBeLessThanOrEqual(90);
  });

  test('has hostile keys, up to the limit of S3, that decode to the same in CSV and Parquet', async () => {
    expect(await number(`SELECT max(strlen(key)) FROM parquet`)).toBe(MAX_KEY_BYTES);
    for (const text of ['"', '\n', '|', '<!--', '@everyone', '${', '{{', '=cmd', '😀']) {
      expect(await number(`SELECT count(*) FROM parquet WHERE contains(key, '${text}')`)).toBeGreaterThan(0);
    }
    expect(
      await number(`SELECT count(*) FROM (SELECT url_decode(replace(key_name, '+', '%20')) FROM csv
        EXCEPT SELECT key FROM parquet)`),
    ).toBe(0);
  });
});

test('the same seed gives the same bytes, another seed gives others', async () => {
  const digest = async (name: string) =>
    createHash('sha256')
      .update(await readFile(join(folder, name)))
      .digest('hex');
  const options = { entries: ENTRIES, format: 'csv' } as const;
  await generateInventory({ ...options, out: join(folder, 'b.csv') });
  await generateInventory({ ...options, out: join(folder, 'c.csv'), seed: 2 });
  expect(await digest('b.csv')).toBe(await digest('a.csv'));
  expect(await digest('c.csv')).not.toBe(await digest('a.csv'));
});
