import { RunbookError } from '../errors.ts';
import { type SourceColumn, spell } from '../inventory/columns.ts';
import { columnIdentifier } from '../inventory/reader.ts';
import type { InventorySource } from '../inventory/source.ts';
import type { SqlDialect } from '../render/sql.ts';

/** The columns of S3 Inventory that tell an entry's lock, as our SQL names them. */
const LOCK_COLUMNS = {
  lock_until: 'objectlockretainuntildate',
  lock_mode: 'objectlockmode',
  legal_hold: 'objectlocklegalholdstatus',
} as const;

/**
 * What the queries read a lock by. S3 Inventory has the date as a text in CSV and as a time or milliseconds in Parquet
 * and ORC ("Inventory list", Amazon S3 User Guide). An empty text is no lock.
 * @throws RunbookError INVENTORY_COLUMN_MISSING
 */
export function lockColumns(
  source: InventorySource,
  dialect: SqlDialect,
): { name: string; expression: string }[] {
  const find = (name: keyof typeof LOCK_COLUMNS): SourceColumn => {
    const found = source.sourceColumns.find((column) => spell(column.name) === LOCK_COLUMNS[name]);
    if (found !== undefined) return found;
    throw new RunbookError(
      'INVENTORY_COLUMN_MISSING',
      `${source.location} has no column for Object Lock; without it, nothing tells which versions are locked.`,
      {
        hint: 'add ObjectLockRetainUntilDate, ObjectLockMode and ObjectLockLegalHoldStatus to the optional fields of the inventory, or look at the versions of a small bucket now with --list',
      },
    );
  };
  const textOf = (name: keyof typeof LOCK_COLUMNS) => columnText(find(name), dialect);
  const time = timeOf(find('lock_until'), dialect);
  return [
    { name: 'lock_until', expression: time },
    {
      name: 'lock_is_unreadable',
      expression: `coalesce(${textOf('lock_until')}, '') <> '' AND ${time} IS NULL`,
    },
    { name: 'lock_mode', expression: `coalesce(${textOf('lock_mode')}, '')` },
    { name: 'legal_hold', expression: `upper(coalesce(${textOf('legal_hold')}, ''))` },
  ];
}

function columnText(column: SourceColumn, dialect: SqlDialect): string {
  const own = columnIdentifier(column, dialect);
  if (column.type === 'BLOB') return dialect === 'athena' ? own : `decode(${own})`;
  return column.type === 'VARCHAR' ? own : `CAST(${own} AS varchar)`;
}

/** Text that is no date with a time is NULL here, and refused by the counts with its key. */
function timeOf(column: SourceColumn, dialect: SqlDialect): string {
  const own = columnIdentifier(column, dialect);
  if (column.type === 'BIGINT') {
    return dialect === 'athena'
      ? `CAST(from_unixtime(${own} / 1e3) AT TIME ZONE 'UTC' AS timestamp)`
      : `make_timestamp(${own} * 1000)`;
  }
  if (column.type !== 'VARCHAR' && column.type !== 'BLOB') return `CAST(${own} AS timestamp)`;
  const text = columnText(column, dialect);
  return dialect === 'athena'
    ? `CASE WHEN strpos(${text}, ':') > 0 THEN TRY(CAST(from_iso8601_timestamp(replace(${text}, ' ', 'T')) AT TIME ZONE 'UTC' AS timestamp)) END`
    : `CASE WHEN strpos(${text}, ':') > 0 AND isfinite(TRY_CAST(${text} AS timestamptz)) THEN make_timestamp(epoch_us(TRY_CAST(${text} AS timestamptz))) END`;
}
