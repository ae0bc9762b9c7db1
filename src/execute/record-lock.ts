import { join } from 'node:path';
import { RunbookError } from '../errors.ts';
import { lockFile } from '../folder-lock.ts';
import { onDisk } from './disk.ts';

const LOCK_FILE = 'in-use.json';

/**
 * Keeps two commands from running one plan at the same time: between the guard of the one and the act of the other,
 * a key could get two markers.
 * @returns a function that gives the record free again
 * @throws RunbookError RECORD_IN_USE
 */
export async function lockRecord(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, LOCK_FILE);
  return await onDisk(path, () =>
    lockFile(path, (holder) => {
      const who = holder === null ? 'another command' : `process ${holder.pid} on ${holder.host}`;
      return new RunbookError('RECORD_IN_USE', `The record is in use by ${who} (${path}).`, {
        hint: 'wait until that command has ended; if it is gone for sure, remove the file and run the same command again',
      });
    }),
  );
}
