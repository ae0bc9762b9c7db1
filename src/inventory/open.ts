import type { Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RunbookError } from '../errors.ts';
import { matchColumns, type SourceColumn, stackOrderOf } from './columns.ts';
import { readCsvHeader } from './csv-header.ts';
import { compressionOf, readKind } from './file-kind.ts';
import type { InventoryFile, InventorySource } from './source.ts';
import { systemReason } from './system-error.ts';

/** Tells the columns of a Parquet file; the engine reads them from the file's footer. */
export type DescribeParquet = (path: string) => Promise<SourceColumn[]>;

const INVENTORY_FILE = /\.(csv|csv\.gz|parquet)$/i;

/**
 * Finds out what an inventory is made of: CSV files (plain or gzip), Parquet files, a folder of either, or an S3
 * Inventory report (its manifest.json, or the folder that holds it). Nothing but names, magic bytes and headers is
 * read here.
 * @throws RunbookError INVENTORY_NOT_FOUND, INVENTORY_FORMAT_UNKNOWN, INVENTORY_EMPTY, INVENTORY_COLUMN_*
 */
export async function openInventory(
  paths: readonly string[],
  describe: DescribeParquet,
): Promise<InventorySource> {
  const location = paths.join(', ');
  const manifest = await findManifest(paths);
  if (manifest !== null) return openReport(manifest, location, describe);

  const files = (await Promise.all(paths.map(listFiles))).flat();
  await assertNamedOnce(files);
  const kinds = await Promise.all(files.map((file) => readKind(file.path)));
  const [first] = files;
  if (first === undefined) {
    throw new RunbookError('INVENTORY_NOT_FOUND', `${location} holds no .csv, .csv.gz or .parquet file.`, {
      hint: 'name the files, a folder of them, or the manifest.json of an S3 Inventory report',
    });
  }
  if (kinds.includes('parquet')) {
    if (kinds.some((kind) => kind !== 'parquet')) throw mixed(location, 'Parquet and CSV files');
    const columns = await describeAll(files, async (path) => describe(path));
    return sourceOver('parquet', location, files, columns);
  }
  const columns = await describeAll(files, async (path, index) =>
    (await readCsvHeader(path, kinds[index] === 'gzip')).map((name) => ({ name, type: 'VARCHAR' })),
  );
  return {
    ...sourceOver('csv', location, files, columns),
    csv: { hasHeader: true, compression: compressionOf(files, kinds) },
  };
}

async function openReport(
  path: string,
  location: string,
  describe: DescribeParquet,
): Promise<InventorySource> {
  const { readInventoryReport } = await import('./report.ts');
  const report = await readInventoryReport(path);
  const facts = { takenAt: report.takenAt, sourceBucket: report.sourceBucket };
  if (report.format === 'parquet') {
    const columns = await describeAll(report.files, async (file) => describe(file));
    return { ...sourceOver('s3-inventory-parquet', location, report.files, columns), ...facts };
  }
  const kinds = await Promise.all(report.files.map((file) => readKind(file.path)));
  const columns = report.columns.map((name) => ({ name, type: 'VARCHAR' }));
  const csv = { hasHeader: false, compression: compressionOf(report.files, kinds) };
  return { ...sourceOver('s3-inventory-csv', location, report.files, columns), ...facts, csv };
}

function sourceOver(
  format: InventorySource['format'],
  location: string,
  files: InventoryFile[],
  sourceColumns: SourceColumn[],
): InventorySource {
  const columns = matchColumns(sourceColumns, location);
  const order = stackOrderOf(columns);
  return {
    format,
    location,
    files,
    sourceColumns,
    columns,
    order,
    csv: null,
    takenAt: null,
    sourceBucket: null,
  };
}

/** One path that is a manifest.json, or a folder that holds one. */
async function findManifest(paths: readonly string[]): Promise<string | null> {
  const [path] = paths;
  const named = paths.find((candidate) => basename(candidate) === 'manifest.json');
  if (named !== undefined && paths.length > 1) {
    throw new RunbookError(
      'INVALID_OPTION',
      `${named} is one of ${paths.length} paths given as the inventory.`,
      {
        hint: 'a report is an inventory of its own: give its manifest.json alone, the newest after the point in time',
      },
    );
  }
  if (path === undefined || paths.length > 1) return null;
  if (basename(path) === 'manifest.json') {
    await statOrRefuse(path);
    return path;
  }
  const inside = join(path, 'manifest.json');
  return (await stat(inside).catch(() => null))?.isFile() ? inside : null;
}

async function listFiles(path: string): Promise<InventoryFile[]> {
  const found = await statOrRefuse(path);
  if (!found.isDirectory()) return [{ path, bytes: found.size, expectedMd5: null }];
  const names = (await readdir(path)).filter((name) => INVENTORY_FILE.test(name)).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const file = join(path, name);
      return { path: file, bytes: (await statOrRefuse(file)).size, expectedMd5: null };
    }),
  );
}

/** A file that is read twice has every version ID twice, which would be blamed on its content. */
async function assertNamedOnce(files: readonly InventoryFile[]): Promise<void> {
  const names = new Map<string, string>();
  for (const { path } of files) {
    const real = await realpath(path);
    const other = names.get(real);
    if (other !== undefined) {
      const twice = other === path ? `${path} is given twice` : `${path} is the same file as ${other}`;
      throw new RunbookError('INVALID_OPTION', `${twice}.`, {
        hint: 'name every file of the inventory once',
      });
    }
    names.set(real, path);
  }
}

async function statOrRefuse(path: string): Promise<Stats> {
  let found: Stats;
  try {
    found = await stat(path);
  } catch (cause) {
    throw new RunbookError('INVENTORY_NOT_FOUND', `${path} cannot be read: ${systemReason(cause)}.`, {
      hint: path.startsWith('s3://')
        ? `bring it here first: aws s3 cp ${path} .`
        : 'check the path; an inventory is made by S3 Inventory, or by listing all versions of the bucket',
      cause,
    });
  }
  if (found.isFile() || found.isDirectory()) return found;
  throw new RunbookError('INVENTORY_NOT_FOUND', `${path} is a pipe or a device, not a file.`, {
    hint: 'the inventory is read more than once: write it to a file first, and name that file',
  });
}

/** The columns of the first file, once every other file is known to have the same ones in the same order. */
async function describeAll(
  files: readonly InventoryFile[],
  describe: (path: string, index: number) => Promise<SourceColumn[]>,
): Promise<SourceColumn[]> {
  let first: SourceColumn[] | null = null;
  for (const [index, file] of files.entries()) {
    const columns = await describe(file.path, index);
    first ??= columns;
    if (JSON.stringify(columns) !== JSON.stringify(first))
      throw mixed(`${files[0]?.path} and ${file.path}`, 'different columns');
  }
  return first ?? [];
}

function mixed(where: string, what: string): RunbookError {
  return new RunbookError('INVENTORY_FORMAT_UNKNOWN', `${where}: ${what} in one inventory.`, {
    hint: 'give files of one format with the same columns',
  });
}
