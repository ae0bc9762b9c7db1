import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { BUCKET, type Entry, toCsv, writeParquet } from './history.ts';

export const CSV_SCHEMA =
  'Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, StorageClass, ETag';
const PARQUET_SCHEMA =
  'message s3.inventory { required binary bucket (STRING); required binary key (STRING); optional binary version_id (STRING); optional boolean is_latest; optional boolean is_delete_marker; optional int64 size; optional int64 last_modified_date (TIMESTAMP_MILLIS); optional binary storage_class (STRING); optional binary e_tag (STRING); }';

/** The fields of manifest.json that a test may want to be different. */
export type ManifestChange = Record<string, unknown>;

/**
 * Writes an S3 Inventory report as `aws s3 sync s3://DESTINATION/PREFIX/SOURCE/CONFIG FOLDER` lays it out: a folder with
 * the time of the scan that holds the manifest, and a folder `data` beside it.
 * @param parts the entries of each file
 * @returns the path of manifest.json
 */
export async function writeReport(
  folder: string,
  format: 'CSV' | 'Parquet',
  parts: readonly (readonly Entry[])[],
  change: ManifestChange = {},
): Promise<string> {
  const stamp = join(folder, '2025-08-24T01-00Z');
  mkdirSync(join(folder, 'data'), { recursive: true });
  mkdirSync(stamp, { recursive: true });
  const files = [];
  for (const [index, entries] of parts.entries()) {
    const name = `part-${index}${format === 'CSV' ? '.csv.gz' : '.parquet'}`;
    const path = join(folder, 'data', name);
    if (format === 'Parquet') await writeParquet(entries, path);
    else writeFileSync(path, gzipSync(toCsv(entries, { header: false, quoteAll: true })));
    const bytes = readFileSync(path);
    files.push({
      key: `inventories/${BUCKET}/everything/data/${name}`,
      size: bytes.length,
      MD5checksum: createHash('md5').update(bytes).digest('hex'),
    });
  }
  const manifest = {
    sourceBucket: BUCKET,
    destinationBucket: 'arn:aws:s3:::inventory-bucket',
    version: '2016-11-30',
    creationTimestamp: String(Date.parse('2025-08-24T01:00:00Z')),
    fileFormat: format,
    fileSchema: format === 'CSV' ? CSV_SCHEMA : PARQUET_SCHEMA,
    files,
    ...change,
  };
  const path = join(stamp, 'manifest.json');
  writeFileSync(path, JSON.stringify(manifest));
  return path;
}
