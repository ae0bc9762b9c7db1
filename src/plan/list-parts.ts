import { RunbookError } from '../errors.ts';

/** A file that a query wrote for one part of a list. */
export type PartObject = { url: string; bytes: number };

/** A part of a multipart upload: copied from one object by S3, or, where several have to make it up, sent from here. */
export type ListPart = { sources: PartObject[]; bytes: number };

/** The calls on the record bucket by which lists come about. */
export type RecordCalls = {
  /** The files of a table that is partitioned by `part`, in the order of the parts. @throws RunbookError LIST_DAMAGED */
  listParts(table: string): Promise<PartObject[]>;
  readPart(url: string): Promise<Buffer>;
  /** Opens a file of the plan folder for a list that is small enough to be in it. */
  openLocal(path: string): Promise<{ append(bytes: Buffer): Promise<void>; close(): Promise<void> }>;
  /** Puts an object together. @returns the SHA-256 of each part, base64, in order */
  assemble(url: string, parts: readonly ListPart[]): Promise<string[]>;
};

/** S3's limits of multipart uploads ("Amazon S3 multipart upload limits"). */
const MIN_PART_BYTES = 5 * 1024 * 1024;
const MAX_PARTS = 10_000;
const MAX_OBJECT_BYTES = 5 * 1024 ** 4;

/**
 * Makes parts of a multipart upload from the files of a list: a file below 5 MiB that is not the last goes together
 * with the next ones.
 * @throws RunbookError LIST_TOO_LARGE
 */
export function planAssembly(files: readonly PartObject[], url: string): ListPart[] {
  const parts: ListPart[] = [];
  let open: ListPart = { sources: [], bytes: 0 };
  for (const file of files) {
    open = { sources: [...open.sources, file], bytes: open.bytes + file.bytes };
    if (open.bytes < MIN_PART_BYTES) continue;
    parts.push(open);
    open = { sources: [], bytes: 0 };
  }
  if (open.sources.length > 0) parts.push(open);
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  if (parts.length > MAX_PARTS || bytes > MAX_OBJECT_BYTES) {
    throw new RunbookError('LIST_TOO_LARGE', `${url} would have ${parts.length} parts and ${bytes} bytes.`, {
      hint: 'narrow the plan with --prefix, and make several',
    });
  }
  return parts;
}
