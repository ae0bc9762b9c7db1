import { describe, expect, test } from 'vitest';
import { chooseAthena, type EngineChoice } from '../../src/cli/choose-engine.ts';
import type { InventorySource } from '../../src/inventory/source.ts';

/** Which engine makes a plan, by what is asked for and by what the report is. */

const URL = 's3://reports/p/2025-08-24T01-00Z/manifest.json';

function open(format: InventorySource['format'], bytes: number) {
  return async (): Promise<InventorySource> => ({
    format,
    location: URL,
    files: [{ path: 's3://reports/p/data/1', bytes, expectedMd5: null }],
    sourceColumns: [],
    columns: {},
    order: 'last-modified',
    csv: null,
    takenAt: null,
    sourceBucket: null,
  });
}

const small = open('s3-inventory-parquet', 1_000);
const given: EngineChoice = { inventory: [URL], recordBucket: 'record' };

test.each<[name: string, options: EngineChoice, opened: typeof small, reason: RegExp | null]>([
  ['a small report', given, small, null],
  ['a large report', given, open('s3-inventory-parquet', 20_000_000_001), /20 GB|18\.6 GiB|too much/],
  ['ORC', given, open('s3-inventory-orc', 1_000), /ORC/],
  ['ORC without a record bucket', { inventory: [URL] }, open('s3-inventory-orc', 1_000), null],
  ['a small report that Athena is asked for', { ...given, engine: 'athena' }, small, /asked for/],
  [
    'a large report that DuckDB is asked for',
    { ...given, engine: 'duckdb' },
    open('s3-inventory-orc', 1e12),
    null,
  ],
  ['a local file', { ...given, inventory: ['versions.csv'] }, small, null],
  ['two reports', { ...given, inventory: [URL, URL] }, small, null],
  ['a live listing', { recordBucket: 'record', list: true }, small, null],
])('%s', async (_name, options, opened, reason) => {
  const choice = await chooseAthena(options, opened);
  if (reason === null) expect(choice).toBe(null);
  else expect(choice?.reason).toMatch(reason);
});

test('the workgroup is that of the bootstrap stack unless another is named', async () => {
  const asked = { ...given, engine: 'athena' };
  expect((await chooseAthena(asked, small))?.workGroup).toBe('s3-rewind-plan');
  expect((await chooseAthena({ ...asked, workGroup: 'mine' }, small))?.workGroup).toBe('mine');
});

describe('Athena cannot be had', () => {
  test.each<[name: string, options: EngineChoice, hint: RegExp]>([
    ['without a record bucket', { inventory: [URL] }, /record bucket/],
    ['for a local file', { ...given, inventory: ['versions.csv'] }, /manifest\.json/],
    ['for a listing', { recordBucket: 'record', list: true }, /manifest\.json/],
  ])('%s', async (_name, options, hint) => {
    const error = await chooseAthena({ ...options, engine: 'athena' }, small).catch(
      (cause: unknown) => cause,
    );
    expect(error).toMatchObject({ code: 'INVALID_OPTION', hint: expect.stringMatching(hint) });
  });
});
