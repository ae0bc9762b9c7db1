import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { RunbookError } from '../errors.ts';

const MAX_HEADER_BYTES = 64 * 1024;

/**
 * Reads the header line of a CSV file: the names in their order, without quotes, byte order mark or spaces around.
 * @throws RunbookError INVENTORY_EMPTY when the file has no line, INVENTORY_FORMAT_UNKNOWN when it is no text
 */
export async function readCsvHeader(path: string, gzipped: boolean): Promise<string[]> {
  const line = await readFirstLine(path, gzipped);
  if (line.trim() === '') {
    throw new RunbookError('INVENTORY_EMPTY', `${path} is empty.`, {
      hint: 'check how it was written; a listing of a bucket has a header and at least one row',
    });
  }
  return line.split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
}

async function readFirstLine(path: string, gzipped: boolean): Promise<string> {
  const file = createReadStream(path);
  const gunzip = gzipped ? createGunzip() : null;
  // A stream that is piped does not hand its error on.
  file.on('error', (error) => gunzip?.destroy(error));
  const bytes: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of gunzip === null ? file : file.pipe(gunzip)) {
      const buffer = chunk as Buffer;
      const end = buffer.indexOf(0x0a);
      bytes.push(end === -1 ? buffer : buffer.subarray(0, end));
      size += buffer.length;
      if (end !== -1 || size > MAX_HEADER_BYTES) break;
    }
  } catch (cause) {
    throw new RunbookError(
      'INVENTORY_FORMAT_UNKNOWN',
      `${path} cannot be read: ${(cause as Error).message}.`,
      {
        hint: 'check that the file is whole, then run the same command again',
        cause,
      },
    );
  } finally {
    file.destroy();
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(bytes));
    return text.replace(/\r$/, '');
  } catch (cause) {
    throw new RunbookError('INVENTORY_FORMAT_UNKNOWN', `The first line of ${path} is not UTF-8 text.`, {
      hint: 'an inventory is CSV in UTF-8 (plain or gzip), Parquet, or a folder with manifest.json',
      cause,
    });
  }
}
