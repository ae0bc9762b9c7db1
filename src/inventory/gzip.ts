import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { RunbookError } from '../errors.ts';
import type { InventoryFile, InventorySource } from './source.ts';
import { systemReason } from './system-error.ts';

const CHUNK_BYTES = 1024 * 1024;

/** True for a file that the engine decompresses. */
export function isGzipped(source: InventorySource, file: InventoryFile): boolean {
  const compression = source.csv?.compression ?? 'none';
  return compression === 'gzip' || (compression === 'auto' && file.path.endsWith('.gz'));
}

/** Takes the bytes of a gzip file one after the other, and knows at their end whether they were whole. */
export type GzipCheck = {
  /** @throws RunbookError INVENTORY_FORMAT_UNKNOWN */
  write(chunk: Buffer): Promise<void>;
  /** @throws RunbookError INVENTORY_FORMAT_UNKNOWN */
  end(): Promise<void>;
};

/**
 * Decompresses a file for the sake of its length and checksum alone: DuckDB takes a gzip file that is cut off for one
 * that ends there, and the rows behind the cut would be missing from the plan without a word.
 * @param path for the message
 */
export function checkGzip(path: string): GzipCheck {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  gunzip.resume();
  const done = finished(gunzip).catch((cause: unknown) => {
    throw new RunbookError(
      'INVENTORY_FORMAT_UNKNOWN',
      `${path} is no whole gzip file: ${systemReason(cause)}.`,
      {
        hint: 'fetch the file again, compare its size with the original, then run the same command again',
        cause,
      },
    );
  });
  // It may fail while nobody is waiting.
  done.catch(() => {});
  return {
    async write(chunk) {
      if (!gunzip.write(chunk)) await Promise.race([once(gunzip, 'drain'), done]);
    },
    async end() {
      gunzip.end();
      await done;
    },
  };
}
