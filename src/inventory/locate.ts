import type { QueryEngine } from '../engine/query-engine.ts';
import { RunbookError } from '../errors.ts';
import { sqlIdentifier, sqlInteger, sqlText } from '../render/sql.ts';
import { parseBucketName } from '../s3/bucket.ts';
import { MAX_KEY_BYTES } from '../s3/rollback.ts';
import { isGzipped } from './gzip.ts';
import { lineOfRow } from './line-number.ts';
import { fileRowsSql, parsedColumns, sourceView } from './reader.ts';
import type { InventoryFile, InventorySource } from './source.ts';

/**
 * Finds the row that made a plan stop. The scans only count bad rows, because a row number would cost every plan; this
 * slow second look is paid for by the one that is refused.
 * @param bucket the bucket that every row must name
 * @returns the refusal, with the file and its line (CSV) or row (Parquet), and the key as the file has it
 */
export async function locateBadRow(
  engine: QueryEngine,
  source: InventorySource,
  bucket: string,
): Promise<RunbookError> {
  await engine.run('SET preserve_insertion_order = true');
  for (const file of source.files) {
    const [row] = await engine.rows(badRowSql(source, file, bucket));
    if (row === undefined) continue;
    const place = Number(row.place);
    const where = await describePlace(source, file, place, 'skipped');
    const reason = String(row.reason).replace('%s', () => String(row.text));
    if (reason === FOREIGN) return foreignBucket(where, String(row.value));
    return malformedRow(where, reason, String(row.value));
  }
  return new RunbookError('INVENTORY_ROW_MALFORMED', `${source.location} holds a row that cannot be read.`, {
    hint: 'take the inventory again',
  });
}

/**
 * Where a row stands, for a message: the file and its line (CSV) or row (Parquet).
 * @param blankLines whether `place` counts blank lines as rows
 */
export async function describePlace(
  source: InventorySource,
  file: InventoryFile,
  place: number,
  blankLines: 'counted' | 'skipped',
): Promise<string> {
  if (source.csv === null) return `${file.path}, row ${place}`;
  return `${file.path}, line ${await lineOfRow(file.path, isGzipped(source, file), place, blankLines)}`;
}

const FOREIGN = 'foreign bucket';

/** What is wrong with a row, when; the value to name with it, and the text that `%s` stands for, both in SQL. */
type Reason = [condition: string, reason: string, value: string, text?: string];

function badRowSql(source: InventorySource, file: InventoryFile, bucket: string): string {
  const { columns, rawKey, keysEncoded, recency } = sourceView(source, 'duckdb');
  const decoded = keysEncoded ? "TRY(url_decode(replace(raw_key, '+', '%20')))" : 'raw_key';
  const parsed = parsedColumns(source);
  const reasons: Reason[] = [
    ['bucket IS NULL', 'it has no bucket name', "''"],
    [`bucket <> ${sqlText(bucket)}`, FOREIGN, 'bucket'],
    ['raw_key IS NULL', 'it has no key', "''"],
    ...parsed.map(
      ({ name, kind }, index): Reason => [
        `text_${index} <> '' AND value_${index} IS NULL`,
        `${name} is '%s', which is not ${kind}`,
        'raw_key',
        `text_${index}`,
      ],
    ),
    ['last_modified IS NULL', 'it has no last-modified time', 'raw_key'],
    ['NOT isfinite(last_modified)', 'its last-modified time is infinite', 'raw_key'],
    ['is_latest IS NULL', 'it does not say whether it is the current entry', 'raw_key'],
    ['is_delete_marker IS NULL', 'it does not say whether it is a delete marker', 'raw_key'],
    ['NOT is_delete_marker AND size IS NULL', 'it is an object version without a size', 'raw_key'],
    [`(${recency}) IS NULL`, `its ${source.order} is empty, which orders the entries of a key`, 'raw_key'],
    ['size < 0', 'its size is negative', 'raw_key'],
    ['key IS NULL', 'its key is not UTF-8 once decoded', 'raw_key'],
    [
      `${keysEncoded} AND strlen(raw_key) - strlen(key) <> 2 * (strlen(raw_key) - strlen(replace(raw_key, '%', '')))`,
      'its key is not URL-encoded: a % without two hexadecimal digits',
      'raw_key',
    ],
    [
      `strlen(key) > ${sqlInteger(MAX_KEY_BYTES)}`,
      `its key is longer than ${MAX_KEY_BYTES} bytes`,
      'left(raw_key, 40)',
    ],
  ];
  const pick = (result: (reason: Reason) => string) =>
    `CASE ${reasons.map((reason) => `WHEN ${reason[0]} THEN ${result(reason)}`).join(' ')} END`;
  const list = [
    { name: 'raw_key', expression: rawKey },
    ...columns.map(({ name, expression }) => ({ name, expression: `TRY(${expression})` })),
    ...parsed.flatMap(({ name, expression }, index) => [
      { name: `text_${index}`, expression: sqlIdentifier(name) },
      { name: `value_${index}`, expression: `TRY(${expression})` },
    ]),
  ]
    .map(({ name, expression }) => `${expression} AS ${name}`)
    .join(', ');
  return `SELECT place, reason, value, text FROM (
    SELECT
      place,
      ${pick(([, reason]) => sqlText(reason))} AS reason,
      ${pick(([, , value]) => value)} AS value,
      ${pick(([, , , text = "''"]) => text)} AS text
    FROM (SELECT *, ${decoded} AS key FROM (SELECT place, ${list} FROM (${fileRowsSql(source, file)})))
  ) WHERE reason IS NOT NULL ORDER BY place LIMIT 1`;
}

export function foreignBucket(where: string, bucket: string): RunbookError {
  return new RunbookError('INVENTORY_FOREIGN_BUCKET', `${where} belongs to the bucket '${bucket}'.`, {
    hint: `give an inventory of this bucket alone${isBucketName(bucket) ? `, or name the other one: --bucket ${bucket}` : ''}`,
  });
}

export function malformedRow(where: string, reason: string, value: string): RunbookError {
  return new RunbookError(
    'INVENTORY_ROW_MALFORMED',
    `${where}: ${reason}${value === '' ? '' : ` (key '${value}')`}.`,
    { hint: 'no row is skipped: correct the file, or take the inventory again' },
  );
}

/** What is no bucket name is not proposed as the next thing to type. */
function isBucketName(text: string): boolean {
  try {
    parseBucketName(text);
    return true;
  } catch {
    return false;
  }
}
