import { type SqlDialect, sqlIdentifier, sqlText } from '../render/sql.ts';
import type { ColumnName, SourceColumn } from './columns.ts';
import type { InventoryFile, InventorySource } from './source.ts';

/**
 * How a source is read in SQL: the expression of every column, and DuckDB's view over the files. The columns come out
 * under the names of our SQL, with one type each.
 */

type ReaderColumn = { name: string; expression: string };

/** Values for the `entries` partial. */
export type SourceView = {
  columns: ReaderColumn[];
  /** the key as the source has it */
  rawKey: string;
  /** CSV carries keys URL-encoded, Parquet as they are ("Inventory list", Amazon S3 User Guide) */
  keysEncoded: boolean;
  /** tells a multipart upload: by the source's own column, else by the part count that its ETag ends with */
  multipart: string;
  /** whether the source tells it in a column of its own, which costs nothing to read again */
  hasMultipartColumn: boolean;
  /** larger is newer, within a key */
  recency: string;
};

export function sourceView(source: InventorySource, dialect: SqlDialect): SourceView {
  return {
    columns: readerColumns(source, dialect),
    rawKey: columnExpression(source, 'key', dialect),
    keysEncoded: source.csv !== null,
    multipart: source.columns.is_multipart === undefined ? "strpos(e_tag, '-') > 0" : 'is_multipart_upload',
    hasMultipartColumn: source.columns.is_multipart !== undefined,
    recency: { ordinal: '-ordinal', 'sequence-number': 'sequence_number', 'last-modified': 'last_modified' }[
      source.order
    ],
  };
}

const COLUMN_TYPES: Record<ColumnName, 'text' | 'boolean' | 'integer' | 'time'> = {
  bucket: 'text',
  key: 'text',
  version_id: 'text',
  is_latest: 'boolean',
  is_delete_marker: 'boolean',
  size: 'integer',
  last_modified: 'time',
  storage_class: 'text',
  e_tag: 'text',
  is_multipart: 'boolean',
  encryption_status: 'text',
  access_tier: 'text',
  ordinal: 'integer',
  sequence_number: 'text',
  is_purged_at_p: 'boolean',
};

function readerColumns(source: InventorySource, dialect: SqlDialect): ReaderColumn[] {
  const column = (name: ColumnName) => columnExpression(source, name, dialect);
  const columns: ReaderColumn[] = [
    { name: 'bucket', expression: column('bucket') },
    // An empty version ID is S3's null version (semantics, section 4).
    { name: 'version_id', expression: `coalesce(nullif(${column('version_id')}, ''), 'null')` },
    { name: 'is_latest', expression: column('is_latest') },
    { name: 'is_delete_marker', expression: column('is_delete_marker') },
    { name: 'size', expression: column('size') },
    { name: 'last_modified', expression: column('last_modified') },
    { name: 'storage_class', expression: `coalesce(nullif(${column('storage_class')}, ''), 'STANDARD')` },
    { name: 'encryption_status', expression: `coalesce(${column('encryption_status')}, '')` },
    { name: 'access_tier', expression: `coalesce(${column('access_tier')}, '')` },
  ];
  if (source.columns.is_multipart === undefined) {
    columns.push({ name: 'e_tag', expression: `coalesce(${column('e_tag')}, '')` });
  } else {
    columns.push({ name: 'is_multipart_upload', expression: `coalesce(${column('is_multipart')}, false)` });
  }
  if (source.order === 'ordinal') columns.push({ name: 'ordinal', expression: column('ordinal') });
  if (source.order === 'sequence-number') {
    columns.push({ name: 'sequence_number', expression: column('sequence_number') });
  }
  if (source.columns.is_purged_at_p !== undefined) {
    columns.push({ name: 'is_purged_at_p', expression: column('is_purged_at_p') });
  }
  return columns;
}

/** What the columns of a CSV source that are not text have to hold, for the message about a value that is not so. */
const TYPE_NAMES = {
  boolean: 'true or false',
  integer: 'a whole number',
  time: 'a date with a time',
} as const;

/** The columns of a CSV source that are not text. `name` is the source's own. */
export function parsedColumns(source: InventorySource): { name: string; expression: string; kind: string }[] {
  if (source.csv === null) return [];
  return (Object.keys(COLUMN_TYPES) as ColumnName[]).flatMap((column) => {
    const [own, type] = [source.columns[column], COLUMN_TYPES[column]];
    if (own === undefined || type === 'text') return [];
    return { name: own.name, expression: convert(own, type, 'duckdb'), kind: TYPE_NAMES[type] };
  });
}

function columnExpression(source: InventorySource, name: ColumnName, dialect: SqlDialect): string {
  const column = source.columns[name];
  return column === undefined ? 'CAST(NULL AS varchar)' : convert(column, COLUMN_TYPES[name], dialect);
}

/**
 * Brings a source column to its type. The values of CSV, which are text here and in Athena's tables, are read strictly:
 * one that is no boolean, whole number or time ends the query. The engines' own casts take `yes`, `1.5` and a day.
 */
function convert(
  column: SourceColumn,
  type: 'text' | 'boolean' | 'integer' | 'time',
  dialect: SqlDialect,
): string {
  const name = columnIdentifier(column, dialect);
  const isText = column.type === 'VARCHAR';
  switch (type) {
    case 'text':
      // Parquet text without its UTF8 mark; a cast would show every byte beyond ASCII as an escape.
      if (column.type === 'BLOB') return dialect === 'athena' ? name : `decode(${name})`;
      return isText ? name : `CAST(${name} AS varchar)`;
    case 'boolean':
      if (isText) return parsedBoolean(name);
      return column.type === 'BOOLEAN' ? name : `CAST(${name} AS boolean)`;
    case 'integer':
      if (isText) return parsedInteger(name, dialect);
      return column.type === 'BIGINT' ? name : `CAST(${name} AS bigint)`;
    case 'time':
      if (isText) return parsedTime(name, dialect);
      return column.type === 'TIMESTAMP' ? name : `CAST(${name} AS timestamp)`;
  }
}

/** A column of the source. The tables of Glue have their columns in lower case. */
export function columnIdentifier({ name }: SourceColumn, dialect: SqlDialect): string {
  return sqlIdentifier(dialect === 'athena' ? name.toLowerCase() : name);
}

/** No type can be read from a text that starts so: its cast fails, and the error shows the text. */
const unreadable = (name: string) => `'?' || ${name}`;

function parsedBoolean(name: string): string {
  return `CASE WHEN ${name} IN ('true', 'True', 'TRUE') THEN true WHEN ${name} IN ('false', 'False', 'FALSE') THEN false WHEN ${name} <> '' THEN CAST(${unreadable(name)} AS boolean) END`;
}

function parsedInteger(name: string, dialect: SqlDialect): string {
  if (dialect === 'athena') return `CAST(nullif(${name}, '') AS bigint)`;
  // Athena's cast takes digits alone, DuckDB's also fractions, exponents, underscores and hexadecimal digits. What
  // comes back as it was has digits alone; only the rest, leading zeros for example, needs the pattern.
  const strict = `CASE WHEN ${name} GLOB '*[!0-9]*' THEN ${unreadable(name)} ELSE ${name} END`;
  return `CASE WHEN CAST(CAST(${name} AS ubigint) AS varchar) = ${name} THEN CAST(${name} AS bigint) ELSE CAST(${strict} AS bigint) END`;
}

function parsedTime(name: string, dialect: SqlDialect): string {
  const withTime = `CASE WHEN strpos(${name}, ':') > 0 THEN ${name} ELSE ${unreadable(name)} END`;
  return dialect === 'athena'
    ? `CAST(from_iso8601_timestamp(replace(${withTime}, ' ', 'T')) AT TIME ZONE 'UTC' AS timestamp)`
    : // DuckDB's cast to timestamp passes over an offset, so it serves for the form alone that S3 writes. The cast from
      // the type with a time zone to the one without would ask the calendar of a time zone for every row.
      `CASE WHEN suffix(${name}, '.000Z') THEN CAST(${name} AS timestamp) ELSE make_timestamp(epoch_us(CAST(${withTime} AS timestamptz))) END`;
}

/**
 * DuckDB's view over the local files, under the name that the Glue table has on Athena, so that no path of this
 * machine gets into the text of the queries.
 */
export function inventoryViewSql(source: InventorySource): string {
  const reader = source.csv === null ? parquetReader(source.files) : csvReader(source, source.files);
  return `CREATE OR REPLACE VIEW inventory AS SELECT * FROM ${reader}`;
}

/** The rows of one file with their `place`, counted from 1: in a CSV file the header is a row, and blank lines are none. */
export function fileRowsSql(source: InventorySource, file: InventoryFile): string {
  if (source.csv === null)
    return `SELECT file_row_number + 1 AS place, * FROM ${parquetReader([file], true)}`;
  const place = `row_number() OVER () + ${source.csv.hasHeader ? 1 : 0}`;
  return `SELECT ${place} AS place, * FROM ${csvReader(source, [file], false)}`;
}

function csvReader(source: InventorySource, files: readonly InventoryFile[], parallel = true): string {
  const columns = source.sourceColumns.map(({ name }) => `${sqlText(name)}: 'VARCHAR'`);
  return [
    `read_csv([${files.map((file) => sqlPath(file.path)).join(', ')}]`,
    `parallel = ${parallel}`,
    'auto_detect = false',
    // A folder named `size=1` above the file would otherwise give every row the size 1.
    'hive_partitioning = false',
    `header = ${source.csv?.hasHeader ?? true}`,
    `compression = ${sqlText(source.csv?.compression ?? 'none')}`,
    "delim = ','",
    `quote = '"'`,
    `escape = '"'`,
    `columns = {${columns.join(', ')}})`,
  ].join(', ');
}

/** The table function over Parquet files. */
export function parquetReader(files: readonly Pick<InventoryFile, 'path'>[], rowNumbers = false): string {
  const paths = files.map((file) => sqlPath(file.path)).join(', ');
  return `read_parquet([${paths}], hive_partitioning = false, file_row_number = ${rowNumbers})`;
}

/** Characters that DuckDB reads as a pattern of file names. */
const GLOB_CHARACTERS = /[*?[]/g;

/**
 * A path as a literal that names this one file: DuckDB takes `a[1].csv` for the pattern of `a1.csv`, and `~` at the
 * start for the home folder.
 */
function sqlPath(path: string): string {
  return sqlText(`${path.startsWith('~') ? './' : ''}${path.replace(GLOB_CHARACTERS, '[$&]')}`);
}
