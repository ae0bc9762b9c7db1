import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunbookError } from '../errors.ts';
import { readPatiently, type Sleep } from '../execute/backoff.ts';
import { formatRecordUrl, type RecordPlace } from '../execute/batch/record-place.ts';
import { onDisk, writeWhole } from '../execute/disk.ts';
import { S3CallError } from '../s3/call-error.ts';
import type { ObjectCalls } from '../s3/object-calls.ts';
import { FREEZE_FILE, type FreezeFile, formatFreezeFile, parseFreezeFile } from './freeze-file.ts';

/** Where freeze.json is kept: a folder, or a place on S3. It may hold the plan of a rollback, or nothing else. */
export type FreezeRecord = {
  /** as the command line names it */
  name: string;
  /** @returns null: there is none yet @throws RunbookError FREEZE_DAMAGED */
  readFreeze(): Promise<FreezeFile | null>;
  /** @throws RunbookError RECORD_IN_USE where another command wrote it since it was read */
  writeFreeze(file: FreezeFile): Promise<void>;
  /** @returns null: the record has no plan */
  readPlan(): Promise<PlanName | null>;
};

export type PlanName = { rollbackId: string; bucket: string };

export function folderRecord(folder: string): FreezeRecord {
  const read = async (name: string) => {
    const path = join(folder, name);
    return await onDisk(path, () => readFile(path, 'utf8').catch(absent));
  };
  return {
    name: folder,
    async readFreeze() {
      const text = await read(FREEZE_FILE);
      return text === null ? null : parseFreezeFile(text, folder);
    },
    async writeFreeze(file) {
      await onDisk(folder, () => mkdir(folder, { recursive: true }));
      await writeWhole(join(folder, FREEZE_FILE), [formatFreezeFile(file)]);
    },
    readPlan: async () => toPlanName(await read('plan.json'), folder),
  };
}

/** Each write says which object it takes the place of, so two commands cannot write over each other. */
export function remoteRecord(
  calls: Pick<ObjectCalls, 'readObject' | 'writeObject'>,
  place: RecordPlace,
  pause: Sleep,
): FreezeRecord {
  const name = formatRecordUrl(place);
  let eTag: string | null = null;
  const read = async (path: string) => {
    const request = { bucket: place.bucket, key: `${place.prefix}${path}` };
    try {
      return await readPatiently(() => calls.readObject(request), pause);
    } catch (error) {
      if (error instanceof S3CallError && error.failure === 'not-found') return null;
      throw error;
    }
  };
  return {
    name,
    async readFreeze() {
      const found = await read(FREEZE_FILE);
      eTag = found?.eTag ?? null;
      return found === null ? null : parseFreezeFile(found.bytes.toString('utf8'), name);
    },
    async writeFreeze(file) {
      const condition = eTag === null ? ({ ifNoneMatch: '*' } as const) : { ifMatch: eTag };
      const body = formatFreezeFile(file);
      try {
        const key = `${place.prefix}${FREEZE_FILE}`;
        eTag = (await calls.writeObject({ bucket: place.bucket, key, body, condition })).eTag;
      } catch (error) {
        if (!(error instanceof S3CallError) || error.failure !== 'precondition') throw error;
        throw new RunbookError('RECORD_IN_USE', `Another command wrote ${FREEZE_FILE} of ${name}.`, {
          hint: 'wait until it has ended, then run the same command again',
          cause: error,
        });
      }
    },
    readPlan: async () => toPlanName((await read('plan.json'))?.bytes.toString('utf8') ?? null, name),
  };
}

function toPlanName(text: string | null, name: string): PlanName | null {
  if (text === null) return null;
  try {
    const { rollbackId, inputs } = JSON.parse(text) as {
      rollbackId?: unknown;
      inputs?: { bucket?: unknown; destinationBucket?: unknown };
    };
    const bucket = inputs?.bucket;
    if (typeof rollbackId === 'string' && typeof bucket === 'string') return { rollbackId, bucket };
  } catch {
    // Told below, as what is JSON and no plan.
  }
  throw new RunbookError('RECORD_CHANGED', `plan.json of ${name} is no plan.`, {
    hint: 'bring back the file as it was, or give --record a folder of its own',
  });
}

function absent(error: unknown): null {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return null;
  throw error;
}
