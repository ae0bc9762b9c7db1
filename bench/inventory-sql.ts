import { CHANGED_HISTORIES, type EntryShape, EXTRA_ENTRY, PERIOD, UNCHANGED_HISTORIES } from './histories.ts';
import { hostileKeys } from './hostile-keys.ts';
import type { Format, Layout } from './layout.ts';
import { encodeKeySql, ordinaryKeySql } from './ordinary-keys.ts';

/** A limit of ours: rows in one row group. S3 does not document the size that S3 Inventory writes. */
const ROW_GROUP_ROWS = 1_000_000;

export type InventorySql = {
  layout: Layout;
  format: Format;
  bucket: string;
  pointInTime: string;
  seed: number;
};

/** Statements to run once before any file is written: the histories and the hostile keys, as variables. */
export function prepareStatements({ layout }: Pick<InventorySql, 'layout'>): string[] {
  // Each history once, and lists of their places: a literal of 2,000 histories takes DuckDB seconds to bind.
  const histories = [...new Set([...CHANGED_HISTORIES, ...UNCHANGED_HISTORIES])];
  const places = new Map(histories.map((history, index) => [history, index + 1]));
  const schedule = (list: typeof histories) => `[${list.map((history) => places.get(history)).join(', ')}]`;
  const { first, last } = hostileKeys(layout.hostileKeys);
  return [
    `SET VARIABLE histories = [${histories.map(({ entries }) => `[${entries.map(shapeSql).join(', ')}]`).join(',\n')}]`,
    `SET VARIABLE changed = ${schedule(CHANGED_HISTORIES)}`,
    `SET VARIABLE unchanged = ${schedule(UNCHANGED_HISTORIES)}`,
    `SET VARIABLE hostile_keys = [${[...first, ...last].map(quote).join(', ')}]::varchar[]`,
  ];
}

/** Statements that write the entries of the keys numbered `from` (inclusive) to `to` (exclusive) to a file. */
export function fileStatements(inventory: InventorySql, file: string, from: number, to: number): string[] {
  const options =
    inventory.format === 'csv'
      ? `FORMAT csv, HEADER, DELIMITER ',', QUOTE '"', ESCAPE '"'`
      : `FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE ${ROW_GROUP_ROWS}`;
  return [
    // A table, because DuckDB reads the table function range() with one thread only.
    `CREATE OR REPLACE TEMP TABLE numbers AS SELECT range AS number FROM range(${from}, ${to})`,
    `COPY (${entriesSql(inventory)}) TO ${quote(file)} (${options})`,
    'DROP TABLE numbers',
  ];
}

/** Quotes a text as an SQL literal. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function entriesSql(inventory: InventorySql): string {
  const { layout, seed, pointInTime } = inventory;
  const { first } = hostileKeys(layout.hostileKeys);
  const ordinary = layout.keys - layout.hostileKeys;
  const encode = inventory.format === 'csv';
  const hostile = "getvariable('hostile_keys')[1 + hostile]";
  return `
    WITH numbered AS (
      -- The number among the hostile keys, or null, and the number among the ordinary ones.
      SELECT CASE WHEN number < ${first.length} THEN number
                  WHEN number >= ${first.length + ordinary} THEN number - ${ordinary} END AS hostile,
             number - ${first.length} AS n, hash(number, ${seed}::bigint) AS h
      FROM numbers
    ), ranked AS (
      SELECT hostile, n, h,
             CASE WHEN hostile % 2 = 0 THEN hostile // 2
                  WHEN hostile % 2 = 1 THEN ${layout.keys - 1} - hostile // 2
                  ELSE ${Math.ceil(layout.hostileKeys / 2)} + (n * ${layout.stride}) % ${Math.max(1, ordinary)} END AS rank
      FROM numbered
    ), keyed AS (
      SELECT h, CASE WHEN hostile IS NOT NULL THEN ${encode ? encodeKeySql(hostile) : hostile}
                     ELSE ${ordinaryKeySql(ordinary, encode)} END AS key,
             getvariable('histories')[
               CASE WHEN rank < ${layout.changedKeys} THEN getvariable('changed')[1 + rank % ${PERIOD}]
                    ELSE getvariable('unchanged')[1 + rank % ${PERIOD}] END]
             || CASE WHEN rank >= ${layout.keys - layout.extendedKeys} THEN [${shapeSql(EXTRA_ENTRY)}] ELSE [] END AS history
      FROM ranked
    ), stacked AS (
      SELECT h, key, generate_subscripts(history, 1) AS place, unnest(history) AS e FROM keyed
    ), drawn AS (
      SELECT key, place, e, hash(h, place) AS g,
             lower(concat(hex(hash(h, place, 1)), hex(hash(h, place, 2)))) AS digest,
             make_timestamp(epoch_us(${quote(pointInTime)}::timestamp)
               + (e.start + (h % e.spread)::bigint) * 1000000) AS modified
      FROM stacked
    )
    SELECT ${encode ? csvColumns(inventory.bucket) : parquetColumns(inventory.bucket)} FROM drawn`;
}

function csvColumns(bucket: string): string {
  return `${quote(bucket)} AS bucket_name, key AS key_name,
    CASE WHEN e.null_version THEN 'null' ELSE digest END AS version_id,
    CASE WHEN place = 1 THEN 'True' ELSE 'False' END AS is_latest,
    CASE WHEN e.marker THEN 'True' ELSE 'False' END AS delete_marker,
    ${SIZE} AS size, strftime(modified, '%Y-%m-%dT%H:%M:%S.000Z') AS last_modified,
    ${STORAGE_CLASS} AS storage_class,
    CASE WHEN NOT e.marker THEN concat('"', ${E_TAG}, '"') END AS e_tag`;
}

function parquetColumns(bucket: string): string {
  return `${quote(bucket)} AS bucket, key,
    CASE WHEN e.null_version THEN '' ELSE digest END AS version_id,
    place = 1 AS is_latest, e.marker AS is_delete_marker,
    ${SIZE} AS size, modified::timestamp_ms AS last_modified_date, ${STORAGE_CLASS} AS storage_class,
    CASE WHEN NOT e.marker THEN ${E_TAG} END AS e_tag,
    e.multipart AS is_multipart_uploaded,
    CASE WHEN e.marker THEN NULL WHEN e.customer_key THEN 'SSE-C' WHEN g % 10::ubigint < 3 THEN 'SSE-KMS' ELSE 'SSE-S3' END
      AS encryption_status,
    CASE WHEN e.marker THEN NULL WHEN e.archive_tier THEN CASE WHEN g % 2::ubigint = 0 THEN 'ARCHIVE' ELSE 'DEEP_ARCHIVE' END
      WHEN NOT e.archived AND ${DRAW} BETWEEN 78 AND 94
        THEN CASE g % 3::ubigint WHEN 0 THEN 'FREQUENT' WHEN 1 THEN 'INFREQUENT' ELSE 'ARCHIVE_INSTANT_ACCESS' END
      END AS intelligent_tiering_access_tier`;
}

/** A number from 0 to 99 for the storage class. */
const DRAW = '((g >> 40) % 100::ubigint)';

const SIZE = `(CASE WHEN e.marker THEN NULL
  WHEN e.large THEN 5368709121 + g % 50000000000::ubigint
  WHEN e.multipart THEN 16777217 + g % 4000000000::ubigint
  ELSE 1 + (g & ((1::ubigint << (8 + (g >> 50) % 20::ubigint)) - 1::ubigint)) END)::bigint`;

const STORAGE_CLASS = `CASE WHEN e.marker THEN NULL
  WHEN e.archived THEN CASE WHEN g % 3::ubigint = 0 THEN 'DEEP_ARCHIVE' ELSE 'GLACIER' END
  WHEN e.archive_tier THEN 'INTELLIGENT_TIERING'
  WHEN ${DRAW} < 68 THEN 'STANDARD' WHEN ${DRAW} < 78 THEN 'STANDARD_IA' WHEN ${DRAW} < 95 THEN 'INTELLIGENT_TIERING'
  WHEN ${DRAW} < 98 THEN 'GLACIER_IR' ELSE 'ONEZONE_IA' END`;

const E_TAG = `CASE WHEN e.multipart THEN concat(reverse(digest), '-', 2 + g % 500::ubigint) ELSE reverse(digest) END`;

function shapeSql(shape: EntryShape): string {
  return `{marker: ${shape.marker}, start: ${shape.start}::bigint, spread: ${shape.spread}::ubigint,
    archived: ${shape.archived}, archive_tier: ${shape.archiveTier}, large: ${shape.large}, multipart: ${shape.multipart},
    null_version: ${shape.nullVersion}, customer_key: ${shape.customerKey}}`.replaceAll(/\s+/g, ' ');
}
