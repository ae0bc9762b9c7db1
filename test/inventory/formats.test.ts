import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { scratchFolder } from '../cli/scratch-folder.ts';
import { CSV_COLUMNS, type CsvSpelling, HISTORY, toCsv, writeParquet } from './history.ts';
import { CSV_SCHEMA, writeReport } from './inventory-report.ts';
import { manifestsOf, planOf } from './plan-of.ts';

/** Every format that an inventory may come in tells the same history, so all of them give the same manifests. */

const scratch = scratchFolder();
const even = HISTORY.filter((_, index) => index % 2 === 0);
const odd = HISTORY.filter((_, index) => index % 2 === 1);

/** Writes files below the scratch folder. @returns their paths */
function write(files: Record<string, string | Buffer>): string[] {
  return Object.entries(files).map(([name, content]) => {
    const path = join(scratch, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  });
}

async function parquet(
  name: string,
  ...rest: Parameters<typeof writeParquet> extends [infer E, string, (infer O)?] ? [E, O?] : never
) {
  const path = join(scratch, name);
  mkdirSync(dirname(path), { recursive: true });
  await writeParquet(rest[0], path, rest[1]);
  return path;
}

let expected: Record<string, string>;
beforeAll(async () => {
  const plan = await planOf(scratch, write({ 'seeds.csv': toCsv(HISTORY) }));
  expect(plan.stderr).toBe('');
  expected = manifestsOf(plan);
});

it('the history plans every scenario of Bucket Rollback', () => {
  expect(Object.keys(expected)).toEqual(
    [
      'manifests/scenario2.csv',
      'manifests/scenario2_undo.csv',
      'manifests/scenario3a.csv',
      'manifests/scenario3b.csv',
      'manifests/scenario3c.csv',
      'manifests/scenario1.csv',
    ].toSorted(),
  );
});

describe('CSV spelled otherwise', () => {
  const SPELLINGS: [name: string, spelling: CsvSpelling][] = [
    ['lines that end in CR LF', { lineEnd: '\r\n' }],
    ['a byte order mark', { byteOrderMark: true }],
    ['a byte order mark and quotes', { byteOrderMark: true, quoteAll: true }],
    ['quotes around every value', { quoteAll: true }],
    ['columns in another order', { columns: CSV_COLUMNS.toReversed() }],
    ['a plus for a space', { encodeSpace: '+' }],
    ['true', { boolean: String }],
    ['TRUE', { boolean: (value) => String(value).toUpperCase() }],
    ['times without a fraction', { time: (clock) => `2025-08-22T${clock}Z` }],
    ['times with +00:00', { time: (clock) => `2025-08-22T${clock}+00:00` }],
    ['times with a space', { time: (clock) => `2025-08-22 ${clock}` }],
    ['times with a space and a zone', { time: (clock) => `2025-08-22 ${clock}.000+00` }],
    ['times without a zone, which are UTC', { time: (clock) => `2025-08-22T${clock}` }],
    ['times with another offset', { time: (clock) => `2025-08-22T${addHours(clock, 2)}+02:00` }],
    ['times with an offset of half an hour', { time: (clock) => `2025-08-22T${addHours(clock, -4)}-04:00` }],
    ['ETags without quotes', { eTag: '9dd4e461268c8034f5c8564e155c67a6' }],
    [
      'columns of S3 Inventory that say nothing about a rollback',
      {
        extra: {
          replication_status: () => 'COMPLETED',
          object_lock_mode: () => '',
          checksum_algorithm: () => 'SHA256',
          ObjectOwner: () => 'x,"y"',
        },
      },
    ],
    ['an ordinal in the order of the listing', { extra: { ordinal: (_entry, index) => String(index + 1) } }],
    [
      'sequence numbers',
      { extra: { sequence_number: (_entry, index) => (1000 - index).toString(16).padStart(18, '0') } },
    ],
    [
      'a multipart column',
      { extra: { is_multipart_uploaded: (entry) => (entry.isDeleteMarker ? '' : 'false') } },
    ],
    [
      'an encryption column',
      { extra: { encryption_status: (entry) => (entry.isDeleteMarker ? '' : 'SSE-S3') } },
    ],
    ['an access tier column', { extra: { intelligent_tiering_access_tier: () => '' } }],
  ];

  it.each(SPELLINGS)('%s', async (name, spelling) => {
    const plan = await planOf(scratch, write({ [`${name}.csv`]: toCsv(HISTORY, spelling) }));
    expect(plan.stderr).toBe('');
    expect(manifestsOf(plan)).toEqual(expected);
  });

  it('names of columns as S3 Inventory spells them in CSV', async () => {
    const text = toCsv(HISTORY, { header: false });
    const plan = await planOf(
      scratch,
      write({ 'names.csv': `${CSV_SCHEMA.replaceAll(', ', ',')}\n${text}` }),
    );
    expect(manifestsOf(plan)).toEqual(expected);
  });
});

describe('files', () => {
  const FILES: [name: string, make: () => string[] | Promise<string[]>][] = [
    ['compressed', () => write({ 'a.csv.gz': gzipSync(toCsv(HISTORY)) })],
    ['compressed, with another name', () => write({ inventory: gzipSync(toCsv(HISTORY)) })],
    ['compressed in two members', () => write({ 'members.csv.gz': gzipMembers() })],
    ['two, with stacks split over both', () => write({ '1.csv': toCsv(even), '2.csv': toCsv(odd) })],
    ['two, the older entries first', () => write({ '1.csv': toCsv(odd), '2.csv': toCsv(even) })],
    ['two, one of them compressed', () => write({ '3.csv': toCsv(even), '4.csv.gz': gzipSync(toCsv(odd)) })],
    [
      'a folder',
      () => {
        write({ 'folder/1.csv': toCsv(even), 'folder/2.csv': toCsv(odd), 'folder/README.txt': 'nothing' });
        return [join(scratch, 'folder')];
      },
    ],
    ['Parquet', async () => [await parquet('one.parquet', HISTORY)]],
    ['Parquet, several', async () => [await parquet('p1.parquet', even), await parquet('p2.parquet', odd)]],
    [
      'Parquet, times in milliseconds',
      async () => [await parquet('ms.parquet', HISTORY, { timeType: 'TIMESTAMP_MS' })],
    ],
    [
      'Parquet, times with a zone',
      async () => [await parquet('tz.parquet', HISTORY, { timeType: 'TIMESTAMPTZ' })],
    ],
    [
      'Parquet, text without its mark',
      async () => [await parquet('blob.parquet', HISTORY, { keyType: 'encode(key)' })],
    ],
    [
      'Parquet, ordinal and multipart columns',
      async () => [
        await parquet('more.parquet', HISTORY, {
          extra:
            ", row_number() OVER () AS ordinal, false AS is_multipart_uploaded, 'SSE-KMS' AS encryption_status, NULL AS object_owner",
        }),
      ],
    ],
    [
      'a folder of Parquet files',
      async () =>
        [dirname(await parquet('many/1.parquet', even)), dirname(await parquet('many/2.parquet', odd))].slice(
          1,
        ),
    ],
    [
      'a report in CSV, by its manifest',
      async () => [await writeReport(join(scratch, 'r1'), 'CSV', [even, odd])],
    ],
    [
      'a report in CSV, by its folder',
      async () => [dirname(await writeReport(join(scratch, 'r2'), 'CSV', [even, odd]))],
    ],
    ['a report in Parquet', async () => [await writeReport(join(scratch, 'r3'), 'Parquet', [HISTORY])]],
    [
      'a report in Parquet, several files',
      async () => [await writeReport(join(scratch, 'r4'), 'Parquet', [even, odd])],
    ],
  ];

  it.each(FILES)('%s', async (_name, make) => {
    const plan = await planOf(scratch, await make());
    expect(plan.stderr).toBe('');
    expect(manifestsOf(plan)).toEqual(expected);
  });

  it('a report tells when it was taken and its format', async () => {
    const plan = await planOf(scratch, [await writeReport(join(scratch, 'r5'), 'CSV', [HISTORY])]);
    expect(JSON.parse(plan.stdout).inventory).toMatchObject({
      format: 's3-inventory-csv',
      takenAt: '2025-08-24T01:00:00Z',
      files: 1,
      entries: HISTORY.length,
    });
  });

  it('columns of a report come from its own fileSchema', async () => {
    const fileSchema = CSV_SCHEMA.replace('ETag', 'Size').replace('Size', 'ETag');
    const plan = await planOf(scratch, [
      await writeReport(join(scratch, 'r6'), 'CSV', [HISTORY], { fileSchema }),
    ]);
    expect(plan.stderr).toMatch(/^INVENTORY_ROW_MALFORMED: .*part-0\.csv\.gz, line 2: Size is '"9dd4/);
  });
});

describe('names that DuckDB would read as patterns', () => {
  const NAMES = [
    "it's.csv",
    'a [1].csv',
    'a1.csv',
    'a*.csv',
    'what?.csv',
    '[!x].csv',
    '{a,b}.csv',
    '100%41.csv',
    'tail[.csv',
  ];

  it('each names its own file', async () => {
    // The others would change the plan, or make it stop, if they were read.
    write(Object.fromEntries(NAMES.map((name) => [`names/${name}`, 'no inventory'])));
    for (const name of NAMES) {
      const [path] = write({ [`names/${name}`]: toCsv(HISTORY) });
      const plan = await planOf(scratch, [path ?? '']);
      expect(plan.stderr, name).toBe('');
      expect(manifestsOf(plan), name).toEqual(expected);
      write({ [`names/${name}`]: 'no inventory' });
    }
  });

  it('the folder too, in every format', async () => {
    await parquet('[we]ird*/a[1].parquet', HISTORY);
    const { length } = write({ '[we]ird*/a1.parquet': 'no inventory' });
    expect(length).toBe(1);
    const plan = await planOf(scratch, [join(scratch, '[we]ird*/a[1].parquet')]);
    expect(manifestsOf(plan)).toEqual(expected);
    const report = await planOf(scratch, [await writeReport(join(scratch, '[r]*?'), 'CSV', [even, odd])]);
    expect(manifestsOf(report)).toEqual(expected);
  });

  it('a folder that looks like a partition does not add or replace a column', async () => {
    const paths = write({ 'size=1/version_id=x/a.csv': toCsv(HISTORY) });
    expect(manifestsOf(await planOf(scratch, paths))).toEqual(expected);
  });
});

function addHours(clock: string, hours: number): string {
  return `${String(Number(clock.slice(0, 2)) + hours).padStart(2, '0')}${clock.slice(2)}`;
}

/** A gzip file may be several in a row, which is what `cat a.gz b.gz` makes. */
function gzipMembers(): Buffer {
  const [header = '', ...rows] = toCsv(HISTORY).split(/(?<=\n)/);
  return Buffer.concat([gzipSync(header), gzipSync(rows.join(''))]);
}
