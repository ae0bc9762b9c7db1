import { openS3Client } from '../aws/client.ts';
import { openInventoryReader } from '../aws/inventory-reports.ts';
import { RunbookError } from '../errors.ts';
import { type EndpointOptions, parseEndpoint } from './endpoint-options.ts';

/** Folder of a report, by the time of its start ("Locating your inventory list", Amazon S3 User Guide). */
const REPORT = /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}Z$/;
const FOLDER = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(.+\/)$/;

/**
 * Puts the newest finished report in place of a folder of reports, `s3://BUCKET/PREFIX/SOURCE-BUCKET/CONFIGURATION/`,
 * so that a schedule can name the folder once. Other paths are left as they are.
 * @throws RunbookError INVENTORY_NOT_FOUND, ACCESS_DENIED, …
 */
export async function resolveLatestReports(
  paths: readonly string[],
  endpoint: EndpointOptions,
): Promise<string[]> {
  if (!paths.some((path) => FOLDER.test(path))) return [...paths];
  const client = openS3Client(parseEndpoint(endpoint));
  const reader = openInventoryReader(client);
  const resolve = async (path: string): Promise<string> => {
    const [, bucket, prefix] = FOLDER.exec(path) ?? [];
    if (bucket === undefined || prefix === undefined) return path;
    const found = (await reader.listFolders(bucket, prefix)).filter((name) => REPORT.test(name));
    for (const name of found.toSorted().toReversed()) {
      // S3 writes the manifest last: a report without one is not finished.
      const key = `${prefix}${name}/manifest.json`;
      if ((await reader.readText(bucket, key)) !== null) return `s3://${bucket}/${key}`;
    }
    throw new RunbookError('INVENTORY_NOT_FOUND', `${path} holds no finished report.`, {
      hint: `S3 delivers the first report within 48 hours; see what is there: aws s3 ls ${path}`,
    });
  };
  try {
    return await Promise.all(paths.map(resolve));
  } finally {
    client.destroy();
  }
}
