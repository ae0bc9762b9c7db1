import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_COPY_OBJECT_BYTES } from '../src/s3/rollback.ts';
import { quote } from './inventory-sql.ts';
import type { Format } from './layout.ts';

/** Names of the columns that a plan needs, in the order of the CSV. */
const CSV_TYPES = {
  bucket_name: 'VARCHAR',
  key_name: 'VARCHAR',
  version_id: 'VARCHAR',
  is_latest: 'BOOLEAN',
  delete_marker: 'BOOLEAN',
  size: 'BIGINT',
  last_modified: 'TIMESTAMP',
  storage_class: 'VARCHAR',
  e_tag: 'VARCHAR',
} as const;

const PARQUET_COLUMNS = [
  'bucket',
  'key',
  'version_id',
  'is_latest',
  'is_delete_marker',
  'size',
  'last_modified_date',
  'storage_class',
  'e_tag',
  'is_multipart_uploaded',
  'encryption_status',
  'intelligent_tiering_access_tier',
];

/** The files of an inventory: the file itself, or the files of a folder. */
export function inventoryFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .map((name) => join(path, name));
}

/** The bare scan: every column that a plan needs is read, parsed to its type and counted; nothing else happens. */
export function scanQuery(files: readonly string[], format: Format): string {
  const columns = format === 'csv' ? Object.keys(CSV_TYPES) : PARQUET_COLUMNS;
  return `SELECT ${columns.map((column) => `count(${column})`).join(', ')} FROM ${reader(files, format)}`;
}

/**
 * What a tool does that has one query for every scenario: each reads the whole inventory, numbers the entries of every
 * key with row_number(), folds every key and keeps the ones of its scenario. No validation, no review lists.
 * @returns one COPY statement for each of the scenarios 1, 2, 3a, 3b and 3c
 */
export function scenarioStatements(
  files: readonly string[],
  format: Format,
  pointInTime: string,
  out: string,
): string[] {
  const overwritten = 'at_p.marker = false AND version_after';
  const archived = `at_p.storage_class IN ('GLACIER', 'DEEP_ARCHIVE')`;
  const filters: Record<string, string> = {
    '1': 'coalesce(at_p.marker, true) AND changed AND NOT current.marker',
    '2': 'at_p.marker = false AND changed AND NOT version_after',
    '3a': `${overwritten} AND ${archived}`,
    '3b': `${overwritten} AND NOT ${archived} AND at_p.size <= ${MAX_COPY_OBJECT_BYTES}`,
    '3c': `${overwritten} AND NOT ${archived} AND at_p.size > ${MAX_COPY_OBJECT_BYTES}`,
  };
  return Object.entries(filters).map(([scenario, filter]) => {
    const target = { '1': "''", '2': 'unnest(markers)' }[scenario] ?? 'at_p.version_id';
    return `COPY (
      WITH ranked AS (
        SELECT key, version_id, marker, size, storage_class, is_latest, modified > ${quote(pointInTime)}::timestamp AS later,
               row_number() OVER (PARTITION BY key, modified > ${quote(pointInTime)}::timestamp
                                  ORDER BY is_latest DESC, modified DESC) AS place
        FROM (${entries(files, format)})
      ), folded AS (
        SELECT key, any_value({version_id: version_id, marker: marker}) FILTER (is_latest) AS current,
               any_value({version_id: version_id, marker: marker, size: size, storage_class: storage_class})
                 FILTER (place = 1 AND NOT later) AS at_p,
               bool_or(later) AS changed, bool_or(later AND NOT marker) AS version_after,
               list(version_id) FILTER (later AND marker) AS markers
        FROM ranked GROUP BY key
      )
      SELECT 'bucket', key, ${target}, current.version_id, at_p.size, at_p.storage_class
      FROM folded WHERE ${filter}
    ) TO ${quote(join(out, `scenario${scenario}.csv`))} (FORMAT csv, HEADER false)`;
  });
}

function entries(files: readonly string[], format: Format): string {
  const names =
    format === 'csv'
      ? ['key_name', 'delete_marker', 'last_modified']
      : ['key', 'is_delete_marker', 'last_modified_date'];
  return `SELECT ${names[0]} AS key, ${names[1]} AS marker, ${names[2]} AS modified, version_id, is_latest, size, storage_class
    FROM ${reader(files, format)}`;
}

function reader(files: readonly string[], format: Format): string {
  const list = `[${files.map(quote).join(', ')}]`;
  if (format === 'parquet') return `read_parquet(${list}, hive_partitioning = false)`;
  const columns = Object.entries(CSV_TYPES).map(([name, type]) => `${name}: '${type}'`);
  return `read_csv(${list}, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"',
    columns = {${columns.join(', ')}})`;
}
