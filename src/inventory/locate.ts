import type { QueryEngine } from '../engine/duckdb.ts';
import { RunbookError } from '../errors.ts';
import { sqlInteger, sqlText } from '../render/sql.ts';
import { MAX_KEY_BYTES } from '../s3/rollback.ts';
import { fileRowsSql, sourceView } from './reader.ts';
import type { InventoryFile, InventorySource } from './source.ts';

/**
 * Finds the row that made a plan stop. The scans only count bad rows, because a row number would cost every plan; this
 * slow second look is paid for by the one that is refused.
 * @param bucket the bucket that every row must name
 * @returns the refusal, with the file and its line (CSV) or row (Parquet)
 */
export async function locateBadRow(
  engine: QueryEngine,
  source: InventorySource,
  bucket: string,
): Promise<RunbookError> {
  await engine.run('SET preserve_insertion_order = true');
  for (const file of source.files) {
    const [row] = await engine.rows(badRowSql(source, file, bucket));
    if (row !== undefined)
      return refusal(source, file, Number(row.place), String(row.reason), String(row.value));
  }
  return new RunbookError('INVENTORY_ROW_MALFORMED', `${source.location} holds a row that cannot be read.`, {
    hint: 'take the inventory again',
  });
}

const FOREIGN = 'foreign bucket';

function badRowSql(source: InventorySource, file: InventoryFile, bucket: string): string {
  const { columns, rawKey, keysEncoded } = sourceView(source, 'duckdb');
  const decoded = keysEncoded ? "TRY(url_decode(replace(raw_key, '+', '%20')))" : 'raw_key';
  const reasons: [condition: string, reason: string, value: string][] = [
    ['bucket IS NULL', 'it has no bucket name', "''"],
    [`bucket <> ${sqlText(bucket)}`, FOREIGN, 'bucket'],
    ['raw_key IS NULL', 'it has no key', "''"],
    ['last_modified IS NULL', 'it has no last-modified time', 'raw_key'],
    ['is_latest IS NULL', 'it does not say whether it is the current entry', 'raw_key'],
    ['is_delete_marker IS NULL', 'it does not say whether it is a delete marker', 'raw_key'],
    ['NOT is_delete_marker AND size IS NULL', 'it is an object version without a size', 'raw_key'],
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
  const pick = (part: 1 | 2) =>
    `CASE ${reasons.map((reason) => `WHEN ${reason[0]} THEN ${part === 1 ? sqlText(reason[1]) : reason[2]}`).join(' ')} END`;
  const list = [{ name: 'raw_key', expression: rawKey }, ...columns]
    .map(({ name, expression }) => `${expression} AS ${name}`)
    .join(', ');
  return `SELECT place, reason, value FROM (
    SELECT place, ${pick(1)} AS reason, ${pick(2)} AS value
    FROM (SELECT *, ${decoded} AS key FROM (SELECT place, ${list} FROM (${fileRowsSql(source, file)})))
  ) WHERE reason IS NOT NULL ORDER BY place LIMIT 1`;
}

function refusal(
  source: InventorySource,
  file: InventoryFile,
  place: number,
  reason: string,
  value: string,
): RunbookError {
  const where = `${file.path}, ${source.csv === null ? 'row' : 'line'} ${place}`;
  if (reason === FOREIGN) {
    return new RunbookError('INVENTORY_FOREIGN_BUCKET', `${where} belongs to the bucket '${value}'.`, {
      hint: `give an inventory of this bucket alone, or name the other one: --bucket ${value}`,
    });
  }
  return new RunbookError(
    'INVENTORY_ROW_MALFORMED',
    `${where}: ${reason}${value === '' ? '' : ` ('${value}')`}.`,
    {
      hint: 'no row is skipped: correct the file, or take the inventory again',
    },
  );
}
