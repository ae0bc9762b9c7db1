import { RunbookError } from '../errors.ts';
import { type SourceColumn, spell } from '../inventory/columns.ts';
import type { InventorySource } from '../inventory/source.ts';
import { sqlIdentifier } from '../render/sql.ts';

/** The columns of S3 Inventory that tell an entry's lock, as our SQL names them. */
const LOCK_COLUMNS = {
  lock_until: 'objectlockretainuntildate',
  lock_mode: 'objectlockmode',
  legal_hold: 'objectlocklegalholdstatus',
} as const;

/**
 * What the queries read a lock by. S3 Inventory has the date as a text in CSV and as a time or milliseconds in
 * Parquet ("Inventory list", Amazon S3 User Guide). An empty text is no lock.
 * @throws RunbookError INVENTORY_COLUMN_MISSING
 */
export function lockColumns(source: InventorySource): { name: string; expression: string }[] {
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
  const until = find('lock_until');
  const time = timeOf(until);
  return [
    { name: 'lock_until', expression: time },
    { name: 'lock_is_unreadable', expression: `coalesce(${textOf(until)}, '') <> '' AND ${time} IS NULL` },
    { name: 'lock_mode', expression: `coalesce(${textOf(find('lock_mode'))}, '')` },
    { name: 'legal_hold', expression: `upper(coalesce(${textOf(find('legal_hold'))}, ''))` },
  ];
}

function textOf({ name, type }: SourceColumn): string {
  const own = sqlIdentifier(name);
  if (type === 'BLOB') return `decode(${own})`;
  return type === 'VARCHAR' ? own : `CAST(${own} AS varchar)`;
}

function timeOf(column: SourceColumn): string {
  const own = sqlIdentifier(column.name);
  if (column.type === 'BIGINT') return `make_timestamp(${own} * 1000)`;
  if (column.type !== 'VARCHAR' && column.type !== 'BLOB') return `CAST(${own} AS timestamp)`;
  const text = textOf(column);
  return `CASE WHEN strpos(${text}, ':') > 0 AND isfinite(TRY_CAST(${text} AS timestamptz)) THEN make_timestamp(epoch_us(TRY_CAST(${text} AS timestamptz))) END`;
}
