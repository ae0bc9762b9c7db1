import { open, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import process from 'node:process';

/** The process that holds a lock. */
export type LockHolder = { host: string; pid: number };

/**
 * Takes a lock that is a file. One that a killed process left behind is taken over.
 * @param inUse what to throw while another process holds it; null: it has not written its name yet
 * @returns a function that gives the lock free again
 * @throws what `inUse` makes; errors of the file system as they are
 */
export async function lockFile(
  path: string,
  inUse: (holder: LockHolder | null) => Error,
): Promise<() => Promise<void>> {
  const own: LockHolder = { host: hostname(), pid: process.pid };
  for (let attempt = 1; ; attempt += 1) {
    try {
      await create(path, own);
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = await readHolder(path);
      if (attempt > 3 || (holder !== null && isAlive(holder))) throw inUse(holder);
      await rm(path, { force: true });
    }
  }
}

async function create(path: string, holder: LockHolder): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(`${JSON.stringify(holder)}\n`);
  } finally {
    await file.close();
  }
}

async function readHolder(path: string): Promise<LockHolder | null> {
  try {
    const holder = JSON.parse(await readFile(path, 'utf8')) as Partial<LockHolder>;
    return typeof holder.host === 'string' && typeof holder.pid === 'number' ? (holder as LockHolder) : null;
  } catch {
    // Killed before it had written its name, or just given free.
    return null;
  }
}

/** Of another machine nothing is known, so its lock holds. */
function isAlive({ host, pid }: LockHolder): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
