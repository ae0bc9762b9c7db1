import { type FileHandle, open } from 'node:fs/promises';
import process from 'node:process';
import { RunbookError } from '../errors.ts';
import type { InventoryFile, InventorySource } from './source.ts';
import { systemReason } from './system-error.ts';

/** What a file of an inventory is. */
export type FileKind = 'csv' | 'gzip' | 'parquet';

const MAGIC_BYTES = 4;

/**
 * Tells the format by the file's first bytes, not by its name.
 * @throws RunbookError INVENTORY_FORMAT_UNKNOWN for ORC, INVENTORY_NOT_FOUND when the file cannot be read
 */
export async function readKind(path: string): Promise<FileKind> {
  if (isUnreadablePath(path)) {
    throw new RunbookError(
      'INVENTORY_NOT_FOUND',
      `${path} has a backslash in its path beside one of *, ? and [, which the query engine cannot open.`,
      { hint: 'rename the file, or copy it to a folder without these characters' },
    );
  }
  const magic = await readMagic(path);
  if (magic.toString('latin1') === 'PAR1') return 'parquet';
  if (magic.toString('latin1').startsWith('ORC')) {
    throw new RunbookError('INVENTORY_FORMAT_UNKNOWN', `${path} is an ORC file.`, {
      hint: 'the embedded engine reads CSV and Parquet; read ORC with Athena, or add a Parquet configuration',
    });
  }
  return magic[0] === 0x1f && magic[1] === 0x8b ? 'gzip' : 'csv';
}

/** DuckDB splits patterns of file names at backslashes, which only Windows means as separators. */
function isUnreadablePath(path: string): boolean {
  return process.platform !== 'win32' && path.includes('\\') && /[*?[]/.test(path);
}

async function readMagic(path: string): Promise<Buffer> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAGIC_BYTES), 0, MAGIC_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } catch (cause) {
    throw new RunbookError('INVENTORY_NOT_FOUND', `${path} cannot be read: ${systemReason(cause)}.`, {
      hint: 'check that you may read the file',
      cause,
    });
  } finally {
    await handle?.close();
  }
}

/**
 * How the engine is told to decompress CSV files. Where plain and compressed files are mixed it goes by their names,
 * so these have to be true.
 * @throws RunbookError INVENTORY_FORMAT_UNKNOWN
 */
export function compressionOf(
  files: readonly InventoryFile[],
  kinds: readonly FileKind[],
): NonNullable<InventorySource['csv']>['compression'] {
  if (kinds.every((kind) => kind === 'csv')) return 'none';
  if (kinds.every((kind) => kind === 'gzip')) return 'gzip';
  const liar = files.find(({ path }, index) => path.endsWith('.gz') !== (kinds[index] === 'gzip'));
  if (liar === undefined) return 'auto';
  const isCompressed = !liar.path.endsWith('.gz');
  throw new RunbookError(
    'INVENTORY_FORMAT_UNKNOWN',
    `${liar.path} is ${isCompressed ? '' : 'not '}compressed with gzip, unlike what its name and the other files say.`,
    { hint: 'give it a name that ends in .gz if it is compressed, and only then' },
  );
}
