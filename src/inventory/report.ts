import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { RunbookError } from '../errors.ts';
import { parseFileSchema } from './file-schema.ts';
import type { InventoryFile } from './source.ts';
import { systemReason } from './system-error.ts';

/**
 * The manifest.json of an S3 Inventory report ("Inventory manifest", Amazon S3 User Guide): the list of the report's
 * files with their MD5, and the columns in `fileSchema`.
 */
const manifestSchema = z.object({
  sourceBucket: z.string(),
  fileFormat: z.string(),
  fileSchema: z.string(),
  creationTimestamp: z.string().regex(/^\d{1,15}$/),
  files: z.array(
    z.object({
      key: z.string(),
      size: z.number().optional(),
      MD5checksum: z.string().regex(/^[0-9a-fA-F]{32}$/),
    }),
  ),
});

export type InventoryReport = {
  sourceBucket: string;
  format: 'csv' | 'parquet';
  /** column names as `fileSchema` lists them */
  columns: string[];
  takenAt: Date;
  files: InventoryFile[];
};

/**
 * Reads a report's manifest.json and finds its files on the local disk, wherever the report was synchronised to: each
 * file's key is looked up below the manifest's folder and the folders above it.
 * @throws RunbookError INVENTORY_NOT_FOUND, INVENTORY_FORMAT_UNKNOWN, INVENTORY_EMPTY
 */
export async function readInventoryReport(manifestPath: string): Promise<InventoryReport> {
  const manifest = parseManifest(await readManifest(manifestPath), manifestPath);
  const format = manifest.fileFormat.toLowerCase();
  if (format !== 'csv' && format !== 'parquet') {
    throw new RunbookError(
      'INVENTORY_FORMAT_UNKNOWN',
      `${manifestPath} lists ${manifest.fileFormat} files.`,
      {
        hint: 'the embedded engine reads CSV and Parquet; ORC needs Athena: --engine athena --record-bucket BUCKET --inventory s3://…/manifest.json, or add a Parquet configuration to the bucket',
      },
    );
  }
  if (manifest.files.length === 0) {
    throw new RunbookError('INVENTORY_EMPTY', `${manifestPath} lists no file.`, {
      hint: 'the configured prefix may match nothing; check the inventory configuration of the bucket',
    });
  }
  const files: InventoryFile[] = [];
  let root: string | null = null;
  for (const { key, MD5checksum } of manifest.files) {
    const found = await findReportFile(key, manifestPath, root);
    root = found.root;
    files.push({ path: found.path, bytes: found.bytes, expectedMd5: MD5checksum.toLowerCase() });
  }
  return {
    sourceBucket: manifest.sourceBucket,
    format,
    columns: parseFileSchema(manifest.fileSchema).map(({ name }) => name),
    takenAt: new Date(Number(manifest.creationTimestamp)),
    files,
  };
}

async function readManifest(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new RunbookError('INVENTORY_NOT_FOUND', `${path} cannot be read: ${systemReason(cause)}.`, {
      hint: 'name the manifest.json that S3 Inventory wrote, in its folder yyyy-mm-ddThh-mmZ',
      cause,
    });
  }
}

export function parseManifest(text: string, path: string): z.infer<typeof manifestSchema> {
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (cause) {
    const issue = cause instanceof z.ZodError ? cause.issues[0] : undefined;
    const reason =
      issue === undefined ? 'it is not JSON' : `'${issue.path.join('.')}': ${issue.message.toLowerCase()}`;
    throw new RunbookError(
      'INVENTORY_FORMAT_UNKNOWN',
      `${path} is not the manifest of an S3 Inventory report: ${reason}.`,
      {
        hint: 'name the manifest.json that S3 Inventory wrote, in its folder yyyy-mm-ddThh-mmZ',
        cause,
      },
    );
  }
}

async function findReportFile(
  key: string,
  manifestPath: string,
  knownRoot: string | null,
): Promise<{ path: string; bytes: number; root: string }> {
  const segments = key.split('/').filter((segment) => segment !== '' && segment !== '.' && segment !== '..');
  for (const root of knownRoot === null
    ? foldersAbove(manifestPath)
    : [knownRoot, ...foldersAbove(manifestPath)]) {
    for (let skipped = 0; skipped < segments.length; skipped += 1) {
      const path = join(root, ...segments.slice(skipped));
      const found = await stat(path).catch(() => null);
      if (found?.isFile()) return { path, bytes: found.size, root };
    }
  }
  throw new RunbookError(
    'INVENTORY_NOT_FOUND',
    `${manifestPath} lists '${key}', which is nowhere below its folders.`,
    {
      hint: 'bring the whole report here, with its data folder: aws s3 sync s3://DESTINATION/PREFIX/SOURCE/CONFIG ./report',
    },
  );
}

/** The manifest's folder and at most five above it: prefix, source bucket, configuration ID, `data`, time stamp. */
function foldersAbove(manifestPath: string): string[] {
  const folders = [dirname(manifestPath)];
  for (let depth = 0; depth < 5; depth += 1) folders.push(join(folders.at(-1) ?? '.', '..'));
  return folders;
}
