import { describe, expect, test } from 'vitest';
import {
  chooseEngine,
  chooseReportEngine,
  type EngineCalls,
  type EngineOptions,
} from '../../src/cli/choose-engine.ts';
import type { FoundSource } from '../../src/cli/find-source.ts';
import type { FoundReport } from '../../src/inventory/s3-inventory.ts';
import type { InventorySource } from '../../src/inventory/source.ts';
import { tablesAt } from '../metadata/tables.ts';

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
const given: EngineOptions = { inventory: [URL], recordBucket: 'record' };
const nothing = () => Promise.reject(new Error('nothing was to be looked for'));
const calls = (change: Partial<EngineCalls> = {}): EngineCalls => ({ open: small, find: nothing, ...change });

const MADE_HERE = { engine: 'duckdb', found: null };
const byAthena = (reason: RegExp) => ({ engine: 'athena', reason: expect.stringMatching(reason) });

const NAMED: [name: string, options: EngineOptions, opened: typeof small, choice: object][] = [
  [
    'a small report',
    given,
    small,
    { ...MADE_HERE, reason: 'the report has 1 kB, little enough to bring to one machine' },
  ],
  ['a large report', given, open('s3-inventory-parquet', 20_000_000_001), byAthena(/20 GB, too much/)],
  ['ORC', given, open('s3-inventory-orc', 1_000), byAthena(/ORC/)],
  [
    'ORC without a record bucket',
    { inventory: [URL] },
    open('s3-inventory-orc', 1_000),
    { ...MADE_HERE, reason: null },
  ],
  [
    'a small report that Athena is asked for',
    { ...given, engine: 'athena' },
    small,
    byAthena(/^it was asked for$/),
  ],
  [
    'a large report that DuckDB is asked for',
    { ...given, engine: 'duckdb' },
    open('s3-inventory-orc', 1e12),
    { ...MADE_HERE, reason: null },
  ],
  ['a local file', { ...given, inventory: ['versions.csv'] }, small, { ...MADE_HERE, reason: null }],
  ['two reports', { ...given, inventory: [URL, URL] }, small, { ...MADE_HERE, reason: null }],
  ['a live listing', { recordBucket: 'record', list: true }, small, { ...MADE_HERE, reason: null }],
];

test.each(NAMED)('named: %s', async (_name, options, opened, choice) => {
  expect(await chooseEngine(options, calls({ open: opened }))).toMatchObject(choice);
  // An extension chooses in the same way.
  expect(await chooseReportEngine(options, opened)).toMatchObject(choice);
});

const tables = tablesAt((table) => [table]);
const found = (choice: FoundSource['choice']): FoundSource => ({
  choice,
  considered: [
    { source: 's3-metadata', name: null, chosen: false, reason: 'none is configured' },
    { source: 's3-inventory', name: 'daily', chosen: false, reason: 'it lists current versions only' },
    { source: 'listing', name: null, chosen: true, reason: 'nothing else serves' },
  ],
});
const report = (format: FoundReport['format'], bytes: number) =>
  found({
    source: 's3-inventory',
    report: {
      configuration: 'daily',
      location: URL,
      format,
      takenAt: new Date(0),
      files: [{ key: 'a', bytes, md5: '' }],
      columns: [],
    },
  });

describe.each<[asked: string, options: EngineOptions]>([
  ['nothing', { recordBucket: 'record' }],
  ['auto', { recordBucket: 'record', inventory: ['auto'] }],
  ['s3-inventory', { recordBucket: 'record', inventory: ['s3-inventory'] }],
])('found, with %s as the inventory', (asked, options) => {
  test.each<[name: string, source: FoundSource, engine: string, reason: RegExp]>([
    ['S3 Metadata', found({ source: 's3-metadata', tables }), 'athena', /S3 Metadata/],
    ['an ORC report', report('ORC', 1_000), 'athena', /ORC/],
    ['a large report', report('CSV', 20_000_000_001), 'athena', /too much/],
    ['a small report', report('Parquet', 1_000), 'duckdb', /little enough/],
    ['a listing', found({ source: 'listing' }), 'duckdb', /where it is made/],
  ])('%s', async (_name, source, engine, reason) => {
    const looked: boolean[] = [];
    const find = async (reportOnly: boolean) => {
      looked.push(reportOnly);
      return source;
    };
    const choice = await chooseEngine(options, calls({ find }));
    expect(choice).toMatchObject({ engine, reason: expect.stringMatching(reason), found: source });
    expect(looked).toEqual([asked === 's3-inventory']);
  });
});

test('DuckDB that is asked for, or no record bucket: nothing is looked for on behalf of Athena', async () => {
  expect(await chooseEngine({ recordBucket: 'record', engine: 'duckdb' }, calls())).toMatchObject(MADE_HERE);
  expect(await chooseEngine({}, calls())).toMatchObject(MADE_HERE);
});

test('the workgroup is that of the bootstrap stack unless another is named', async () => {
  const asked = { ...given, engine: 'athena' };
  expect(await chooseEngine(asked, calls())).toMatchObject({ place: { workGroup: 's3-rewind-plan' } });
  expect(await chooseEngine({ ...asked, workGroup: 'mine' }, calls())).toMatchObject({
    place: { workGroup: 'mine' },
  });
});

describe('Athena cannot be had', () => {
  test.each<[name: string, options: EngineOptions, hint: RegExp]>([
    ['without a record bucket', { inventory: [URL] }, /record bucket/],
    ['for a local file', { ...given, inventory: ['versions.csv'] }, /manifest\.json/],
    ['for a listing', { recordBucket: 'record', list: true }, /manifest\.json/],
  ])('%s', async (_name, options, hint) => {
    const error = await chooseEngine({ ...options, engine: 'athena' }, calls()).catch(
      (cause: unknown) => cause,
    );
    expect(error).toMatchObject({ code: 'INVALID_OPTION', hint: expect.stringMatching(hint) });
    // An extension cannot leave the report to be found.
    const refused = chooseReportEngine({ ...options, engine: 'athena' }, small);
    await expect(refused).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      hint: expect.not.stringContaining('best source'),
    });
  });

  test('where nothing but a listing serves: what was seen, and why not', async () => {
    const options = { recordBucket: 'record', engine: 'athena' };
    const find = async () => found({ source: 'listing' });
    await expect(chooseEngine(options, calls({ find }))).rejects.toMatchObject({
      code: 'NO_USABLE_INVENTORY',
      message:
        "Nothing that Athena reads can serve the plan: s3-metadata: none is configured; s3-inventory 'daily': it lists current versions only.",
      hint: expect.stringMatching(/--engine athena.*listing/),
    });
  });
});
