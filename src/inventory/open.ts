import type { Stats } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RunbookError } from '../errors.ts';
import { matchColumns, type SourceColumn, stackOrderOf } from './columns.ts';
import { readCsvHeader } from './csv-header.ts';
import { readInventoryReport } from './report.ts';
import type { InventoryFile, InventorySource } from './source.ts';

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
    csv: { hasHeader: true, compression: compressionOf(kinds) },
  };
}

async function openReport(
  path: string,
  location: string,
  describe: DescribeParquet,
): Promise<InventorySource> {
  const report = await readInventoryReport(path);
  const facts = { takenAt: report.takenAt, sourceBucket: report.sourceBucket };
  if (report.format === 'parquet') {
    const columns = await describeAll(report.files, async (file) => describe(file));
    return { ...sourceOver('s3-inventory-parquet', location, report.files, columns), ...facts };
  }
  const kinds = await Promise.all(report.files.map((file) => readKind(file.path)));
  const columns = report.columns.map((name) => ({ name, type: 'VARCHAR' }));
  const csv = { hasHeader: false, compression: compressionOf(kinds) };
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
    names.map(async (name) => ({
      path: join(path, name),
      bytes: (await stat(join(path, name))).size,
      expectedMd5: null,
    })),
  );
}

async function statOrRefuse(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (cause) {
    const remote = path.startsWith('s3://');
    throw new RunbookError('INVENTORY_NOT_FOUND', `${path} cannot be read: ${(cause as Error).message}.`, {
      hint: remote
        ? `bring it here first: aws s3 cp ${path} .`
        : 'check the path; an inventory is made by S3 Inventory, or by listing all versions of the bucket',
      cause,
    });
  }
}

type Kind = 'csv' | 'gzip' | 'parquet';

/** Tells the format by the file's first bytes, not by its name. */
async function readKind(path: string): Promise<Kind> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    const magic = buffer.subarray(0, bytesRead);
    if (magic.toString('latin1') === 'PAR1') return 'parquet';
    if (magic.toString('latin1').startsWith('ORC')) {
      throw new RunbookError('INVENTORY_FORMAT_UNKNOWN', `${path} is an ORC file.`, {
        hint: 'the embedded engine reads CSV and Parquet; read ORC with Athena, or add a Parquet configuration',
      });
    }
    return magic[0] === 0x1f && magic[1] === 0x8b ? 'gzip' : 'csv';
  } catch (cause) {
    if (cause instanceof RunbookError) throw cause;
    throw new RunbookError('INVENTORY_NOT_FOUND', `${path} cannot be read: ${(cause as Error).message}.`, {
      hint: 'check that you may read the file',
      cause,
    });
  } finally {
    await handle?.close();
  }
}

function compressionOf(kinds: readonly Kind[]): 'none' | 'gzip' | 'auto_detect' {
  if (kinds.every((kind) => kind === 'csv')) return 'none';
  return kinds.every((kind) => kind === 'gzip') ? 'gzip' : 'auto_detect';
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
