import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDuckDb } from '../../src/engine/duckdb.ts';
import type { QueryEngine, QueryValue } from '../../src/engine/query-engine.ts';
import { parsedColumns } from '../../src/inventory/reader.ts';
import type { InventorySource } from '../../src/inventory/source.ts';
import { sqlText } from '../../src/render/sql.ts';

/** Texts of a CSV column and what DuckDB makes of them; `refused` where the plan stops. Both forms of each expression. */
const SIZES: readonly [text: string, value: string | 'refused'][] = [
  ['0', '0'],
  ['27280831', '27280831'],
  ['007', '7'],
  ['000000000000000000000000000012', '12'],
  ['9223372036854775807', '9223372036854775807'],
  ['9223372036854775808', 'refused'],
  ['18446744073709551616', 'refused'],
  ...[
    '',
    '-5',
    '-0',
    '+5',
    '1.0',
    '1.5',
    '5.',
    '1e3',
    '1_000',
    '0x1F',
    ' 12',
    '12 ',
    '1,000',
    '٣',
    'abc',
  ].map((text): [string, 'refused'] => [text, 'refused']),
];
const TIMES: readonly [text: string, value: string | 'refused'][] = [
  ['2025-08-22T11:01:00.000Z', '2025-08-22 11:01:00'],
  ['2025-08-22 11:01:00.000Z', '2025-08-22 11:01:00'],
  ['2024-02-29T24:00:00.000Z', '2024-03-01 00:00:00'],
  ['2025-08-22T11:01:00Z', '2025-08-22 11:01:00'],
  ['2025-08-22T11:01:00.5Z', '2025-08-22 11:01:00.5'],
  ['2025-08-22T11:01:00', '2025-08-22 11:01:00'],
  ['2025-08-22T11:01:00+02:00', '2025-08-22 09:01:00'],
  ['2025-08-22T11:01:00.000-03:30', '2025-08-22 14:31:00'],
  ['2025-08-22 11:01:00 NZ', '2025-08-21 23:01:00'],
  ...[
    ...['', '2025-08-22', '2025-08-22Z', '2025-08-22.000Z', '2025-08-22T11.000Z', '.000Z', 'now'],
    ...['2025-02-29T11:01:00.000Z', '2025-08-22T11:61:00.000Z', '2025-08-22T11:01:00+02:00.000Z'],
    ...['20250822T110100.000Z', '22/08/2025 11:01:00.000Z', '2025-08-22T11:01:00 NZ.000Z'],
  ].map((text): [string, 'refused'] => [text, 'refused']),
];

const SOURCE: InventorySource = {
  format: 'csv',
  location: 'inventory.csv',
  files: [],
  sourceColumns: [],
  columns: { size: { name: 'size', type: 'VARCHAR' }, last_modified: { name: 'time', type: 'VARCHAR' } },
  order: 'last-modified',
  csv: { hasHeader: true, compression: 'none' },
  takenAt: null,
  sourceBucket: null,
};

let engine: QueryEngine;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 's3-rewind-values-'));
  engine = await openDuckDb({ workFolder: join(folder, 'work'), memoryLimit: '100MB', threads: 1 });
});
afterAll(async () => {
  engine.close();
  await rm(folder, { recursive: true, force: true });
});

/** The value as text, read from a table as from a file, where the engine cannot work it out beforehand. */
async function parse(column: string, text: string): Promise<QueryValue | undefined> {
  const expression = parsedColumns(SOURCE).find(({ name }) => name === column)?.expression;
  await engine.run(`CREATE OR REPLACE TABLE texts AS SELECT ${sqlText(text)} AS "${column}"`);
  try {
    const [row] = await engine.rows(`SELECT CAST(${expression} AS varchar) AS value FROM texts`);
    return row?.value;
  } catch {
    return 'refused';
  }
}

test.each(SIZES)('the size %j is %s', async (text, value) => {
  expect(await parse('size', text)).toBe(value);
});

test.each(TIMES)('the time %j is %s', async (text, value) => {
  expect(await parse('time', text)).toBe(value);
});
