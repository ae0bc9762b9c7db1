import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Bucket } from '../../sandbox/bucket.ts';
import { BUCKET, type Entry, HISTORY, toCsv, writeParquet } from './history.ts';
import { CSV_SCHEMA } from './inventory-report.ts';

const PARQUET_SCHEMA =
  'message s3.inventory { required binary bucket (STRING); required binary key (STRING); optional binary version_id (STRING); optional boolean is_latest; optional boolean is_delete_marker; optional int64 size; optional int64 last_modified_date (TIMESTAMP(MILLIS,true)); optional binary e_tag (STRING); optional binary storage_class (STRING); }';

/** An inventory configuration as a test wants it; what is left out serves the whole history. */
export type Configured = {
  id?: string;
  versions?: 'All' | 'Current';
  prefix?: string;
  format?: 'CSV' | 'ORC' | 'Parquet';
  frequency?: 'Daily' | 'Weekly';
  destination?: string;
};

/** What a test wants to be different from a report that serves. */
export type Reported = {
  stamp?: string;
  entries?: readonly Entry[];
  manifest?: Record<string, unknown>;
  /** '' for none */
  checksum?: string;
  without?: 'manifest.json' | 'data';
};

const PREFIX = 'inventories';

/** Adds an inventory configuration to a bucket, as PutBucketInventoryConfiguration would. */
export function configure(bucket: Bucket, configured: Configured = {}): void {
  const { id = 'everything', versions = 'All', prefix, format = 'CSV', frequency = 'Daily' } = configured;
  const filter = prefix === undefined ? '' : `<Filter><Prefix>${prefix}</Prefix></Filter>`;
  bucket.configurations.set(
    `inventory/${id}`,
    `<InventoryConfiguration><Destination><S3BucketDestination><Format>${format}</Format><Bucket>arn:aws:s3:::${configured.destination ?? 'inventory-bucket'}</Bucket><Prefix>${PREFIX}</Prefix></S3BucketDestination></Destination><IsEnabled>true</IsEnabled>${filter}<Id>${id}</Id><IncludedObjectVersions>${versions}</IncludedObjectVersions><Schedule><Frequency>${frequency}</Frequency></Schedule></InventoryConfiguration>`,
  );
}

/** Puts a report of a configuration into its destination, as S3 lays it out ("Locating your inventory list"). */
export async function report(
  destination: Bucket,
  configured: Configured,
  reported: Reported = {},
): Promise<void> {
  const { id = 'everything', format = 'CSV' } = configured;
  const { stamp = '2025-08-24T01-00Z', entries = HISTORY } = reported;
  const folder = `${PREFIX}/${BUCKET}/${id}`;
  const isParquet = format === 'Parquet';
  const data = `${folder}/data/${stamp}.${isParquet ? 'parquet' : 'csv.gz'}`;
  const bytes = isParquet
    ? await parquetOf(entries)
    : gzipSync(toCsv(entries, { header: false, quoteAll: true }));
  if (reported.without !== 'data') destination.put(data, { body: bytes });
  const manifest = JSON.stringify({
    sourceBucket: BUCKET,
    destinationBucket: `arn:aws:s3:::${destination.name}`,
    version: '2016-11-30',
    creationTimestamp: String(Date.parse(stamp.replace(/T(\d\d)-(\d\d)Z/, 'T$1:$2:00Z'))),
    fileFormat: format,
    fileSchema: isParquet ? PARQUET_SCHEMA : CSV_SCHEMA,
    files: [{ key: data, size: bytes.length, MD5checksum: md5(bytes) }],
    ...reported.manifest,
  });
  if (reported.without !== 'manifest.json')
    destination.put(`${folder}/${stamp}/manifest.json`, { body: manifest });
  const checksum = reported.checksum ?? md5(manifest);
  if (checksum !== '') destination.put(`${folder}/${stamp}/manifest.checksum`, { body: checksum });
}

async function parquetOf(entries: readonly Entry[]): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 's3-rewind-report-'));
  try {
    const path = join(folder, 'report.parquet');
    await writeParquet(entries, path);
    return readFileSync(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function md5(data: string | Buffer): string {
  return createHash('md5').update(data).digest('hex');
}
