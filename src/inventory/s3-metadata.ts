import type { MetadataConfiguration, MetadataTable } from '../s3/metadata-tables.ts';
import { formatInstant } from '../s3/point-in-time.ts';
import { sha256OfText } from './checksum.ts';
import { matchColumns } from './columns.ts';
import type { InventorySource } from './source.ts';

/**
 * S3 Metadata as a source: the live inventory table, and the journal that leads it by up to an hour
 * (sql/metadata-merge.sql.hbs puts them together). Schemas: "S3 Metadata journal tables schema" and "… live inventory
 * tables schema", Amazon S3 User Guide.
 */

/** The tables by catalog, namespace and name, as Athena writes them. */
export type MetadataTables = {
  journal: string[];
  /** Iceberg's properties of the journal, which tell how far the live inventory table is behind */
  journalProperties: string[];
  liveInventory: string[];
  journalHistory: TableHistory;
  liveInventoryHistory: TableHistory;
  /** tells partition, Region and account of the tables */
  tableBucketArn: string;
};

/** Iceberg's own tables about a table ("Query Iceberg table metadata", Athena User Guide). */
export type TableHistory = { refs: string[]; snapshots: string[] };

/** What an Iceberg table holds at one moment; its ID is 64 bits. */
export type TableSnapshot = { id: string; committedAt: Date };

/** Catalog that the integration of table buckets with AWS analytics services makes in the Glue Data Catalog. */
const CATALOG = 's3tablescatalog';

/**
 * Whether the metadata tables of a bucket can serve now.
 * @returns the tables, or why not
 */
export function assessMetadata(
  configuration: MetadataConfiguration | null,
  bucket: string,
): { tables: MetadataTables } | { reason: string } {
  if (configuration === null) return { reason: 'the bucket has no S3 Metadata configuration' };
  const { tableBucketType, tableBucketArn, namespace, journal, liveInventory } = configuration;
  if (tableBucketType === 'customer' || liveInventory === null) {
    return {
      reason: `the configuration has no live inventory table; enable one, which takes its backfill: aws s3api update-bucket-metadata-inventory-table-configuration --bucket ${bucket} --inventory-table-configuration ConfigurationState=ENABLED`,
    };
  }
  if (journal === null) return { reason: 'the configuration has no journal table' };
  const unready = unreadiness('journal table', journal) ?? unreadiness('live inventory table', liveInventory);
  if (unready !== null) return { reason: unready };
  const tableBucket = tableBucketArn.split('bucket/').at(-1) ?? '';
  const table = (name: string) => [`${CATALOG}/${tableBucket}`, namespace, name];
  const history = (name: string) => ({ refs: table(`${name}$refs`), snapshots: table(`${name}$snapshots`) });
  return {
    tables: {
      journal: table(journal.name),
      journalProperties: table(`${journal.name}$properties`),
      liveInventory: table(liveInventory.name),
      journalHistory: history(journal.name),
      liveInventoryHistory: history(liveInventory.name),
      tableBucketArn,
    },
  };
}

function unreadiness(what: string, { status, error }: MetadataTable): string | null {
  switch (status) {
    case 'ACTIVE':
      return null;
    case 'FAILED':
      return `the ${what} has failed${error === '' ? '' : `: ${error}`}`;
    case 'BACKFILLING':
      return `the ${what} is being backfilled; it serves once its status is ACTIVE`;
    default:
      return `the ${what} is not ready: its status is ${status === '' ? 'not told' : status}`;
  }
}

/** Records can reach the journal out of order; AWS's own queries overlap the two tables by as much. */
const OVERLAP_MS = 15 * 60_000;
/** NoncurrentDays is at least 1 ("Lifecycle configuration elements", Amazon S3 User Guide). */
const MIN_NONCURRENT_DAYS = 1;
const MS_PER_DAY = 86_400_000;

export type MergeOptions = {
  bucket: string;
  /** the point in time, `yyyy-mm-ddThh:mm:ssZ` */
  pointInTime: string;
  multipartWindowSeconds: number;
  noncurrentExpirationDays: number | null;
  /** what `metadata-boundary` answered, milliseconds since 1970; null: the whole journal has to be read */
  oldestUncoalesced: number | null;
  /** null: nothing was ever written to the table */
  snapshots: { journal: TableSnapshot | null; liveInventory: TableSnapshot | null };
  database: string;
};

/** Values of `metadata-merge`; times are `yyyy-mm-ddThh:mm:ssZ`. */
export type MergeView = Pick<MetadataTables, 'journal' | 'liveInventory'> &
  Pick<MergeOptions, 'bucket' | 'database' | 'pointInTime'> & {
    journalSnapshot: string | null;
    liveInventorySnapshot: string | null;
    /** since when the journal is read; null: all of it */
    journalFrom: string | null;
    /** before this, S3 Lifecycle cannot have removed what was current at the point in time */
    lifecycleFrom: string;
  };

export function metadataView(tables: MetadataTables, options: MergeOptions): MergeView {
  const { bucket, pointInTime, multipartWindowSeconds, oldestUncoalesced, database } = options;
  const pointMs = Date.parse(pointInTime);
  // What was completed or purged after the point in time is in the journal alone.
  const needed = pointMs - multipartWindowSeconds * 1000;
  const days = Math.max(MIN_NONCURRENT_DAYS, options.noncurrentExpirationDays ?? MIN_NONCURRENT_DAYS);
  return {
    journal: tables.journal,
    liveInventory: tables.liveInventory,
    journalSnapshot: options.snapshots.journal?.id ?? null,
    liveInventorySnapshot: options.snapshots.liveInventory?.id ?? null,
    database,
    bucket,
    pointInTime,
    journalFrom:
      oldestUncoalesced === null
        ? null
        : formatInstant(new Date(Math.min(needed, oldestUncoalesced) - OVERLAP_MS)),
    lifecycleFrom: formatInstant(new Date(pointMs + days * MS_PER_DAY)),
  };
}

/** Columns that `metadata-merge` makes, with the types of our SQL. */
const MERGED_COLUMNS: readonly [name: string, type: string][] = [
  ['bucket', 'VARCHAR'],
  ['key', 'VARCHAR'],
  ['version_id', 'VARCHAR'],
  ['is_latest', 'BOOLEAN'],
  ['is_delete_marker', 'BOOLEAN'],
  ['size', 'BIGINT'],
  ['last_modified_date', 'TIMESTAMP'],
  ['storage_class', 'VARCHAR'],
  ['is_multipart', 'BOOLEAN'],
  ['encryption_status', 'VARCHAR'],
  ['sequence_number', 'VARCHAR'],
  ['is_purged_at_p', 'BOOLEAN'],
];

/**
 * The merged table as a source of a plan. It has no files: the engine made it under the name `inventory`.
 * @param takenAt when the newer of the two snapshots was committed; null: neither table was ever written to
 */
export function metadataSource(bucket: string, takenAt: Date | null): InventorySource {
  const sourceColumns = MERGED_COLUMNS.map(([name, type]) => ({ name, type }));
  return {
    format: 's3-metadata',
    location: `S3 Metadata tables of ${bucket}`,
    files: [],
    sourceColumns,
    columns: matchColumns(sourceColumns, 'the merged table'),
    order: 'sequence-number',
    csv: null,
    takenAt,
    sourceBucket: bucket,
  };
}

/**
 * The checksum of the merged table. It has no files, and does not need any: Iceberg never changes a snapshot, so the
 * snapshots of both tables and the part of the journal that is read say what is in it.
 */
export function metadataChecksum(view: MergeView): string {
  const { journalSnapshot, liveInventorySnapshot, journalFrom } = view;
  return sha256OfText(
    [
      `live-inventory:${liveInventorySnapshot ?? 'none'}`,
      `journal:${journalSnapshot ?? 'none'}`,
      `journal-from:${journalFrom ?? 'all'}`,
    ].join('\n'),
  );
}
