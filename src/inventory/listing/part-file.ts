import { type FileHandle, open } from 'node:fs/promises';
import type { ScannedEntry } from '../../s3/scan-versions.ts';

/** Rows are written at this size: a range under way takes about this much memory and a page. */
const FLUSH_BYTES = 512 * 1024;
const SPECIAL = /[",\r\n]/;

/** Columns of a part: `part` and `row` make the ordinal once the order of the parts is known. */
export const PART_COLUMNS = {
  part: 'INTEGER',
  row: 'BIGINT',
  key: 'VARCHAR',
  version_id: 'VARCHAR',
  is_latest: 'BOOLEAN',
  is_delete_marker: 'BOOLEAN',
  size: 'BIGINT',
  last_modified: 'VARCHAR',
  storage_class: 'VARCHAR',
  e_tag: 'VARCHAR',
} as const;

/** How much of a part is on disk, and what of it does not count. */
export type PartProgress = {
  bytes: number;
  rows: number;
  /** row at which the newest stack begins */
  stackRow: number;
  /** rows taken back after they were written: from the first number up to, not including, the second */
  dropped: [from: number, to: number][];
};

/**
 * The rows of one range of keys: a headerless CSV file that is only ever appended to, so that a kill at any moment
 * leaves what was noted intact. The rows of the newest stack can be taken back until the next one begins, for a stack
 * that is read again.
 */
export class PartFile {
  readonly #path: string;
  readonly #part: number;
  #file: FileHandle | null = null;
  #onDisk: PartProgress;
  #dropped: PartProgress['dropped'];
  #stackRow: number;
  #rows: number;
  /** rows of the page that is being taken */
  #lines: string[] = [];
  /** rows of pages before it: as bytes, because strings that outlive a page are what garbage collection is slow with */
  #sealed: Buffer[] = [];
  #sealedBytes = 0;

  constructor(path: string, part: number, progress: PartProgress) {
    this.#path = path;
    this.#part = part;
    this.#onDisk = progress;
    this.#dropped = [...progress.dropped];
    this.#stackRow = progress.stackRow;
    this.#rows = progress.rows;
  }

  /** Rows that count. */
  get entries(): number {
    return this.#dropped.reduce((total, [from, to]) => total - (to - from), this.#rows);
  }

  get onDisk(): PartProgress {
    return this.#onDisk;
  }

  get isFull(): boolean {
    return this.#sealedBytes >= FLUSH_BYTES;
  }

  beginStack(): void {
    this.#stackRow = this.#rows;
  }

  append(entry: ScannedEntry, encodedKey: string): void {
    this.#lines.push(
      `${this.#part},${this.#rows},${encodedKey},${field(entry.versionId)},${entry.isLatest},${entry.isDeleteMarker},${entry.size},${field(entry.lastModified)},${field(entry.storageClass)},${field(entry.eTag)}\n`,
    );
    this.#rows += 1;
  }

  /** Takes back every row since beginStack. */
  dropStack(): void {
    const sealed = this.#rows - this.#lines.length;
    this.#lines.length = Math.max(0, this.#stackRow - sealed);
    if (this.#stackRow < sealed) this.#dropped.push([this.#stackRow, sealed]);
    this.#rows = Math.max(this.#stackRow, sealed);
    this.#stackRow = this.#rows;
  }

  /** Ends a page. */
  seal(): void {
    if (this.#lines.length === 0) return;
    const bytes = Buffer.from(this.#lines.join(''));
    this.#lines = [];
    this.#sealed.push(bytes);
    this.#sealedBytes += bytes.length;
  }

  /** Writes every row. Nothing may be appended meanwhile. */
  async flush(): Promise<void> {
    this.seal();
    const data = Buffer.concat(this.#sealed);
    const { bytes } = this.#onDisk;
    this.#sealed = [];
    this.#sealedBytes = 0;
    if (data.length > 0) await writeAll(await this.#open(), data, bytes);
    this.#onDisk = {
      bytes: bytes + data.length,
      rows: this.#rows,
      stackRow: this.#stackRow,
      dropped: [...this.#dropped],
    };
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = null;
  }

  async #open(): Promise<FileHandle> {
    if (this.#file === null) {
      // Behind what was noted there may be rows of a run that was killed before it could note them.
      this.#file = await open(this.#path, this.#onDisk.bytes === 0 ? 'w' : 'r+');
      await this.#file.truncate(this.#onDisk.bytes);
    }
    return this.#file;
  }
}

/** A full disk may take a part of a write and fail the next one only. */
async function writeAll(file: FileHandle, data: Buffer, position: number): Promise<void> {
  for (let written = 0; written < data.length; ) {
    const { bytesWritten } = await file.write(data, written, undefined, position + written);
    written += bytesWritten;
  }
}

function field(text: string): string {
  return SPECIAL.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
