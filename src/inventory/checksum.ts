import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { RunbookError } from '../errors.ts';
import type { InventorySource } from './source.ts';

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
 * @throws RunbookError INVENTORY_CHECKSUM
 */
export async function checkInventory(source: InventorySource, signal: AbortSignal): Promise<string> {
  const checksums: string[] = [];
  for (const file of source.files) {
    const algorithm = file.expectedMd5 === null ? 'sha256' : 'md5';
    const checksum = await hashFile(file.path, algorithm, signal);
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

async function hashFile(path: string, algorithm: 'sha256' | 'md5', signal?: AbortSignal): Promise<string> {
  const hash = createHash(algorithm);
  const stream = createReadStream(path, {
    highWaterMark: CHUNK_BYTES,
    ...(signal === undefined ? {} : { signal }),
  });
  for await (const chunk of stream) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
