import { DuckDBInstance } from '@duckdb/node-api';

/** A small history that has a key of every class, with names that need encoding, to be written in every format. */

export const BUCKET = 'example-bucket';
export const POINT_IN_TIME = '2025-08-22T11:01:00Z';

/** One version entry; `versionId` is '' for S3's null version, `size` null for a delete marker. */
export type Entry = {
  key: string;
  versionId: string;
  isLatest: boolean;
  isDeleteMarker: boolean;
  size: number | null;
  /** `hh:mm:ss` of the day of the point in time */
  time: string;
  storageClass: string;
};

const version = (key: string, versionId: string, time: string, rest: Partial<Entry> = {}): Entry => ({
  key,
  versionId,
  isLatest: false,
  isDeleteMarker: false,
  size: 12,
  time,
  storageClass: 'STANDARD',
  ...rest,
});
const marker = (key: string, versionId: string, time: string, rest: Partial<Entry> = {}): Entry =>
  version(key, versionId, time, { isDeleteMarker: true, size: null, storageClass: '', ...rest });
const current = { isLatest: true };

export const HISTORY: readonly Entry[] = [
  marker('docs/a b.txt', 'a2', '11:02:10', current),
  version('docs/a b.txt', 'a1', '11:00:10'),
  version('docs/grün+50%.txt', 'b2', '11:02:30', { ...current, size: 14 }),
  version('docs/grün+50%.txt', 'b1', '11:00:11'),
  version('docs/x,y "q".txt', 'c1', '11:02:50', { ...current, size: 9 }),
  version('keep', 'd1', '10:00:00', current),
  marker('many\nmarkers', 'e4', '11:05:00', current),
  marker('many\nmarkers', 'e3', '11:04:00'),
  marker('many\nmarkers', 'e2', '11:03:00'),
  version('many\nmarkers', '', '09:00:00'),
  version('vast', 'f2', '11:03:03', { ...current, size: 1 }),
  version('vast', 'f1', '09:03:03', { size: 6_000_000_000 }),
  version('cold', 'g2', '11:03:04', current),
  version('cold', 'g1', '09:03:04', { storageClass: 'GLACIER', size: 77 }),
];

/** How one CSV spells the history. */
export type CsvSpelling = {
  columns?: readonly CsvColumn[];
  header?: boolean;
  lineEnd?: string;
  byteOrderMark?: boolean;
  quoteAll?: boolean;
  encodeSpace?: '%20' | '+';
  boolean?: (value: boolean) => string;
  time?: (time: string) => string;
  eTag?: string;
  /** Values of columns that the history does not have, by entry. */
  extra?: Record<string, (entry: Entry, index: number) => string>;
};

export const CSV_COLUMNS = [
  'bucket_name',
  'key_name',
  'version_id',
  'is_latest',
  'delete_marker',
  'size',
  'last_modified',
  'storage_class',
  'e_tag',
] as const;
type CsvColumn = (typeof CSV_COLUMNS)[number];

/** Writes entries as CSV; without options in the spelling of the seeds. */
export function toCsv(entries: readonly Entry[], spelling: CsvSpelling = {}): string {
  const { columns = CSV_COLUMNS, header = true, lineEnd = '\n', extra = {} } = spelling;
  const spell = spelling.boolean ?? ((value) => (value ? 'True' : 'False'));
  const time = spelling.time ?? ((clock) => `2025-08-22T${clock}.000Z`);
  const quote = (text: string) =>
    spelling.quoteAll || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const rows = entries.map((entry, index) => {
    const values: Record<CsvColumn, string> = {
      bucket_name: BUCKET,
      key_name: encodeKey(entry.key).replaceAll('%20', spelling.encodeSpace ?? '%20'),
      version_id: entry.versionId,
      is_latest: spell(entry.isLatest),
      delete_marker: spell(entry.isDeleteMarker),
      size: entry.size === null ? '' : String(entry.size),
      last_modified: time(entry.time),
      storage_class: entry.storageClass,
      e_tag: entry.isDeleteMarker ? '' : (spelling.eTag ?? '"9dd4e461268c8034f5c8564e155c67a6"'),
    };
    const all = [
      ...columns.map((name) => values[name]),
      ...Object.values(extra).map((value) => value(entry, index)),
    ];
    return all.map(quote).join(',');
  });
  const names = [...columns, ...Object.keys(extra)].map(quote).join(',');
  const lines = header ? [names, ...rows] : rows;
  return `${spelling.byteOrderMark ? '\ufeff' : ''}${lines.join(lineEnd)}${lineEnd}`;
}

/** A key as S3 encodes it in CSV: all but unreserved characters, with the slash kept. */
function encodeKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/');
}

/** Writes entries as Parquet with the columns of S3 Inventory. */
export async function writeParquet(
  entries: readonly Entry[],
  path: string,
  options: { extra?: string; timeType?: string; keyType?: string } = {},
): Promise<void> {
  const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
  const rows = entries.map((entry) =>
    [
      text(BUCKET),
      text(entry.key),
      text(entry.versionId),
      entry.isLatest,
      entry.isDeleteMarker,
      entry.size ?? 'NULL',
      `TIMESTAMP '2025-08-22 ${entry.time}'`,
      entry.storageClass === '' ? 'NULL' : text(entry.storageClass),
      text('9dd4e461268c8034f5c8564e155c67a6'),
    ].join(', '),
  );
  const { extra = '', timeType = 'TIMESTAMP', keyType = 'key' } = options;
  const select = `SELECT bucket, ${keyType} AS key, version_id, is_latest, is_delete_marker, CAST(size AS BIGINT) AS size,
    CAST(last_modified_date AS ${timeType}) AS last_modified_date, storage_class, e_tag ${extra}
    FROM (VALUES ${rows.map((row) => `(${row})`).join(', ')})
    AS entries (bucket, key, version_id, is_latest, is_delete_marker, size, last_modified_date, storage_class, e_tag)`;
  const instance = await DuckDBInstance.create(':memory:');
  try {
    const connection = await instance.connect();
    await connection.run(`SET TimeZone = 'UTC'; COPY (${select}) TO ${text(path)} (FORMAT parquet)`);
    connection.closeSync();
  } finally {
    instance.closeSync();
  }
}
