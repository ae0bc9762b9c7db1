import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import pLimit from 'p-limit';
import { openS3Client } from '../aws/client.ts';
import { downloadObject } from '../aws/download.ts';
import { RunbookError } from '../errors.ts';
import { parseManifest } from '../inventory/report.ts';
import type { Progress } from '../progress.ts';
import { formatBytes } from '../review/figures.ts';
import { type EndpointOptions, parseEndpoint } from './endpoint-options.ts';

const FILES_AT_A_TIME = 8;
const S3_URL = /^s3:\/\/(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(?<key>.+[^/])$/;

/**
 * Brings inventories that are given as `s3://bucket/key` to a local folder: plain files, or the manifest.json of an S3
 * Inventory report with every file it lists. Local paths are left as they are.
 * @returns local paths in the order of the given ones
 * @throws RunbookError INVENTORY_NOT_FOUND, INVENTORY_FORMAT_UNKNOWN, ACCESS_DENIED, …
 */
export async function fetchInventories(
  paths: readonly string[],
  folder: string,
  endpoint: EndpointOptions,
  progress: Progress,
): Promise<string[]> {
  if (!paths.some((path) => path.startsWith('s3://'))) return [...paths];
  const client = openS3Client(parseEndpoint(endpoint));
  const limit = pLimit(FILES_AT_A_TIME);
  let received = 0;
  const fetchFile = (bucket: string, key: string, path: string) =>
    limit(() =>
      downloadObject(client, { bucket, key }, path, (bytes) => {
        received += bytes;
        progress(`Fetching the inventory: ${formatBytes(received)}`, null);
      }),
    );
  const fetchReport = async (bucket: string, key: string, path: string, root: string) => {
    await fetchFile(bucket, key, path);
    const { files } = parseManifest(await readFile(path, 'utf8'), `s3://${bucket}/${key}`);
    await Promise.all(files.map((file) => fetchFile(bucket, file.key, localPath(root, file.key))));
  };
  try {
    return await Promise.all(
      paths.map(async (path, index) => {
        if (!path.startsWith('s3://')) return path;
        const { bucket, key } = parseS3Url(path);
        const root = join(folder, String(index));
        const local = localPath(root, key);
        await (basename(key) === 'manifest.json'
          ? fetchReport(bucket, key, local, root)
          : fetchFile(bucket, key, local));
        return local;
      }),
    );
  } finally {
    limit.clearQueue();
    client.destroy();
  }
}

function parseS3Url(text: string): { bucket: string; key: string } {
  const { bucket, key } = S3_URL.exec(text)?.groups ?? {};
  if (bucket !== undefined && key !== undefined) return { bucket, key };
  throw new RunbookError('INVALID_OPTION', `--inventory '${text}' does not name an object.`, {
    hint: 'give s3://BUCKET/KEY of a .csv, .csv.gz or .parquet file, or of the manifest.json of an S3 Inventory report',
  });
}

/** A key as a path below a folder; segments that would lead out of it are left away. */
function localPath(root: string, key: string): string {
  return join(root, ...key.split('/').filter((segment) => !['', '.', '..'].includes(segment)));
}
