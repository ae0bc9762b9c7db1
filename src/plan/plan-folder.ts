import { mkdir, mkdtemp, readdir, realpath, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { RunbookError } from '../errors.ts';
import { isDiskFull, isSystemError, systemReason } from '../inventory/system-error.ts';

/**
 * The plan folder appears whole or not at all: everything is written into a hidden folder beside it, which is renamed
 * at the end and removed after any failure. A folder that exists already, and is empty, stays the folder that it is (it
 * may be a mount point, or where someone's shell stands): the hidden folder is made inside it, and plan.json moves last.
 */
export type StagedFolder = {
  /** where to write */
  path: string;
  /** for the engine's spill files; removed with the rest */
  workPath: string;
  /** Makes the folder appear under its name. */
  commit(): Promise<void>;
  /** Removes whatever is left of the work, and parent folders that were made for it. Safe to call after commit. */
  discard(): Promise<void>;
  /** Turns a failed write below this folder into a refusal; any other error comes back as it is. */
  explain(error: unknown): unknown;
};

/**
 * @param out the folder to make; it may exist if it is empty
 * @param workFolder where spill files go; beside `out` by default
 * @throws RunbookError OUTPUT_NOT_EMPTY, OUTPUT_NOT_WRITABLE, DISK_FULL
 */
export async function stageFolder(out: string, workFolder: string | null): Promise<StagedFolder> {
  const asked = resolve(out);
  const names = await readNames(asked, out);
  if (names !== null && names.length > 0) throw notEmpty(out, names.length);
  // A link stays a link; what it points to is filled.
  const target = names === null ? asked : await realpath(asked);
  const undo: (() => Promise<void>)[] = [];
  const discard = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const staging =
      names === null
        ? await makeHidden(dirname(target), `.${basename(target)}-`, out, '--out', undo)
        : await makeHidden(target, '.s3-rewind-', out, '--out', undo);
    const work =
      workFolder === null
        ? staging
        : await makeHidden(resolve(workFolder), 's3-rewind-', workFolder, '--work-dir', undo);
    const path = join(staging, 'plan');
    const workPath = join(work, 'work');
    await mkdir(path);
    await mkdir(workPath);
    return {
      path,
      workPath,
      async commit() {
        try {
          const now = await readNames(target, out);
          const others = (now ?? []).filter((name) => join(target, name) !== staging);
          if (others.length > 0) throw notEmpty(out, others.length);
          await (now === null ? rename(path, target) : moveInto(target, path));
        } catch (cause) {
          throw isSystemError(cause) ? notWritable(out, '--out', cause) : cause;
        }
        await discard();
      },
      discard,
      explain(error) {
        if (isDiskFull(error)) return notWritable(out, '--out', error);
        const isOurs = isSystemError(error) && error.path?.startsWith(`${staging}${sep}`);
        return isOurs ? notWritable(out, '--out', error) : error;
      },
    };
  } catch (cause) {
    await discard();
    throw isSystemError(cause) ? notWritable(out, '--out', cause) : cause;
  }
}

/** Makes a folder of a fresh name, and its parents where they are missing; `undo` takes all of them away again. */
async function makeHidden(
  parent: string,
  prefix: string,
  asked: string,
  option: string,
  undo: (() => Promise<void>)[],
): Promise<string> {
  try {
    const top = await mkdir(parent, { recursive: true });
    if (top !== undefined) undo.push(() => removeEmptyFolders(parent, top));
    const folder = await mkdtemp(join(parent, prefix));
    undo.push(() => rm(folder, { recursive: true, force: true }));
    return folder;
  } catch (cause) {
    throw notWritable(asked, option, cause);
  }
}

async function removeEmptyFolders(leaf: string, top: string): Promise<void> {
  for (let folder = leaf; folder.length >= top.length; folder = dirname(folder)) {
    try {
      await rmdir(folder);
    } catch {
      // It holds the plan, or something that somebody else has put there meanwhile.
      return;
    }
  }
}

/** Moves what is in a folder into another one; a failure takes back what has been moved. */
async function moveInto(target: string, from: string): Promise<void> {
  const isPlanFile = (name: string) => ['plan.json', 'retention.json', 'set.json'].includes(name);
  const names = (await readdir(from)).toSorted(
    (left, right) => Number(isPlanFile(left)) - Number(isPlanFile(right)),
  );
  const moved: string[] = [];
  try {
    for (const name of names) {
      await rename(join(from, name), join(target, name));
      moved.push(name);
    }
  } catch (cause) {
    for (const name of moved) await rm(join(target, name), { recursive: true, force: true });
    throw cause;
  }
}

/** The names in a folder, or null where there is none. */
async function readNames(path: string, asked: string): Promise<string[] | null> {
  try {
    return await readdir(path);
  } catch (cause) {
    if (isSystemError(cause) && cause.code === 'ENOENT') return null;
    throw notWritable(asked, '--out', cause);
  }
}

function notEmpty(out: string, count: number): RunbookError {
  return new RunbookError(
    'OUTPUT_NOT_EMPTY',
    `The output folder ${out} is not empty: it holds ${count} ${count === 1 ? 'entry' : 'entries'}.`,
    { hint: 'a plan is never overwritten: name another folder with --out, or remove this one' },
  );
}

function notWritable(path: string, option: string, cause: unknown): RunbookError {
  if (isDiskFull(cause)) {
    return new RunbookError('DISK_FULL', `The disk of ${path} is full.`, {
      hint: `free space, or point ${option} at another disk, and run the same command again`,
      cause,
    });
  }
  return new RunbookError('OUTPUT_NOT_WRITABLE', `${path} cannot be written: ${systemReason(cause)}.`, {
    hint: `name a folder that you may write with ${option}`,
    cause,
  });
}
