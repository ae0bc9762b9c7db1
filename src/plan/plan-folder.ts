import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { RunbookError } from '../errors.ts';

/**
 * The plan folder appears whole or not at all: everything is written into a hidden folder beside it, which is renamed
 * at the end and removed after any failure.
 */
export type StagedFolder = {
  /** where to write */
  path: string;
  /** for the engine's spill files; removed with the rest */
  workPath: string;
  /** Makes the folder appear under its name. */
  commit(): Promise<void>;
  /** Removes whatever is left of the work. Safe to call after commit. */
  discard(): Promise<void>;
};

/**
 * @param out the folder to make; it may exist if it is empty
 * @param workFolder where spill files go; beside `out` by default
 * @throws RunbookError OUTPUT_NOT_EMPTY, OUTPUT_NOT_WRITABLE
 */
export async function stageFolder(out: string, workFolder: string | null): Promise<StagedFolder> {
  const target = resolve(out);
  await assertEmpty(target);
  let staging: string;
  let workRoot: string | null = null;
  try {
    await mkdir(dirname(target), { recursive: true });
    staging = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
    if (workFolder !== null) {
      await mkdir(workFolder, { recursive: true });
      workRoot = await mkdtemp(join(workFolder, 's3-rewind-'));
    }
    await mkdir(join(staging, 'plan'));
    await mkdir(join(workRoot ?? staging, 'work'));
  } catch (cause) {
    throw notWritable(out, cause);
  }
  const discard = async () => {
    await rm(staging, { recursive: true, force: true });
    if (workRoot !== null) await rm(workRoot, { recursive: true, force: true });
  };
  return {
    path: join(staging, 'plan'),
    workPath: join(workRoot ?? staging, 'work'),
    async commit() {
      await assertEmpty(target);
      try {
        await rename(join(staging, 'plan'), target);
      } catch (cause) {
        throw notWritable(out, cause);
      }
      await discard();
    },
    discard,
  };
}

async function assertEmpty(path: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw notWritable(path, cause);
  }
  if (names.length === 0) return;
  throw new RunbookError(
    'OUTPUT_NOT_EMPTY',
    `The output folder ${path} exists and holds ${names.length} files.`,
    {
      hint: 'a plan is never overwritten: name another folder with --out, or remove this one',
    },
  );
}

function notWritable(path: string, cause: unknown): RunbookError {
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  if (code === 'ENOSPC') {
    return new RunbookError('DISK_FULL', `The disk of ${path} is full.`, {
      hint: 'free space, or point --out at another disk, and run the same command again',
      cause,
    });
  }
  return new RunbookError('OUTPUT_NOT_WRITABLE', `${path} cannot be written: ${(cause as Error).message}.`, {
    hint: 'name a folder that you may write with --out',
    cause,
  });
}
