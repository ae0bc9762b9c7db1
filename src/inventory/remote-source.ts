import { RunbookError } from '../errors.ts';
import { sha256OfText } from './checksum.ts';
import { matchColumns, stackOrderOf } from './columns.ts';
import { parseFileSchema } from './file-schema.ts';
import { parseManifest } from './report.ts';
import type { InventorySource } from './source.ts';

/** An object of the inventory as S3 has it now. */
export type RemoteObject = { bytes: number; eTag: string | null };

/** The calls by which an inventory on S3 is looked at; its files stay where they are. */
export type RemoteCalls = {
  /** @throws RunbookError INVENTORY_NOT_FOUND, ACCESS_DENIED, … */
  readText(url: string): Promise<string>;
  headObject(url: string): Promise<RemoteObject>;
};

const FORMATS: Record<string, InventorySource['format']> = {
  csv: 's3-inventory-csv',
  parquet: 's3-inventory-parquet',
  orc: 's3-inventory-orc',
};
const MD5 = /^[0-9a-f]{32}$/;
const HEADS_AT_A_TIME = 16;

/**
 * Opens an S3 Inventory report where it lies, from its manifest.json alone. Every file has to be there with the size
 * that the manifest lists, and, where its ETag is an MD5, with the MD5 too. A report that S3 wrote with KMS encryption
 * has other ETags: there the size has to do, and Athena's reader.
 * @param url of the manifest.json
 * @throws RunbookError INVENTORY_NOT_FOUND, INVENTORY_FORMAT_UNKNOWN, INVENTORY_EMPTY, INVENTORY_CHECKSUM, …
 */
export async function openRemoteReport(url: string, calls: RemoteCalls): Promise<InventorySource> {
  const manifest = parseManifest(await calls.readText(url), url);
  const format = FORMATS[manifest.fileFormat.toLowerCase()];
  if (format === undefined) {
    throw new RunbookError('INVENTORY_FORMAT_UNKNOWN', `${url} lists ${manifest.fileFormat} files.`, {
      hint: 'S3 Inventory writes CSV, ORC and Parquet: name the manifest.json of such a report',
    });
  }
  if (manifest.files.length === 0) {
    throw new RunbookError('INVENTORY_EMPTY', `${url} lists no file.`, {
      hint: 'the configured prefix may match nothing; check the inventory configuration of the bucket',
    });
  }
  const bucket = new URL(url).hostname;
  const files: InventorySource['files'] = [];
  for (let index = 0; index < manifest.files.length; index += HEADS_AT_A_TIME) {
    const some = manifest.files.slice(index, index + HEADS_AT_A_TIME);
    files.push(
      ...(await Promise.all(
        some.map(async ({ key, size, MD5checksum }) => {
          const path = `s3://${bucket}/${key}`;
          const expectedMd5 = MD5checksum.toLowerCase();
          const found = await calls.headObject(path);
          assertListed(path, found, size, expectedMd5);
          return { path, bytes: found.bytes, expectedMd5 };
        }),
      )),
    );
  }
  const sourceColumns = parseFileSchema(manifest.fileSchema);
  const columns = matchColumns(sourceColumns, url);
  return {
    format,
    location: url,
    files,
    sourceColumns,
    columns,
    order: stackOrderOf(columns),
    csv:
      format === 's3-inventory-csv'
        ? { hasHeader: false, compression: files.every(({ path }) => path.endsWith('.gz')) ? 'gzip' : 'none' }
        : null,
    takenAt: new Date(Number(manifest.creationTimestamp)),
    sourceBucket: manifest.sourceBucket,
  };
}

function assertListed(path: string, found: RemoteObject, size: number | undefined, md5: string): void {
  const eTag = found.eTag?.replaceAll('"', '').toLowerCase() ?? '';
  const differs =
    size !== undefined && size !== found.bytes
      ? `has ${found.bytes} bytes; the report's manifest lists ${size}`
      : MD5.test(eTag) && eTag !== md5
        ? `has the MD5 ${eTag}; the report's manifest lists ${md5}`
        : null;
  if (differs === null) return;
  throw new RunbookError('INVENTORY_CHECKSUM', `${path} ${differs}.`, {
    hint: 'someone wrote over it: take the next report, or roll the destination of the reports back first',
  });
}

/** The checksum of a report, which its manifest tells: the same as for its files on the local disk. */
export async function reportChecksum(source: InventorySource): Promise<string> {
  return sha256OfText(
    source.files
      .map(({ expectedMd5 }) => `md5:${expectedMd5}`)
      .toSorted()
      .join('\n'),
  );
}
