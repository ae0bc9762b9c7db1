import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { RunbookError } from '../../src/errors.ts';
import { stageFolder } from '../../src/plan/plan-folder.ts';
import { listAll, scratchFolder } from '../cli/scratch-folder.ts';

/** A folder in which nothing can be made. The superuser may write everywhere, so what anyone else is answered is put here. */
const locked = vi.hoisted(() => ({ folder: null as string | null }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const refuse = (path: unknown) => {
    if (locked.folder === null || !String(path).startsWith(`${locked.folder}/`)) return;
    throw Object.assign(new Error(`EACCES: permission denied, mkdir '${path}'`), {
      ...{ code: 'EACCES', errno: -13, syscall: 'mkdir', path: String(path) },
    });
  };
  return {
    ...real,
    async mkdir(...args: Parameters<typeof real.mkdir>) {
      refuse(args[0]);
      return await real.mkdir(...args);
    },
    async mkdtemp(prefix: string) {
      refuse(prefix);
      return await real.mkdtemp(prefix);
    },
  };
});

const scratch = scratchFolder();
let folders = 0;

function emptyFolder(): string {
  folders += 1;
  const folder = join(scratch, String(folders));
  mkdirSync(folder);
  return folder;
}

/** A system error as Node.js throws it. */
function systemError(code: string, errno: number, path?: string): Error {
  return Object.assign(new Error(`${code}: something, write`), { code, errno, syscall: 'write', path });
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (cause: unknown) => cause,
  );
  return error instanceof RunbookError ? error.code : String(error);
}

describe('commit', () => {
  it('makes the folder appear whole, with nothing beside it', async () => {
    const parent = emptyFolder();
    const folder = await stageFolder(join(parent, 'out'), null);
    writeFileSync(join(folder.path, 'plan.json'), '{}');
    expect(listAll(parent).some((name) => name === 'out')).toBe(false);
    await folder.commit();
    await folder.discard();
    expect(listAll(parent)).toEqual(['out', 'out/plan.json']);
  });

  it('makes missing parents, and keeps them', async () => {
    const parent = emptyFolder();
    const folder = await stageFolder(join(parent, 'a/b/out'), join(parent, 'work/deep'));
    writeFileSync(join(folder.path, 'plan.json'), '{}');
    await folder.commit();
    expect(listAll(parent)).toEqual(['a', 'a/b', 'a/b/out', 'a/b/out/plan.json']);
  });

  it('fills an empty folder without replacing it: it may be a mount point', async () => {
    const parent = emptyFolder();
    mkdirSync(join(parent, 'out'), { mode: 0o750 });
    symlinkSync('out', join(parent, 'link'));
    const folder = await stageFolder(join(parent, 'link'), null);
    mkdirSync(join(folder.path, 'sql'));
    writeFileSync(join(folder.path, 'plan.json'), '{}');
    await folder.commit();
    expect(listAll(parent)).toEqual([
      'link',
      'link/plan.json',
      'link/sql',
      'out',
      'out/plan.json',
      'out/sql',
    ]);
    expect(readFileSync(join(parent, 'link/plan.json'), 'utf8')).toBe('{}');
  });

  it('refuses a folder that someone else has filled meanwhile', async () => {
    const parent = emptyFolder();
    const folder = await stageFolder(join(parent, 'out'), null);
    mkdirSync(join(parent, 'out'));
    writeFileSync(join(parent, 'out/plan.json'), 'theirs');
    expect(await codeOf(folder.commit())).toBe('OUTPUT_NOT_EMPTY');
    await folder.discard();
    expect(readFileSync(join(parent, 'out/plan.json'), 'utf8')).toBe('theirs');
    expect(listAll(parent)).toEqual(['out', 'out/plan.json']);
  });

  it('refuses an empty folder that someone else has filled meanwhile', async () => {
    const parent = emptyFolder();
    mkdirSync(join(parent, 'out'));
    const folder = await stageFolder(join(parent, 'out'), null);
    writeFileSync(join(parent, 'out/theirs'), '');
    expect(await codeOf(folder.commit())).toBe('OUTPUT_NOT_EMPTY');
    await folder.discard();
    expect(listAll(parent)).toEqual(['out', 'out/theirs']);
  });
});

describe('discard', () => {
  it('leaves nothing, not even the parents that were made', async () => {
    const parent = emptyFolder();
    const folder = await stageFolder(join(parent, 'a/b/out'), join(parent, 'work/deep'));
    writeFileSync(join(folder.workPath, 'spill'), 'x');
    await folder.discard();
    expect(listAll(parent)).toEqual([]);
  });

  it('leaves parents that hold something else by now', async () => {
    const parent = emptyFolder();
    const folder = await stageFolder(join(parent, 'a/b/out'), null);
    writeFileSync(join(parent, 'a/theirs'), '');
    await folder.discard();
    expect(listAll(parent)).toEqual(['a', 'a/theirs']);
  });

  it('leaves an empty folder as it was', async () => {
    const parent = emptyFolder();
    mkdirSync(join(parent, 'out'));
    await (await stageFolder(join(parent, 'out'), null)).discard();
    expect(listAll(parent)).toEqual(['out']);
  });
});

describe('explain', () => {
  it('a full disk, wherever it shows', async () => {
    const folder = await stageFolder(join(emptyFolder(), 'out'), null);
    for (const error of [systemError('ENOSPC', -28), systemError('EDQUOT', -122)]) {
      expect(folder.explain(error)).toMatchObject({
        code: 'DISK_FULL',
        message: expect.stringMatching(/^The disk of .*out is full\.$/),
        hint: expect.stringContaining('free space, or point --out at another disk'),
      });
    }
    await folder.discard();
  });

  it('a file of its own that cannot be written', async () => {
    const folder = await stageFolder(join(emptyFolder(), 'out'), null);
    expect(folder.explain(systemError('EIO', -5, join(folder.path, 'plan.json')))).toMatchObject({
      code: 'OUTPUT_NOT_WRITABLE',
      message: expect.stringMatching(/out cannot be written: i\/o error\.$/),
    });
    await folder.discard();
  });

  it('nothing else', async () => {
    const folder = await stageFolder(join(emptyFolder(), 'out'), null);
    const refusal = new RunbookError('INVENTORY_EMPTY', 'x', { hint: 'y' });
    const elsewhere = systemError('EIO', -5, '/somewhere/else');
    expect(folder.explain(refusal)).toBe(refusal);
    expect(folder.explain(elsewhere)).toBe(elsewhere);
    await folder.discard();
  });
});

it('a parent that may not be written', async () => {
  const parent = emptyFolder();
  locked.folder = parent;
  expect(await codeOf(stageFolder(join(parent, 'out'), null))).toBe('OUTPUT_NOT_WRITABLE');
  expect(await codeOf(stageFolder(join(parent, 'a/b/out'), null))).toBe('OUTPUT_NOT_WRITABLE');
  locked.folder = null;
  expect(listAll(parent)).toEqual([]);
});
