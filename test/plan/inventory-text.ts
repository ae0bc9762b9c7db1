import { createHash } from 'node:crypto';
import { type Entry, POINT_IN_TIME, type Stack } from './stacks.ts';

/** Inventories made of stacks: what a source would have written about these keys. */

export const BUCKET = 'example-bucket';

/** What the source carries besides the seeds' columns. */
export type InventoryShape = {
  /** what tells the order of a key's entries */
  order: 'last-modified' | 'ordinal' | 'sequence-number';
  /** how a space of a key is spelled in CSV */
  space: '+' | '%20';
  /** whether a column tells multipart uploads; else the ETag does */
  multipartColumn: boolean;
  /** whether encryption and access tier are reported */
  detailColumns: boolean;
};

const PLAIN_ETAG = '9dd4e461268c8034f5c8564e155c67a6';

/** One value a column, in the order of the columns; keys are not encoded. */
type InventoryRow = Record<string, string>;

/**
 * The rows in an order that says nothing about the stacks, as that of a foreign inventory.
 * @param stacks the stack of every key
 */
export function inventoryRows(stacks: ReadonlyMap<string, Stack>, shape: InventoryShape): InventoryRow[] {
  const rows: [place: string, row: InventoryRow][] = [];
  for (const [key, stack] of stacks) {
    for (const [ordinal, entry] of stack.entries()) {
      const place = createHash('md5').update(`${key}\n${entry.versionId}`).digest('hex');
      rows.push([place, rowOf(key, entry, ordinal, stack.length, shape)]);
    }
  }
  return rows.sort(([left], [right]) => (left < right ? -1 : 1)).map(([, row]) => row);
}

function rowOf(
  key: string,
  entry: Entry,
  ordinal: number,
  length: number,
  shape: InventoryShape,
): InventoryRow {
  const instant = new Date(Date.parse(POINT_IN_TIME) + entry.at * 1000);
  const etag = entry.isMultipart && !shape.multipartColumn ? `"${PLAIN_ETAG}-3"` : `"${PLAIN_ETAG}"`;
  return {
    bucket_name: BUCKET,
    key_name: key,
    version_id: entry.versionId,
    is_latest: entry.isLatest ? 'True' : 'False',
    delete_marker: entry.isMarker ? 'True' : 'False',
    size: entry.isMarker ? '' : String(entry.size),
    last_modified: instant.toISOString(),
    storage_class: entry.isMarker ? '' : entry.storageClass,
    e_tag: entry.isMarker ? '' : etag,
    ...(shape.multipartColumn ? { is_multipart: String(entry.isMultipart) } : {}),
    ...(shape.detailColumns
      ? {
          encryption_status: entry.isCustomerKey ? 'SSE-C' : 'SSE-S3',
          intelligent_tiering_access_tier: entry.accessTier,
        }
      : {}),
    ...(shape.order === 'ordinal' ? { ordinal: String(ordinal) } : {}),
    // Sequence numbers are compared as text.
    ...(shape.order === 'sequence-number'
      ? { sequence_number: (length - ordinal).toString(16).padStart(16, '0').toUpperCase() }
      : {}),
  };
}

/** CSV as the seeds write it, with URL-encoded keys. */
export function inventoryCsv(rows: readonly InventoryRow[], space: '+' | '%20'): string {
  const names = Object.keys(rows[0] ?? {});
  const lines = rows.map((row) =>
    names
      .map((name) => csvValue(name === 'key_name' ? encodeKey(row[name] ?? '', space) : row[name]))
      .join(','),
  );
  return `${[names.join(','), ...lines].join('\n')}\n`;
}

function encodeKey(key: string, space: '+' | '%20'): string {
  return encodeURIComponent(key).replaceAll('%20', space);
}

function csvValue(value = ''): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
