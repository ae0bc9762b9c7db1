import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readPatiently, type Sleep } from '../execute/backoff.ts';
import { formatRecordUrl, type RecordPlace } from '../execute/batch/record-place.ts';
import { onDisk, writeWhole } from '../execute/disk.ts';
import type { ObjectCalls } from '../s3/object-calls.ts';
import { type Drill, parseDrill } from './drill-file.ts';

/** Where the drills are kept, one file each: written when a drill begins, and again when it has ended. */
export type DrillHistory = {
  /** as the command line names it */
  name: string;
  /** The newest drills, oldest first; what is no drill is counted and left out. */
  readNewest(limit: number): Promise<{ drills: Drill[]; unreadable: number }>;
  write(drill: Drill): Promise<void>;
};

/** Names of other files in the place say nothing. Sorted by name they are sorted by time. */
const FILE = /^drill-\d{8}t\d{6}z-[0-9a-f]{8}\.json$/;

export function folderHistory(folder: string): DrillHistory {
  return {
    name: folder,
    async readNewest(limit) {
      const names = await onDisk(folder, () => readdir(folder).catch(emptyWhereAbsent));
      return await readAll(newest(names, limit), (name) =>
        onDisk(folder, () => readFile(join(folder, name), 'utf8')),
      );
    },
    async write(drill) {
      await onDisk(folder, () => mkdir(folder, { recursive: true }));
      await writeWhole(join(folder, fileOf(drill)), [formatDrill(drill)]);
    },
  };
}

export function remoteHistory(
  calls: Pick<ObjectCalls, 'readObject' | 'writeObject' | 'listKeys'>,
  { bucket, prefix }: RecordPlace,
  pause: Sleep,
): DrillHistory {
  return {
    name: formatRecordUrl({ bucket, prefix }),
    async readNewest(limit) {
      const names: string[] = [];
      for await (const key of calls.listKeys(bucket, prefix)) names.push(key.slice(prefix.length));
      return await readAll(newest(names, limit), async (name) => {
        const request = { bucket, key: `${prefix}${name}` };
        return (await readPatiently(() => calls.readObject(request), pause)).bytes.toString('utf8');
      });
    },
    async write(drill) {
      const object = { bucket, key: `${prefix}${fileOf(drill)}`, body: formatDrill(drill) };
      await readPatiently(() => calls.writeObject({ ...object, condition: null }), pause);
    },
  };
}

function newest(names: readonly string[], limit: number): string[] {
  return names
    .filter((name) => FILE.test(name))
    .toSorted()
    .slice(-limit);
}

async function readAll(
  names: readonly string[],
  read: (name: string) => Promise<string>,
): Promise<{ drills: Drill[]; unreadable: number }> {
  const parsed = await Promise.all(names.map(async (name) => parseDrill(await read(name))));
  const drills = parsed.filter((drill) => drill !== null);
  return { drills, unreadable: parsed.length - drills.length };
}

function fileOf({ drillId }: Drill): string {
  return `${drillId}.json`;
}

function formatDrill(drill: Drill): string {
  return `${JSON.stringify(drill, null, 2)}\n`;
}

function emptyWhereAbsent(error: unknown): string[] {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
  throw error;
}
