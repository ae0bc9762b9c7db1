import type { MetadataTables } from '../../src/inventory/s3-metadata.ts';
import { type History, KEYS, type Record } from './history.ts';

/** How the metadata tables stand to the bucket. */
export type Delivery = {
  /** records before this one were written before S3 Metadata was enabled, or have expired */
  enabledAt: number;
  /** the live table holds every record before this one; `ahead` more of each key */
  coalesced: number;
  ahead: number[];
  /** every so many records are delivered twice; 0: none */
  duplicateEvery: number;
  /** the sequence number that a live row carries: that of its newest record, or of the one that created it */
  liveSequence: 'newest' | 'creating';
};

const BUCKET = 'data';
/** The columns that the merge reads, with the types of the published schemas. */
const SHARED =
  'bucket VARCHAR, key VARCHAR, sequence_number VARCHAR, version_id VARCHAR, is_delete_marker BOOLEAN, size BIGINT, last_modified_date TIMESTAMP, storage_class VARCHAR, is_multipart BOOLEAN, encryption_status VARCHAR';

/** The tables by where they are; ordinary ones, which have no snapshots. */
export function tablesAt(path: (table: string) => string[]): MetadataTables {
  const history = { refs: path('refs'), snapshots: path('snapshots') };
  return {
    journal: path('journal'),
    journalProperties: path('properties'),
    liveInventory: path('live'),
    journalHistory: history,
    liveInventoryHistory: history,
    tableBucketArn: 'arn:aws:s3tables:eu-west-1:123456789012:bucket/aws-s3',
  };
}

/** Statements that make the two tables and the journal's properties, in SQL that DuckDB and Trino both read. */
export function tableStatements(
  history: History,
  delivery: Delivery,
  name: (table: string) => string,
): string[] {
  const { records, moments } = history;
  const journal = records.slice(delivery.enabledAt);
  const delivered = journal.flatMap((record, index) =>
    delivery.duplicateEvery > 0 && index % delivery.duplicateEvery === 0 ? [record, record] : [record],
  );
  const live = KEYS.flatMap((key, index) => {
    // A moment is the bucket after so many records; a key may be further ahead than the table as a whole.
    const moment = moments[Math.min(records.length, delivery.coalesced + (delivery.ahead[index] ?? 0))];
    return (moment?.stacks.get(key) ?? []).map((entry) =>
      row([
        text(BUCKET),
        text(key),
        text(delivery.liveSequence === 'newest' ? entry.touched : entry.created),
        text(entry.versionId === 'null' ? '' : entry.versionId),
        String(entry.isMarker),
        integer(entry.size),
        time(entry.lastModifiedMs),
        text(entry.storageClass),
        String(entry.isMultipart),
        text(entry.isMarker ? null : 'SSE-S3'),
      ]),
    );
  });
  return statements(delivered, live, oldestUncoalesced(history, delivery), name);
}

/** The tables of a bucket whose every entry the journal knows: the live table has nothing yet. */
export function journalStatements(records: readonly Record[], boundaryMs: number): string[] {
  return statements(records, [], boundaryMs, (table) => table);
}

function statements(
  journal: readonly Record[],
  live: readonly string[],
  boundaryMs: number,
  name: (table: string) => string,
): string[] {
  return [
    ...['journal', 'live', 'properties', 'refs', 'snapshots'].map(
      (table) => `DROP TABLE IF EXISTS ${name(table)}`,
    ),
    `CREATE TABLE ${name('journal')} (${SHARED}, record_type VARCHAR, record_timestamp TIMESTAMP, requester VARCHAR)`,
    `CREATE TABLE ${name('live')} (${SHARED})`,
    `CREATE TABLE ${name('properties')} (key VARCHAR, value VARCHAR)`,
    `CREATE TABLE ${name('refs')} (name VARCHAR, snapshot_id BIGINT)`,
    `CREATE TABLE ${name('snapshots')} (snapshot_id BIGINT, committed_at TIMESTAMP)`,
    ...insert(name('journal'), journal.map(journalRow)),
    ...insert(name('live'), live),
    `INSERT INTO ${name('properties')} VALUES ('write.format.default', 'parquet'), ('aws.s3metadata.oldest-uncoalesced-record-timestamp', '${boundaryMs}')`,
  ];
}

function oldestUncoalesced({ records, moments }: History, { coalesced }: Delivery): number {
  return records[coalesced]?.timeMs ?? (moments.at(-1)?.timeMs ?? 0) + 1;
}

function journalRow(record: Record): string {
  return row([
    text(BUCKET),
    text(record.key),
    text(record.sequence),
    text(record.versionId === 'null' ? '' : record.versionId),
    record.isMarker === null ? 'NULL' : String(record.isMarker),
    integer(record.size),
    time(record.lastModifiedMs),
    text(record.storageClass),
    record.isMultipart === null ? 'NULL' : String(record.isMultipart),
    record.isMarker === false ? "'SSE-S3'" : 'NULL',
    text(record.type),
    time(record.timeMs),
    text(record.requester),
  ]);
}

function insert(table: string, rows: readonly string[]): string[] {
  return rows.length === 0 ? [] : [`INSERT INTO ${table} VALUES ${rows.join(', ')}`];
}

function row(values: readonly string[]): string {
  return `(${values.join(', ')})`;
}

function text(value: string | null): string {
  return value === null ? 'CAST(NULL AS VARCHAR)' : `'${value.replaceAll("'", "''")}'`;
}

function integer(value: number | null): string {
  return value === null ? 'CAST(NULL AS BIGINT)' : `CAST(${value} AS BIGINT)`;
}

function time(value: number | null): string {
  if (value === null) return 'CAST(NULL AS TIMESTAMP)';
  return `TIMESTAMP '${new Date(value).toISOString().replace('T', ' ').replace('Z', '')}'`;
}
