import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { RunbookError } from '../../errors.ts';
import { lockFile } from '../../folder-lock.ts';
import { EMPTY_STACK, KeyRange, type RangeProgress } from './key-range.ts';
import { PartFile } from './part-file.ts';

/**
 * An unfinished listing on disk: `state.json` and one part file for each range of keys. A listing that was killed goes
 * on from here. Rows behind the noted length of a part belong to pages that will be listed again.
 */

const markerSchema = z.object({ key: z.string(), versionId: z.string().nullable() }).nullable();
const partSchema = z.object({
  bytes: z.number(),
  rows: z.number(),
  stackRow: z.number(),
  dropped: z.array(z.tuple([z.number(), z.number()])),
});
const rangeSchema = z.object({
  id: z.number(),
  prefix: z.string(),
  start: z.string().nullable(),
  end: z.string().nullable(),
  progress: z.object({
    cursor: markerSchema,
    position: z.string().nullable(),
    stack: z.object({ entries: z.number(), currents: z.number(), startsCurrent: z.boolean() }),
    part: partSchema,
    keys: z.number(),
    done: z.boolean(),
    first: z.string().nullable().default(null),
    expected: z.number().nullable().default(null),
  }),
});
const stateSchema = z.object({
  schemaVersion: z.literal(1),
  /** what is listed; a listing of something else cannot be resumed from here */
  scope: z.object({ bucket: z.string(), endpoint: z.string(), prefixes: z.array(z.string()) }),
  takenAt: z.iso.datetime(),
  /** every part is in the file that is about to get its name */
  isAssembled: z.boolean().default(false),
  ranges: z.array(rangeSchema),
});
export type ListingScope = z.infer<typeof stateSchema>['scope'];

export type ListingState = { scope: ListingScope; takenAt: Date; isAssembled: boolean; ranges: KeyRange[] };

export const NO_PROGRESS: RangeProgress = {
  cursor: null,
  position: null,
  stack: EMPTY_STACK,
  part: { bytes: 0, rows: 0, stackRow: 0, dropped: [] },
  keys: 0,
  done: false,
  first: null,
  expected: null,
};

export class PartialFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get workPath(): string {
    return join(this.path, 'work');
  }

  get #statePath(): string {
    return join(this.path, 'state.json');
  }

  async exists(): Promise<boolean> {
    return (await stat(this.path).catch(() => null)) !== null;
  }

  async create(): Promise<void> {
    await mkdir(join(this.path, 'parts'), { recursive: true });
    await mkdir(this.workPath, { recursive: true });
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  /**
   * Keeps two commands from listing into one folder: each would write over the parts of the other.
   * @returns a function that gives the folder free again
   * @throws RunbookError LISTING_IN_USE
   */
  async lock(): Promise<() => Promise<void>> {
    const path = join(this.path, 'in-use.json');
    return await lockFile(path, (holder) => {
      const who = holder === null ? 'another command' : `process ${holder.pid} on ${holder.host}`;
      return new RunbookError('LISTING_IN_USE', `${this.path} is being listed into by ${who}.`, {
        hint: `wait until it has ended; if it is gone for sure, remove ${path} and run the same command again with --resume`,
      });
    });
  }

  resultPath(format: string): string {
    return join(this.path, `result.${format}`);
  }

  async holdsResult(format: string): Promise<boolean> {
    return (await stat(this.resultPath(format)).catch(() => null)) !== null;
  }

  partPath(id: number): string {
    return join(this.path, 'parts', `${id}.csv`);
  }

  openRange(
    bounds: { id: number; prefix: string; start: string | null; end: string | null },
    progress: RangeProgress,
  ): KeyRange {
    const part = new PartFile(this.partPath(bounds.id), bounds.id, progress.part);
    return new KeyRange(bounds, part, progress);
  }

  /** Notes how far every range is on disk; the note appears whole or not at all. */
  async writeState(
    {
      scope,
      takenAt,
      isAssembled = false,
    }: Pick<ListingState, 'scope' | 'takenAt'> & { isAssembled?: boolean },
    ranges: readonly KeyRange[],
  ): Promise<void> {
    // Made in one go, before anything is awaited: the ends of ranges and their neighbours' starts have to agree.
    const text = JSON.stringify({
      schemaVersion: 1,
      scope,
      takenAt: takenAt.toISOString(),
      isAssembled,
      ranges: ranges.map(({ id, prefix, start, end, durable }) => ({
        id,
        prefix,
        start,
        end,
        progress: durable,
      })),
    });
    await writeFile(`${this.#statePath}.new`, text);
    await rename(`${this.#statePath}.new`, this.#statePath);
  }

  /**
   * Reads the ranges of an unfinished listing, or null where none got as far as a note.
   * @throws RunbookError LISTING_NOT_RESUMABLE
   */
  async readState(scope: ListingScope): Promise<ListingState | null> {
    let text: string;
    try {
      text = await readFile(this.#statePath, 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw cause;
    }
    const state = this.#parse(text);
    if (JSON.stringify(state.scope) !== JSON.stringify(scope)) {
      throw this.#notResumable(
        `holds a listing of ${describeScope(state.scope)}, not of ${describeScope(scope)}`,
      );
    }
    const ranges: KeyRange[] = [];
    for (const { progress, ...bounds } of state.ranges) {
      const size = (await stat(this.partPath(bounds.id)).catch(() => null))?.size ?? 0;
      // A part that is shorter than noted (the machine went down) is listed again from its start.
      const known = size >= progress.part.bytes ? progress : NO_PROGRESS;
      ranges.push(this.openRange(bounds, known));
    }
    const { isAssembled } = state;
    return { scope, takenAt: new Date(state.takenAt), isAssembled, ranges };
  }

  #parse(text: string): z.infer<typeof stateSchema> {
    try {
      return stateSchema.parse(JSON.parse(text));
    } catch (cause) {
      throw this.#notResumable('was not written by this version', cause);
    }
  }

  #notResumable(reason: string, cause?: unknown): RunbookError {
    return new RunbookError('LISTING_NOT_RESUMABLE', `${this.path} ${reason}.`, {
      hint: `list the same scope, or start anew: rm -r ${this.path}`,
      cause,
    });
  }
}

function describeScope({ bucket, endpoint, prefixes }: ListingScope): string {
  const where = prefixes.length === 0 ? bucket : `${bucket} (${prefixes.join(', ')})`;
  return endpoint === '' ? where : `${where} at ${endpoint}`;
}
