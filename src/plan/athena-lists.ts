import { createHash } from 'node:crypto';
import type { QueryEngine } from '../engine/query-engine.ts';
import { RunbookError } from '../errors.ts';
import type { SqlRenderer } from '../render/sql.ts';
import { type ListPart, type PartObject, planAssembly, type RecordCalls } from './list-parts.ts';
import { linesTable, PART_BYTES } from './list-shape.ts';
import type { ListQuery, WriteList, WrittenList } from './outputs.ts';

/**
 * Lists of a plan that Athena makes, at any size. A query writes a list in parts, each one row that is the text of
 * about 8 MiB of lines in order; the row is alone in its partition and so in its file, and the partition's number says
 * where it belongs. So nothing rests on the order in which Athena writes rows or names files. S3 then puts the parts
 * together; the text of a large list never comes here.
 */
export type AthenaListOptions = {
  engine: QueryEngine;
  sql: SqlRenderer;
  database: string;
  calls: RecordCalls;
  limits?: Partial<ListLimits>;
};

export type ListLimits = {
  /** least size of a part; it grows with the list up to maxPartBytes */
  partBytes: number;
  /** below the 32 MB that a row may have on Athena */
  maxPartBytes: number;
  /** a query writes 100 partitions at most; slices are cut by a sample, so that they come out uneven */
  partsPerQuery: number;
  slices: number;
  /** lists up to this size are read here once, and their whole text has a SHA-256 */
  smallBytes: number;
};

const LIMITS: ListLimits = {
  partBytes: PART_BYTES,
  maxPartBytes: 24 * 1024 * 1024,
  partsPerQuery: 60,
  slices: 100,
  smallBytes: 64 * 1024 * 1024,
};
/** Keys of the sample for each slice: with 200, a slice is rarely a fifth larger than another. */
const SAMPLES_PER_SLICE = 200;

/** A writer of lists. @param target where they go, `s3://bucket/prefix/` */
export function athenaLists(options: AthenaListOptions, target: string): WriteList {
  const limits = { ...LIMITS, ...options.limits };
  const { engine, calls } = options;
  return async (list) => {
    const [size] = await engine.rows(list.render({ kind: 'size' }));
    const rows = Number(size?.row_count ?? 0);
    const headerBytes = list.header ? Buffer.byteLength(list.columns.join(',')) + 1 : 0;
    const bytes = Number(size?.bytes ?? 0) + headerBytes;
    const parts = await writeParts(options, list, { rows, bytes }, limits);
    const found = parts.reduce((sum, part) => sum + part.bytes, 0);
    if (found !== bytes) {
      throw new RunbookError(
        'LIST_DAMAGED',
        `${list.path} came out with ${found} bytes; Athena's own count is ${bytes}.`,
        { hint: 'nothing was started and nothing has changed: run the same command again' },
      );
    }
    const url = `${target}${list.path}`;
    const written: WrittenList =
      bytes <= limits.smallBytes
        ? { path: list.path, rows, bytes, sha256: await joinSmall(calls, parts, list.path) }
        : { path: list.path, rows, bytes, ...(await assembleLarge(calls, parts, url)) };
    return written;
  };
}

/**
 * Into how many slices a list goes, each written by one query, and how large the parts become.
 * @throws RunbookError LIST_TOO_LARGE
 */
export function divideList(
  bytes: number,
  path: string,
  limits: ListLimits = LIMITS,
): { partBytes: number; slices: number } {
  const most = limits.slices * limits.partsPerQuery;
  const partBytes = Math.max(limits.partBytes, Math.ceil(bytes / most));
  if (partBytes > limits.maxPartBytes) {
    throw new RunbookError('LIST_TOO_LARGE', `${path} would have ${bytes} bytes.`, {
      hint: `a list can have ${most * limits.maxPartBytes} bytes: narrow the plan with --prefix, and make several`,
    });
  }
  return { partBytes, slices: Math.ceil(bytes / (partBytes * limits.partsPerQuery)) };
}

async function writeParts(
  options: AthenaListOptions,
  list: ListQuery,
  size: { rows: number; bytes: number },
  limits: ListLimits,
): Promise<PartObject[]> {
  const { engine, calls } = options;
  const { partBytes, slices } = divideList(size.bytes, list.path, limits);
  if (slices <= 1) {
    await engine.run(list.render({ kind: 'parts', partBytes }));
    return calls.listParts(list.name);
  }
  const cuts = await cutKeys(engine, list, size.rows, slices);
  const lines = linesTable(list.name);
  await engine.run(list.render({ kind: 'lines', cuts }));
  const parts: PartObject[] = [];
  for (let slice = 0; slice <= cuts.length; slice += 1) {
    const target = `${list.name}_${slice}`;
    const header = slice === 0 && list.header ? list.columns.join(',') : null;
    const view = { database: options.database, list: list.name, target, lines, slice, partBytes, header };
    await engine.run(options.sql('list-slice', view));
    parts.push(...(await calls.listParts(target)));
  }
  return parts;
}

/** Keys that divide a list into slices of about as many rows, from a sample that is the same each time. */
async function cutKeys(
  engine: QueryEngine,
  list: ListQuery,
  rows: number,
  slices: number,
): Promise<string[]> {
  const oneIn = Math.max(1, Math.floor(rows / (slices * SAMPLES_PER_SLICE)));
  const sample = (await engine.rows(list.render({ kind: 'sample', oneIn })))
    .map((row) => decodeURIComponent(String(row.key)))
    // A NUL has no literal; any other key of the sample serves as well.
    .filter((key) => !key.includes('\0'))
    .toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
  const cuts = Array.from({ length: slices - 1 }, (_, index) =>
    sample.at(Math.floor(((index + 1) * sample.length) / slices)),
  );
  return [...new Set(cuts.filter((key) => key !== undefined))];
}

/** Reads the parts of a small list one after the other into its file, and tells the SHA-256 of it all. */
async function joinSmall(calls: RecordCalls, parts: readonly PartObject[], path: string): Promise<string> {
  const hash = createHash('sha256');
  const write = await calls.openLocal(path);
  try {
    for (const part of parts) {
      const bytes = await calls.readPart(part.url);
      hash.update(bytes);
      await write.append(bytes);
    }
  } finally {
    await write.close();
  }
  return `sha256:${hash.digest('hex')}`;
}

/** Has S3 put the parts together, and tells the SHA-256 over the SHA-256s of the parts, as S3 computed them. */
async function assembleLarge(
  calls: RecordCalls,
  parts: readonly PartObject[],
  url: string,
): Promise<Pick<WrittenList, 'sha256' | 'parts'>> {
  const assembly: ListPart[] = planAssembly(parts, url);
  const checksums = await calls.assemble(url, assembly);
  const hash = createHash('sha256');
  for (const checksum of checksums) hash.update(Buffer.from(checksum, 'base64'));
  return { sha256: `sha256:${hash.digest('hex')}`, parts: assembly.map(({ bytes }) => bytes) };
}
