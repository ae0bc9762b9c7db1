import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RunbookError } from '../errors.ts';
import { onDisk, syncFolder } from './disk.ts';
import { type Journal, wholeLines } from './journal.ts';

const END_LINE = /(^|\n)end,\d+\n$/;

/**
 * A journal in a local file. While rows are open it is `<base>.open.csv`; once each has its outcome it is renamed to
 * `<base>.csv`, whose last line says so. A closed file without that line was cut short by someone else.
 * @throws RunbookError OUTCOMES_DAMAGED, DISK_FULL, RECORD_NOT_WRITABLE
 */
export function journalFile(base: string): Journal {
  const openPath = `${base}.open.csv`;
  const closedPath = `${base}.csv`;
  let isNamed = false;

  const append = async (text: string) => {
    if (!isNamed) {
      await mkdir(dirname(base), { recursive: true });
      // Rows that are tried again are written behind the others.
      await rename(closedPath, openPath).catch(ignoreMissing);
    }
    const file = await open(openPath, 'a');
    try {
      await file.appendFile(text);
      await file.datasync();
    } finally {
      await file.close();
    }
    if (!isNamed) await syncFolder(dirname(base));
    isNamed = true;
  };
  return {
    async read() {
      const closed = await readIfThere(closedPath);
      if (closed === null) return await readOpen(openPath);
      if (!END_LINE.test(closed)) throw cutShort(closedPath);
      return closed;
    },
    append: (text) => onDisk(openPath, () => append(text)),
    close: () =>
      onDisk(closedPath, async () => {
        await rename(openPath, closedPath);
        isNamed = false;
      }),
  };
}

/** Reads an open journal without the line that a kill tore, and cuts it off, so that the next does not grow onto it. */
async function readOpen(path: string): Promise<string> {
  const text = (await readIfThere(path)) ?? '';
  const whole = wholeLines(text);
  if (whole !== text) {
    await onDisk(path, async () => {
      const file = await open(path, 'r+');
      try {
        await file.truncate(Buffer.byteLength(whole));
        await file.datasync();
      } finally {
        await file.close();
      }
    });
  }
  return whole;
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    ignoreMissing(error);
    return null;
  }
}

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

function cutShort(path: string): RunbookError {
  return new RunbookError('OUTCOMES_DAMAGED', `${path} was complete once and ends in the middle now.`, {
    hint: 'put the file back as it was; verify and undo do without it. If it is lost, remove it, and outcome.json too, and run start-jobs again: its rows are checked against the bucket and nothing is done twice, but what is found done counts as already, which undo leaves alone',
  });
}

/** The refusal where a run has ended, and the journal of one of its splits is gone. */
export function journalGone(base: string): RunbookError {
  return new RunbookError('OUTCOMES_DAMAGED', `${base}.csv is gone, although the run has ended.`, {
    hint: 'put the folder of journals back; verify and undo do without it. If it is lost, remove outcome.json and run start-jobs again: the rows are checked against the bucket and nothing is done twice, but what is found done counts as already, which undo leaves alone',
  });
}
