import { hash } from 'node:crypto';

const STREAM_CHUNK_BYTES = 65_536;

type Slice = { readonly source: string; readonly start: number; readonly end: number };

/**
 * The data of an object: real bytes, or a size without bytes, for objects too large to hold in memory. Both have an
 * **identity**: equal identities mean equal data, also after a copy by parts, where ETags differ.
 */
export type Content = {
  readonly size: number;
  readonly identity: string;
  /** MD5 in hexadecimal: real for real bytes, derived from the identity otherwise. */
  readonly md5: string;
  readonly bytes?: Buffer;
  /** Where the data of sized content comes from; a copy by parts strings slices together. */
  readonly slices?: readonly Slice[];
};

export function bytesContent(bytes: Buffer): Content {
  return new BytesContent(bytes);
}

/**
 * Content of a declared size without bytes.
 * @param source a name for the data: two contents with the same source and size hold the same data
 */
export function sizedContent(size: number, source: string): Content {
  return new WholeContent(size, source);
}

/** Hashes are made when asked for: a bucket of a million entries is set up in seconds that way. */
class BytesContent implements Content {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get size(): number {
    return this.bytes.length;
  }

  get identity(): string {
    return `sha256:${hash('sha256', this.bytes)}`;
  }

  get md5(): string {
    return hash('md5', this.bytes);
  }
}

class WholeContent implements Content {
  readonly size: number;
  readonly #source: string;

  constructor(size: number, source: string) {
    this.size = size;
    this.#source = source;
  }

  get slices(): readonly Slice[] {
    return [{ source: this.#source, start: 0, end: this.size }];
  }

  get identity(): string {
    return identityOf(this.slices);
  }

  get md5(): string {
    return hash('md5', this.identity);
  }
}

/** The bytes from `start` up to, not including, `end`. */
export function sliceContent(content: Content, start: number, end: number): Content {
  if (content.bytes !== undefined) return bytesContent(content.bytes.subarray(start, end));
  const slices: Slice[] = [];
  let position = 0;
  for (const slice of content.slices ?? []) {
    const length = slice.end - slice.start;
    const from = Math.max(start, position);
    const to = Math.min(end, position + length);
    if (from < to) {
      slices.push({
        source: slice.source,
        start: slice.start + from - position,
        end: slice.start + to - position,
      });
    }
    position += length;
  }
  return sliced(slices);
}

/** Strings contents together, as CompleteMultipartUpload does with parts. */
export function joinContents(contents: readonly Content[]): Content {
  const [first] = contents;
  if (contents.length === 1 && first !== undefined) return first;
  const bytes = contents.map((content) => content.bytes);
  if (bytes.every((part) => part !== undefined)) return bytesContent(Buffer.concat(bytes));
  return sliced(contents.flatMap((content) => content.slices ?? [wholeSlice(content)]));
}

/** Streams the bytes from `start` up to `end`; sized content streams a pattern that tells sources apart. */
export function* readContent(content: Content, start: number, end: number): Generator<Buffer> {
  if (content.bytes !== undefined) {
    yield content.bytes.subarray(start, end);
    return;
  }
  for (const slice of sliceContent(content, start, end).slices ?? []) {
    const pattern = Buffer.from(hash('sha256', slice.source), 'hex');
    const block = Buffer.alloc(STREAM_CHUNK_BYTES + pattern.length, pattern);
    for (let position = slice.start; position < slice.end; position += STREAM_CHUNK_BYTES) {
      const length = Math.min(STREAM_CHUNK_BYTES, slice.end - position);
      const phase = position % pattern.length;
      yield block.subarray(phase, phase + length);
    }
  }
}

function wholeSlice(content: Content): Slice {
  return { source: content.identity, start: 0, end: content.size };
}

function sliced(parts: readonly Slice[]): Content {
  const slices: Slice[] = [];
  for (const part of parts) {
    const last = slices.at(-1);
    if (last?.source === part.source && last.end === part.start) {
      slices[slices.length - 1] = { source: part.source, start: last.start, end: part.end };
    } else {
      slices.push(part);
    }
  }
  const [only] = slices;
  if (slices.length === 1 && only?.start === 0) return new WholeContent(only.end, only.source);
  const identity = identityOf(slices);
  const size = slices.reduce((total, slice) => total + slice.end - slice.start, 0);
  return { size, identity, md5: hash('md5', identity), slices };
}

function identityOf(slices: readonly Slice[]): string {
  return slices.map(({ source, start, end }) => `${source}[${start},${end})`).join('+');
}
