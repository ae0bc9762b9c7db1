import { RunbookError } from '../errors.ts';
import { type PlannedRow, parseManifestLine } from '../s3/manifest.ts';

/** Rows that a task serves, more or less: one DeleteObjects request, and well inside the time limit of a Lambda. */
export const ROWS_PER_SPLIT = 1_000;

/**
 * Bytes that hold any row: bucket 63, key 1,024 bytes at three characters each, three version IDs of 1,024, and the
 * small columns.
 */
export const MAX_ROW_BYTES = 8_192;
export const READ_BYTES = 65_536;
const LINE_FEED = 0x0a;

/** A manifest as bytes: a local file, or an object read by ranges. */
export type ManifestBytes = {
  /** for messages */
  name: string;
  size: number;
  /** Reads the bytes from `start` up to, not including, `end`. */
  read(start: number, end: number): Promise<Buffer>;
};

/** A byte range of a manifest. Its ends are nominal: the reader moves both to the next change of key. */
export type Split = { number: number; start: number; end: number };

/** What the splits of a manifest are computed from. */
export type ManifestSize = { bytes: number; rows: number };

/** A row of a split with its place in it, which names the row in the journal. */
export type SplitRow = PlannedRow & { index: number };

/** Cuts a manifest into byte ranges of about `rowsPerSplit` rows, without reading it. */
export function* splitsOf(manifest: ManifestSize, rowsPerSplit = ROWS_PER_SPLIT): Generator<Split> {
  const count = countSplits(manifest, rowsPerSplit);
  for (let number = 0; number < count; number += 1) yield splitAt(manifest, number, rowsPerSplit);
}

export function countSplits({ rows }: ManifestSize, rowsPerSplit = ROWS_PER_SPLIT): number {
  return Math.ceil(rows / rowsPerSplit);
}

/** One of the byte ranges of `splitsOf`. */
export function splitAt(manifest: ManifestSize, number: number, rowsPerSplit = ROWS_PER_SPLIT): Split {
  const count = countSplits(manifest, rowsPerSplit);
  return {
    number,
    start: Math.floor((manifest.bytes * number) / count),
    end: Math.floor((manifest.bytes * (number + 1)) / count),
  };
}

/**
 * Reads the rows of a split: from the first change of key at or after its start up to the first at or after its end,
 * so that the rows of a key are never in two splits and every row is in exactly one.
 * @throws RunbookError RECORD_CHANGED where a line is not one of a manifest
 */
export async function readSplit(manifest: ManifestBytes, split: Split): Promise<SplitRow[]> {
  const start = await nextKeyChange(manifest, split.start);
  const end = await nextKeyChange(manifest, split.end);
  if (start >= end) return [];
  const text = (await manifest.read(start, end)).toString('utf8');
  const lines = text.endsWith('\n') ? text.slice(0, -1) : text;
  return lines.split('\n').map((line, index) => Object.assign(parseRow(manifest, line), { index }));
}

/** The start of the first row at or after a position whose key is not that of the row before it. */
async function nextKeyChange(manifest: ManifestBytes, position: number): Promise<number> {
  if (position <= 0 || position >= manifest.size) return Math.min(Math.max(position, 0), manifest.size);
  const windowStart = Math.max(0, position - MAX_ROW_BYTES);
  let bytes = await manifest.read(windowStart, Math.min(manifest.size, position + READ_BYTES));
  // The row that holds the byte before the position is the row before; it may end right there.
  let rowStart = bytes.subarray(0, position - windowStart - 1).lastIndexOf(LINE_FEED) + 1;
  if (rowStart === 0 && windowStart > 0) throw damaged(manifest, 'holds a row that is too long');
  const before = await lineAt(manifest, bytes, windowStart, rowStart);
  const key = parseRow(manifest, before.text).key;
  let offset = windowStart + rowStart;
  let line = before;
  while (line.text !== '' && parseRow(manifest, line.text).key === key) {
    offset += line.bytes;
    if (offset >= manifest.size) return manifest.size;
    rowStart += line.bytes;
    if (rowStart + MAX_ROW_BYTES > bytes.length) {
      bytes = await manifest.read(offset, Math.min(manifest.size, offset + READ_BYTES));
      rowStart = 0;
    }
    line = await lineAt(manifest, bytes, offset - rowStart, rowStart);
  }
  return offset;
}

/** The line that starts at an index of a buffer, and its length with the line break. */
async function lineAt(
  manifest: ManifestBytes,
  bytes: Buffer,
  bufferStart: number,
  from: number,
): Promise<{ text: string; bytes: number }> {
  const end = bytes.indexOf(LINE_FEED, from);
  if (end >= 0) return { text: bytes.toString('utf8', from, end), bytes: end + 1 - from };
  if (bufferStart + bytes.length < manifest.size) throw damaged(manifest, 'holds a row that is too long');
  return { text: bytes.toString('utf8', from), bytes: bytes.length - from };
}

function parseRow(manifest: ManifestBytes, line: string): PlannedRow {
  const row = parseManifestLine(line);
  if (row === null) throw damaged(manifest, `holds a line that is no row: ${line.slice(0, 200)}`);
  return row;
}

function damaged(manifest: ManifestBytes, fact: string): RunbookError {
  return new RunbookError('RECORD_CHANGED', `${manifest.name} ${fact}.`, {
    hint: 'a manifest is never edited by hand: plan again from the inventory',
  });
}
