import { open, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { RunbookError } from '../errors.ts';
import { onDisk } from './disk.ts';

const LOCK_FILE = 'in-use.json';

type Holder = { host: string; pid: number };

/**
 * Keeps two commands from running one plan at the same time: between the guard of the one and the act of the other,
 * a key could get two markers. A lock that a killed command left behind is taken over.
 * @returns a function that gives the record free again
 * @throws RunbookError RECORD_IN_USE
 */
export async function lockRecord(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, LOCK_FILE);
  const own: Holder = { host: hostname(), pid: process.pid };
  for (let attempt = 1; ; attempt += 1) {
    try {
      await onDisk(path, () => create(path, own));
      return () => rm(path, { force: true });
    } catch (error) {
      const cause = error instanceof Error ? error.cause : null;
      if ((cause as NodeJS.ErrnoException | null)?.code !== 'EEXIST') throw error;
      const holder = await readHolder(path);
      if (attempt > 3 || (holder !== null && isAlive(holder))) throw inUse(path, holder);
      await rm(path, { force: true });
    }
  }
}

async function create(path: string, holder: Holder): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(`${JSON.stringify(holder)}\n`);
  } finally {
    await file.close();
  }
}

async function readHolder(path: string): Promise<Holder | null> {
  try {
    const holder = JSON.parse(await readFile(path, 'utf8')) as Partial<Holder>;
    return typeof holder.host === 'string' && typeof holder.pid === 'number' ? (holder as Holder) : null;
  } catch {
    // Killed before it had written its name, or just given free.
    return null;
  }
}

/** Of another machine nothing is known, so its lock holds. */
function isAlive({ host, pid }: Holder): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function inUse(path: string, holder: Holder | null): RunbookError {
  const who = holder === null ? 'another command' : `process ${holder.pid} on ${holder.host}`;
  return new RunbookError('RECORD_IN_USE', `The record is in use by ${who} (${path}).`, {
    hint: 'wait until that command has ended; if it is gone for sure, remove the file and run the same command again',
  });
}
