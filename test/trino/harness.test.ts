import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { queryTrino, TrinoError, trinoRows } from './client.ts';

const url = inject('trinoUrl');
const root = inject('trinoRoot');

test('runs queries in UTC, and says why one fails', async () => {
  const rows = await trinoRows(
    url,
    'SELECT current_timezone() AS zone, CAST(9007199254740993 AS varchar) AS big',
  );
  expect(rows).toEqual([{ zone: 'UTC', big: '9007199254740993' }]);
  await expect(queryTrino(url, 'SELECT 1 / 0')).rejects.toThrow(TrinoError);
});

test('reads files of a local folder as a table, and writes tables', async () => {
  await mkdir(join(root, 'harness/in'), { recursive: true });
  await writeFile(join(root, 'harness/in/a.csv'), '"b","k%20 1"\n"b","k2"\n');
  await queryTrino(url, 'CREATE SCHEMA harness');
  await queryTrino(
    url,
    "CREATE TABLE harness.t (bucket varchar, key varchar) WITH (format = 'CSV', external_location = 'local:///harness/in')",
  );
  expect(await trinoRows(url, 'SELECT key FROM harness.t ORDER BY key')).toEqual([
    { key: 'k%20 1' },
    { key: 'k2' },
  ]);
  await queryTrino(url, "CREATE TABLE harness.o WITH (format = 'ORC') AS SELECT * FROM harness.t");
  expect(await readdir(join(root, 'metastore/harness/o'))).not.toEqual([]);
  const { stats } = await queryTrino(url, 'SELECT count(*) FROM harness.o WHERE bucket IS NOT NULL');
  expect(stats.physicalInputBytes).toBeGreaterThan(0);
});
