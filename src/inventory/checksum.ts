import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { RunbookError } from '../errors.ts';
import { checkGzip, type GzipCheck, isGzipped } from './gzip.ts';
import type { InventorySource } from './source.ts';
import { isSystemError, systemReason } from './system-error.ts';

const CHUNK_BYTES = 1024 * 1024;

/** SHA-256 of a local file, as `sha256:<hex>`. */
export async function sha256OfFile(path: string): Promise<string> {
  return `sha256:${await hashFile(path, 'sha256')}`;
}

/** SHA-256 of a text in UTF-8, as `sha256:<hex>`. */
export function sha256OfText(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/**
 * Checks the files of a report against the MD5s of its manifest, and gives the inventory's own checksum: SHA-256 over
 * the sorted checksums of its files, so that neither their names nor their order nor their place matters. A report is
 * covered by its MD5s, which have just been checked; other files by SHA-256.
 * @throws RunbookError INVENTORY_CHECKSUM, INVENTORY_FORMAT_UNKNOWN, INVENTORY_NOT_FOUND
 */
export async function checkInventory(source: InventorySource, signal: AbortSignal): Promise<string> {
  const checksums: string[] = [];
  for (const file of source.files) {
    const algorithm = file.expectedMd5 === null ? 'sha256' : 'md5';
    // An MD5 that agrees says already that the file is whole.
    const gzip = file.expectedMd5 === null && isGzipped(source, file) ? checkGzip(file.path) : null;
    const options = { signal, gzip };
    const checksum = await hashFile(file.path, algorithm, options).catch((cause: unknown) => {
      throw isSystemError(cause) ? unreadable(file.path, cause) : cause;
    });
    if (file.expectedMd5 !== null && checksum !== file.expectedMd5) {
      throw new RunbookError(
        'INVENTORY_CHECKSUM',
        `${file.path} has the MD5 ${checksum}; the report's manifest lists ${file.expectedMd5}.`,
        {
          hint: 'fetch the report again: aws s3 sync s3://DESTINATION/PREFIX/SOURCE/CONFIG ./report --exact-timestamps',
        },
      );
    }
    checksums.push(`${algorithm}:${checksum}`);
  }
  return sha256OfText(checksums.toSorted().join('\n'));
}

function unreadable(path: string, cause: unknown): RunbookError {
  return new RunbookError('INVENTORY_NOT_FOUND', `${path} cannot be read: ${systemReason(cause)}.`, {
    hint: 'check that the file is still there and that its disk is well, then run the same command again',
    cause,
  });
}

/**
 * Reads the compressed files of an inventory to their ends, where they have no checksum of their own.
 * @throws RunbookError INVENTORY_FORMAT_UNKNOWN for the first that is cut off or damaged
 */
export async function assertWholeFiles(source: InventorySource): Promise<void> {
  for (const file of source.files) {
    if (file.expectedMd5 !== null || !isGzipped(source, file)) continue;
    await hashFile(file.path, 'md5', { gzip: checkGzip(file.path) });
  }
}

async function hashFile(
  path: string,
  algorithm: 'sha256' | 'md5',
  options: { signal?: AbortSignal; gzip?: GzipCheck | null } = {},
): Promise<string> {
  const { signal, gzip } = options;
  const hash = createHash(algorithm);
  const file = await open(path, 'r');
  try {
    // One buffer for the whole file: those of a stream lie outside of the heap, and pile up until something collects them.
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, null);
      if (bytesRead === 0) break;
      const chunk = buffer.subarray(0, bytesRead);
      hash.update(chunk);
      // The check may hold on to what it is given.
      await gzip?.write(Buffer.from(chunk));
    }
  } finally {
    await file.close();
  }
  await gzip?.end();
  return hash.digest('hex');
}
