import { sqlIdentifier, sqlText } from '../../src/render/sql.ts';
import { queryTrino } from './client.ts';

/**
 * The tables of S3 Metadata as Iceberg tables, with the columns of the published schemas ("S3 Metadata journal tables
 * schema", "S3 Metadata live inventory tables schema", Amazon S3 User Guide), in a catalog of the name that Athena
 * has for them.
 */
export const CATALOG = 's3tablescatalog/aws-s3';

const SHARED = [
  'bucket varchar',
  'key varchar',
  'sequence_number varchar',
  'version_id varchar',
  'is_delete_marker boolean',
  'size bigint',
  'last_modified_date timestamp(6)',
  'e_tag varchar',
  'storage_class varchar',
  'is_multipart boolean',
  'encryption_status varchar',
  'is_bucket_key_enabled boolean',
  'kms_key_arn varchar',
  'checksum_algorithm varchar',
  'object_tags map(varchar, varchar)',
  'user_metadata map(varchar, varchar)',
];
const JOURNAL = [
  ...SHARED,
  'record_type varchar',
  'record_timestamp timestamp(6)',
  'requester varchar',
  'source_ip_address varchar',
  'request_id varchar',
];

/** A row by column; what it lacks is NULL. Times are milliseconds since 1970. */
export type MetadataRow = Record<string, string | number | boolean | null>;

export type MetadataTableRows = {
  namespace: string;
  journal: readonly MetadataRow[];
  live: readonly MetadataRow[];
  /** `aws.s3metadata.oldest-uncoalesced-record-timestamp`, milliseconds */
  oldestUncoalesced: number;
};

/** Opens the catalog; what it holds lies below the root of Trino. */
export async function createMetadataCatalog(url: string, root: string): Promise<void> {
  const properties = {
    'iceberg.catalog.type': 'TESTING_FILE_METASTORE',
    'hive.metastore.catalog.dir': 'local:///iceberg',
    'fs.native-local.enabled': 'true',
    'local.location': root,
    'iceberg.allowed-extra-properties': '*',
  };
  const list = Object.entries(properties).map(([key, value]) => `${sqlIdentifier(key)} = ${sqlText(value)}`);
  await queryTrino(url, `CREATE CATALOG ${sqlIdentifier(CATALOG)} USING iceberg WITH (${list.join(', ')})`, {
    catalog: 'system',
  });
}

/** Makes both tables of a bucket. */
export async function createMetadataTables(url: string, rows: MetadataTableRows): Promise<void> {
  const schema = [CATALOG, rows.namespace].map(sqlIdentifier).join('.');
  const run = (sql: string) => queryTrino(url, sql, { catalog: CATALOG });
  await run(`CREATE SCHEMA ${schema}`);
  const boundary = `extra_properties = MAP(ARRAY['aws.s3metadata.oldest-uncoalesced-record-timestamp'], ARRAY['${rows.oldestUncoalesced}'])`;
  await run(
    `CREATE TABLE ${schema}.journal (${JOURNAL.join(', ')}) WITH (format = 'PARQUET', partitioning = ARRAY['day(record_timestamp)'], ${boundary})`,
  );
  await run(`CREATE TABLE ${schema}.inventory (${SHARED.join(', ')}) WITH (format = 'PARQUET')`);
  await insert(run, `${schema}.inventory`, SHARED, rows.live);
  await insert(run, `${schema}.journal`, JOURNAL, rows.journal);
}

/** Adds records to a journal, as S3 does after a plan has begun. */
export async function appendToJournal(
  url: string,
  namespace: string,
  journal: readonly MetadataRow[],
): Promise<void> {
  const table = [CATALOG, namespace, 'journal'].map(sqlIdentifier).join('.');
  await insert((sql) => queryTrino(url, sql, { catalog: CATALOG }), table, JOURNAL, journal);
}

async function insert(
  run: (sql: string) => Promise<unknown>,
  table: string,
  columns: readonly string[],
  rows: readonly MetadataRow[],
): Promise<void> {
  const literals = rows.map((row) => `(${columns.map((column) => literal(row, column)).join(', ')})`);
  if (literals.length > 0) await run(`INSERT INTO ${table} VALUES ${literals.join(', ')}`);
}

function literal(row: MetadataRow, column: string): string {
  const [name = '', ...type] = column.split(' ');
  const value = row[name];
  if (value === undefined || value === null) return `CAST(NULL AS ${type.join(' ')})`;
  if (type[0] !== 'timestamp(6)') return typeof value === 'string' ? sqlText(value) : String(value);
  return `TIMESTAMP '${new Date(Number(value)).toISOString().replace('T', ' ').replace('Z', '000')}'`;
}
