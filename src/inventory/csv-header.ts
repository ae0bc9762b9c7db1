import { RunbookError } from '../errors.ts';
import { readCsvBytes } from './csv-bytes.ts';
import { systemReason } from './system-error.ts';

const MAX_HEADER_BYTES = 64 * 1024;

/**
 * Reads the header line of a CSV file: the names in their order, without quotes, byte order mark or spaces around.
 * @throws RunbookError INVENTORY_EMPTY when the file has no line, INVENTORY_FORMAT_UNKNOWN when it is no text
 */
export async function readCsvHeader(path: string, gzipped: boolean): Promise<string[]> {
  const line = await readFirstLine(path, gzipped);
  if (line.trim() === '') {
    throw new RunbookError('INVENTORY_EMPTY', `${path} is empty, or its first line is.`, {
      hint: 'check how it was written; a listing of a bucket has a header and at least one row',
    });
  }
  return line.split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
}

async function readFirstLine(path: string, gzipped: boolean): Promise<string> {
  const bytes: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of readCsvBytes(path, gzipped)) {
      const end = chunk.indexOf(0x0a);
      bytes.push(end === -1 ? chunk : chunk.subarray(0, end));
      size += chunk.length;
      if (end !== -1 || size > MAX_HEADER_BYTES) break;
    }
  } catch (cause) {
    throw new RunbookError('INVENTORY_FORMAT_UNKNOWN', `${path} cannot be read: ${systemReason(cause)}.`, {
      hint: 'check that the file is whole, fetch it again if not, then run the same command again',
      cause,
    });
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(bytes));
    return text.replace(/\r$/, '');
  } catch (cause) {
    throw new RunbookError('INVENTORY_FORMAT_UNKNOWN', `The first line of ${path} is not UTF-8 text.`, {
      hint: isUtf16(bytes)
        ? 'it is UTF-16, as Windows PowerShell writes it; convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW'
        : 'an inventory is CSV in UTF-8 (plain or gzip), Parquet, or a folder with manifest.json',
      cause,
    });
  }
}

function isUtf16(bytes: readonly Buffer[]): boolean {
  const mark = Buffer.concat(bytes).subarray(0, 2).toString('hex');
  return mark === 'fffe' || mark === 'feff';
}
