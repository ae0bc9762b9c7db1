import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RunbookError } from '../errors.ts';
import { S3CallError } from '../s3/call-error.ts';

/**
 * Runs a write of the record.
 * @throws RunbookError DISK_FULL, RECORD_NOT_WRITABLE
 */
export async function onDisk<T>(path: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    // Of what is written, not of the disk: its source refused.
    if (cause instanceof RunbookError || cause instanceof S3CallError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      throw new RunbookError('DISK_FULL', `The disk is full; ${path} could not be written.`, {
        hint: 'free space and run the same command again: it goes on where it stopped',
        cause,
      });
    }
    if (code === undefined) throw cause;
    throw new RunbookError('RECORD_NOT_WRITABLE', `${path} cannot be written: ${message}.`, {
      hint: 'make the record writable and run the same command again: it goes on where it stopped',
      cause,
    });
  }
}

/** Writes a file that is there whole or not at all, also after a power cut. */
export async function writeWhole(
  path: string,
  parts: AsyncIterable<string> | Iterable<string>,
): Promise<void> {
  const partial = `${path}.partial`;
  await onDisk(path, async () => {
    const file = await open(partial, 'w');
    try {
      for await (const part of parts) await file.appendFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
    await syncFolder(dirname(path));
  });
}

/** Makes the names in a folder durable: syncing a file does not do that for its name (fsync(2)). */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    // Windows and some network file systems do not sync folders.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EPERM' && code !== 'EINVAL' && code !== 'EISDIR') throw error;
  } finally {
    await folder.close();
  }
}
