import { mkdir, open, rename } from 'node:fs/promises';
import { openDuckDb } from '../../engine/duckdb.ts';
import { sqlInteger, sqlText } from '../../render/sql.ts';
import { compareKeys } from '../../s3/key-order.ts';
import type { KeyRange } from './key-range.ts';
import { PART_COLUMNS } from './part-file.ts';
import type { PartialFolder } from './partial-folder.ts';

export type ListingFormat = 'parquet' | 'csv';

export type AssembleOptions = {
  bucket: string;
  takenAt: Date;
  format: ListingFormat;
  /** the file to make */
  path: string;
  memoryLimit: string;
  onProgress: (percent: number) => void;
  /** called when everything is in the file, before it gets its name */
  beforeNaming: () => Promise<void>;
};

/**
 * Joins the parts of a finished listing to one file in document order. The ordinal counts the entries of the listing;
 * where a stack was read again it leaves a gap.
 * @throws RunbookError DISK_FULL, OUT_OF_MEMORY
 */
export async function assembleListing(
  folder: PartialFolder,
  ranges: readonly KeyRange[],
  options: AssembleOptions,
): Promise<void> {
  const result = folder.resultPath(options.format);
  await mkdir(folder.workPath, { recursive: true });
  const engine = await openDuckDb({ workFolder: folder.workPath, memoryLimit: options.memoryLimit });
  try {
    await engine.run('SET preserve_insertion_order = true');
    await engine.run(copySql(folder, ranges, result, options), options.onProgress);
  } finally {
    engine.close();
  }
  // The parts are removed next: the machine may go down behind that, with the file in its memory alone.
  const file = await open(result, 'r+');
  await file.sync().finally(() => file.close());
  await options.beforeNaming();
  await rename(result, options.path);
}

function copySql(
  folder: PartialFolder,
  ranges: readonly KeyRange[],
  result: string,
  options: AssembleOptions,
): string {
  const parts = ranges.filter((range) => range.part.onDisk.rows > 0).toSorted(byKeys);
  const columns = options.format === 'parquet' ? parquetColumns(options.bucket) : csvColumns(options.bucket);
  const rows =
    parts.length === 0
      ? emptyRows()
      : `SELECT *, ${ordinalSql(ranges, parts)} AS ordinal FROM ${readSql(folder, parts)}`;
  const query = `SELECT ${columns} FROM (${rows})${droppedSql(parts)}`;
  const how =
    options.format === 'parquet'
      ? `FORMAT parquet, COMPRESSION zstd, KV_METADATA {s3_rewind_taken_at: ${sqlText(options.takenAt.toISOString())}, s3_rewind_bucket: ${sqlText(options.bucket)}}`
      : `FORMAT csv, HEADER true`;
  return `COPY (${query}) TO ${sqlText(result)} (${how})`;
}

/** Ranges of different prefixes hold different keys, so that all of them follow from their starts. */
function byKeys(left: KeyRange, right: KeyRange): number {
  return compareKeys(left.start ?? left.prefix, right.start ?? right.prefix);
}

/** A part's rows count from 0; its first has as many rows before it as the parts before have. */
function ordinalSql(ranges: readonly KeyRange[], parts: readonly KeyRange[]): string {
  const bases = new Array<number>(ranges.length).fill(0);
  let total = 0;
  for (const { id, part } of parts) {
    bases[id] = total;
    total += part.onDisk.rows;
  }
  return `row + list_extract([${bases.map(sqlInteger).join(', ')}]::BIGINT[], part + 1)`;
}

function readSql(folder: PartialFolder, parts: readonly KeyRange[]): string {
  const files = parts.map(({ id }) => sqlText(folder.partPath(id))).join(', ');
  const types = Object.entries(PART_COLUMNS).map(([name, type]) => `${name}: '${type}'`);
  return `read_csv([${files}], auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', columns = {${types.join(', ')}})`;
}

function emptyRows(): string {
  const columns = Object.entries(PART_COLUMNS).map(([name, type]) => `NULL::${type} AS ${name}`);
  return `SELECT ${columns.join(', ')}, NULL::BIGINT AS ordinal WHERE false`;
}

function droppedSql(parts: readonly KeyRange[]): string {
  const dropped = parts.flatMap(({ id, part }) =>
    part.onDisk.dropped.map(
      ([from, to]) =>
        `NOT (part = ${sqlInteger(id)} AND row >= ${sqlInteger(from)} AND row < ${sqlInteger(to)})`,
    ),
  );
  return dropped.length === 0 ? '' : ` WHERE ${dropped.join(' AND ')}`;
}

/** S3 Inventory's names in Parquet, keys as they are ("Inventory list", Amazon S3 User Guide). */
function parquetColumns(bucket: string): string {
  return `${sqlText(bucket)} AS bucket, url_decode(key) AS key, version_id, is_latest, is_delete_marker, size,
    CAST(CAST(last_modified AS TIMESTAMPTZ) AS TIMESTAMP) AS last_modified_date, storage_class, e_tag, ordinal`;
}

/** The header and the spelling of the listings that people make with the SDK: ETags with their quotes, True and False. */
function csvColumns(bucket: string): string {
  const boolean = (name: string) => `CASE WHEN ${name} THEN 'True' ELSE 'False' END`;
  return `${sqlText(bucket)} AS bucket_name, key AS key_name, version_id, ${boolean('is_latest')} AS is_latest,
    ${boolean('is_delete_marker')} AS delete_marker, size, last_modified, storage_class, '"' || e_tag || '"' AS e_tag, ordinal`;
}
