import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { expectInert } from '../cli/refusal.ts';
import { listAll, scratchFolder } from '../cli/scratch-folder.ts';
import { BUCKET, HISTORY, toCsv, writeParquet } from './history.ts';
import { type ManifestChange, writeReport } from './inventory-report.ts';
import { planOf } from './plan-of.ts';

/** Inventories that were damaged on their way, or are not what they say: refused, with nothing left behind. */

const scratch = scratchFolder();

type Damaged = {
  name: string;
  /** Makes the inventory. @returns what to name with --inventory */
  make: (folder: string) => Promise<string[]>;
  code: string;
  message: RegExp;
  hint: RegExp;
};

/** Writes a report of two files and does something to it. */
function report(
  format: 'CSV' | 'Parquet',
  damage: (manifest: string, data: string) => void,
  change: ManifestChange = {},
): Damaged['make'] {
  return async (folder) => {
    const manifest = await writeReport(folder, format, [HISTORY.slice(0, 6), HISTORY.slice(6)], change);
    damage(manifest, join(folder, 'data', `part-1${format === 'CSV' ? '.csv.gz' : '.parquet'}`));
    return [manifest];
  };
}

const cutOff = (path: string) => {
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.subarray(0, bytes.length - 20));
};

function file(name: string, content: string | Buffer): Damaged['make'] {
  return async (folder) => {
    writeFileSync(join(folder, name), content);
    return [join(folder, name)];
  };
}

const manifest = (change: ManifestChange) => report('CSV', () => {}, change);
const fetchAgain = /fetch the report again: aws s3 sync/;

const DAMAGED: Damaged[] = [
  {
    name: 'a file with another MD5',
    make: report('CSV', (_, data) =>
      writeFileSync(data, gzipSync(toCsv(HISTORY.slice(6), { header: false }))),
    ),
    code: 'INVENTORY_CHECKSUM',
    message: /part-1\.csv\.gz has the MD5 [0-9a-f]{32}; the report's manifest lists [0-9a-f]{32}/,
    hint: fetchAgain,
  },
  {
    name: 'a file of the report that is cut off, which its MD5 explains',
    make: report('CSV', (_, data) => cutOff(data)),
    code: 'INVENTORY_CHECKSUM',
    message: /part-1\.csv\.gz has the MD5/,
    hint: fetchAgain,
  },
  {
    name: 'rows of the report that were changed to malformed ones, which its MD5 explains',
    make: report('CSV', (_, data) => writeFileSync(data, gzipSync('"x","y"\n'))),
    code: 'INVENTORY_CHECKSUM',
    message: /part-1\.csv\.gz has the MD5/,
    hint: fetchAgain,
  },
  {
    name: 'a Parquet file of the report that is cut off',
    make: report('Parquet', (_, data) => cutOff(data)),
    code: 'INVENTORY_FORMAT_UNKNOWN',
    message: /part-1\.parquet cannot be read as Parquet; it may be cut off/,
    hint: /fetch the file again/,
  },
  {
    name: 'a file that the report lists and that is not there',
    make: report('CSV', (_, data) => rmSync(data)),
    code: 'INVENTORY_NOT_FOUND',
    message: /lists 'inventories\/example-bucket\/everything\/data\/part-1\.csv\.gz', which is nowhere below/,
    hint: /with its data folder: aws s3 sync/,
  },
  {
    name: 'a report of another bucket',
    make: manifest({ sourceBucket: 'other-bucket' }),
    code: 'INVENTORY_FOREIGN_BUCKET',
    message: /is a report of the bucket 'other-bucket', not of 'example-bucket'/,
    hint: /--bucket other-bucket/,
  },
  {
    name: 'a report from before the point in time',
    make: manifest({ creationTimestamp: String(Date.parse('2025-08-22T11:00:59Z')) }),
    code: 'INVENTORY_TOO_OLD',
    message: /was taken at 2025-08-22T11:00:59Z, before the point in time 2025-08-22T11:01:00Z/,
    hint: /newer inventory/,
  },
  {
    name: 'a report in ORC',
    make: manifest({ fileFormat: 'ORC' }),
    code: 'INVENTORY_FORMAT_UNKNOWN',
    message: /lists ORC files/,
    hint: /Athena/,
  },
  {
    name: 'a report without files',
    make: manifest({ files: [] }),
    code: 'INVENTORY_EMPTY',
    message: /lists no file/,
    hint: /inventory configuration/,
  },
  {
    name: 'a report without all versions',
    make: manifest({ fileSchema: 'Bucket, Key, Size, LastModifiedDate, ETag, StorageClass' }),
    code: 'INVENTORY_COLUMN_MISSING',
    message: /no column version_id, is_latest, is_delete_marker/,
    hint: /with all versions/,
  },
  {
    name: 'a manifest that lacks a field',
    make: manifest({ sourceBucket: undefined }),
    code: 'INVENTORY_FORMAT_UNKNOWN',
    message:
      /manifest\.json is not the manifest of an S3 Inventory report: 'sourceBucket': .*expected string/,
    hint: /name the manifest\.json that S3 Inventory wrote/,
  },
  {
    name: 'a manifest with a time that is none',
    make: manifest({ creationTimestamp: '9'.repeat(20) }),
    code: 'INVENTORY_FORMAT_UNKNOWN',
    message: /'creationTimestamp': /,
    hint: /name the manifest\.json/,
  },
  {
    name: 'a manifest with a checksum that is none',
    make: manifest({ files: [{ key: 'data/part-0.csv.gz', MD5checksum: '\u001b[2J' }] }),
    code: 'INVENTORY_FORMAT_UNKNOWN',
    message: /'files\.0\.MD5checksum': /,
    hint: /name the manifest\.json/,
  },
  {
    name: 'a manifest that is not JSON',
    make: file('manifest.json', '{ "sourceBucket": '),
    code: 'INVENTORY_FORMAT_UNKNOWN',
    message: /manifest of an S3 Inventory report: it is not JSON/,
    hint: /name the manifest\.json/,
  },
  {
    name: 'a manifest that is no file',
    make: async (folder) => [await fileAsFolder(folder)],
    code: 'INVENTORY_NOT_FOUND',
    message: /manifest\.json cannot be read: illegal operation on a directory/,
    hint: /name the manifest\.json/,
  },
  {
    name: 'two reports at once',
    make: async (folder) => {
      const path = await writeReport(folder, 'CSV', [HISTORY]);
      return [path, dirname(path)];
    },
    code: 'INVALID_OPTION',
    message: /manifest\.json is one of 2 paths/,
    hint: /its manifest\.json alone/,
  },
  {
    name: 'a compressed CSV file that is cut off in the middle of a row',
    make: file('cut.csv.gz', gzipSync(toCsv(manyEntries())).subarray(0, 3000)),
    code: 'INVENTORY_FORMAT_UNKNOWN',
    message: /cut\.csv\.gz is no whole gzip file: unexpected end of file/,
    hint: /fetch the file again/,
  },
  {
    // DuckDB reads this one without an error, as if it ended there.
    name: 'a compressed CSV file that is cut off between two rows',
    make: async (folder) => {
      const rows = gzipSync(toCsv(HISTORY));
      return file('cut.csv.gz', rows.subarray(0, rows.length - 8))(folder);
    },
    code: 'INVENTORY_FORMAT_UNKNOWN',
    message: /cut\.csv\.gz is no whole gzip file: unexpected end of file/,
    hint: /fetch the file again/,
  },
  {
    name: 'a compressed CSV file with a wrong checksum of its own',
    make: async (folder) => {
      const rows = gzipSync(toCsv(HISTORY));
      return file('crc.csv.gz', rows.fill(0, rows.length - 8, rows.length - 4))(folder);
    },
    code: 'INVENTORY_FORMAT_UNKNOWN',
    message: /crc\.csv\.gz (is no whole gzip file|cannot be read): incorrect data check/,
    hint: /fetch (the file|it) again/,
  },
  {
    name: 'a compressed CSV file that is cut off in its first line',
    make: file('cut.csv.gz', gzipSync(toCsv(HISTORY)).subarray(0, 30)),
    code: 'INVENTORY_FORMAT_UNKNOWN',
    message: /cut\.csv\.gz cannot be read: unexpected end of file/,
    hint: /whole/,
  },
  {
    name: 'a Parquet file that is cut off',
    make: async (folder) => {
      const path = join(folder, 'cut.parquet');
      await writeParquet(HISTORY, path);
      cutOff(path);
      return [path];
    },
    code: 'INVENTORY_FORMAT_UNKNOWN',
    message: /cut\.parquet cannot be read as Parquet; it may be cut off/,
    hint: /fetch the file again/,
  },
  {
    name: 'a Parquet file with damage in the middle',
    make: async (folder) => {
      const path = join(folder, 'holes.parquet');
      await writeParquet(HISTORY, path);
      const bytes = readFileSync(path);
      writeFileSync(path, bytes.fill(0xff, 4, 400));
      return [path];
    },
    code: 'INVENTORY_FORMAT_UNKNOWN',
    message: /holes\.parquet cannot be read/,
    hint: /fetch it again/,
  },
  {
    name: 'a Parquet file with a key that is too long',
    make: async (folder) => {
      const path = join(folder, 'long.parquet');
      await writeParquet(HISTORY, path, {
        keyType: "CASE WHEN key = 'vast' THEN repeat('ü', 513) ELSE key END",
      });
      return [path];
    },
    code: 'INVENTORY_ROW_MALFORMED',
    message: /long\.parquet, row 11: its key is longer than 1024 bytes/,
    hint: /no row is skipped/,
  },
  {
    name: 'an ORC file',
    make: file('a.orc', 'ORC\x00\x01\x02'),
    code: 'INVENTORY_FORMAT_UNKNOWN',
    message: /a\.orc is an ORC file/,
    hint: /Athena/,
  },
  {
    name: 'a file that is neither',
    make: file('photo.csv', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0xff, 0xd8])),
    code: 'INVENTORY_FORMAT_UNKNOWN',
    message: /first line of .*photo\.csv is not UTF-8/,
    hint: /CSV in UTF-8 \(plain or gzip\), Parquet/,
  },
  {
    name: 'CSV and Parquet together',
    make: async (folder) => {
      await writeParquet(HISTORY, join(folder, 'a.parquet'));
      writeFileSync(join(folder, 'b.csv'), toCsv(HISTORY));
      return [folder];
    },
    code: 'INVENTORY_FORMAT_UNKNOWN',
    message: /Parquet and CSV files in one inventory/,
    hint: /one format/,
  },
  {
    name: 'Parquet files with different columns',
    make: async (folder) => {
      await writeParquet(HISTORY, join(folder, 'a.parquet'));
      await writeParquet(HISTORY, join(folder, 'b.parquet'), { extra: ', 1 AS ordinal' });
      return [folder];
    },
    code: 'INVENTORY_FORMAT_UNKNOWN',
    message: /a\.parquet and .*b\.parquet: different columns/,
    hint: /the same columns/,
  },
  {
    name: 'a compressed file whose name does not say so beside plain ones',
    make: async (folder) => {
      writeFileSync(join(folder, 'a.csv'), toCsv(HISTORY));
      writeFileSync(join(folder, 'b.csv'), gzipSync(toCsv(HISTORY)));
      return [folder];
    },
    code: 'INVENTORY_FORMAT_UNKNOWN',
    message: /b\.csv is compressed with gzip, unlike what its name/,
    hint: /ends in \.gz/,
  },
  {
    name: 'a path that DuckDB cannot be given',
    make: file('a\\[1].csv', toCsv(HISTORY)),
    code: 'INVENTORY_NOT_FOUND',
    message: /has a backslash in its path/,
    hint: /rename the file/,
  },
  {
    name: 'a path with terminal escapes',
    make: async (folder) => [join(folder, '\x1b[31m\u202e.csv')],
    code: 'INVENTORY_NOT_FOUND',
    message: /\\x1b\[31m\\u\{202e\}\.csv cannot be read/,
    hint: /check the path/,
  },
];

describe('a damaged inventory', () => {
  it.each(DAMAGED)('$name', async ({ name, make, code, message, hint }) => {
    const folder = join(scratch, name.replaceAll(/\W+/g, '-'));
    mkdirSync(folder);
    const inventory = await make(folder);
    const before = listAll(scratch);
    const plan = await planOf(scratch, inventory);

    const [fact = '', next = ''] = plan.stderr.split('\n');
    expect(fact).toMatch(new RegExp(`^${code}: `));
    expect(fact).toMatch(message);
    expect(next).toMatch(hint);
    expect(plan.status).toBe(2);
    expect(JSON.parse(plan.stdout).error.code).toBe(code);
    expectInert(plan.stderr + plan.stdout);
    expect(listAll(scratch)).toEqual(before);
  });
});

async function fileAsFolder(folder: string): Promise<string> {
  mkdirSync(join(folder, 'manifest.json'));
  return join(folder, 'manifest.json');
}

/** Enough rows that a cut lies well behind the header. */
function manyEntries() {
  return Array.from({ length: 2000 }, (_, index) => ({
    key: `${BUCKET}/${(index * 7919) % 65_537}/${index}`,
    versionId: `v${(index * 104_729) % 1_000_003}`,
    isLatest: true,
    isDeleteMarker: false,
    size: index,
    time: '10:00:00',
    storageClass: 'STANDARD',
  }));
}
