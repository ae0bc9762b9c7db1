const CHUNK_KEYS = 1024;
/** Above this share of new keys, sorting all is cheaper than placing each. */
const RESORT_SHARE = 1 / 64;
const SURROGATE = /[\ud800-\udfff]/;

/**
 * Orders keys as S3 lists them: by the bytes of their UTF-8 form. JavaScript compares UTF-16 units, which puts
 * characters beyond U+FFFF (surrogates D800-DFFF) before U+E000-U+FFFF; in UTF-8 they come after.
 */
export function compareKeys(left: string, right: string): number {
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index += 1) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return utf8Rank(a) - utf8Rank(b);
  }
  return left.length - right.length;
}

function utf8Rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/**
 * Keys in UTF-8 order, each with a value. Sorted keys sit in chunks of about a thousand, so that an insertion anywhere
 * among millions moves one chunk only. New keys wait unsorted until the next walk, which sorts a bulk load at once.
 */
export class KeyIndex<Value> {
  readonly #values = new Map<string, Value>();
  #chunks: string[][] = [];
  #waiting: string[] = [];
  #hasSurrogates = false;

  get size(): number {
    return this.#values.size;
  }

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Value): void {
    if (!this.#values.has(key)) this.#waiting.push(key);
    this.#values.set(key, value);
  }

  delete(key: string): void {
    if (!this.#values.delete(key)) return;
    this.#settle();
    const { chunk, offset } = this.#locate((candidate) => compareKeys(candidate, key) >= 0);
    const keys = this.#chunks[chunk];
    keys?.splice(offset, 1);
    if (keys?.length === 0) this.#chunks.splice(chunk, 1);
  }

  /**
   * Walks keys in order, from the first for which `reached` answers true. `reached` must answer false for a run of
   * keys and true for all after it. The index must not change during the walk.
   */
  *from(reached: (key: string) => boolean): Generator<[string, Value]> {
    this.#settle();
    const start = this.#locate(reached);
    for (let chunk = start.chunk; chunk < this.#chunks.length; chunk += 1) {
      const keys = this.#chunks[chunk] ?? [];
      for (let offset = chunk === start.chunk ? start.offset : 0; offset < keys.length; offset += 1) {
        const key = keys[offset] ?? '';
        const value = this.#values.get(key);
        if (value !== undefined) yield [key, value];
      }
    }
  }

  /** Brings the waiting keys into order. */
  #settle(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    if (waiting.length > this.#values.size * RESORT_SHARE) this.#resort(waiting);
    else for (const key of waiting) this.#insert(key);
  }

  #resort(waiting: readonly string[]): void {
    const keys = [...this.#chunks.flat(), ...waiting];
    this.#hasSurrogates ||= waiting.some((key) => SURROGATE.test(key));
    // Without surrogates the two orders agree, and the built-in one is several times as fast.
    if (this.#hasSurrogates) keys.sort(compareKeys);
    else keys.sort();
    this.#chunks = [];
    for (let start = 0; start < keys.length; start += CHUNK_KEYS) {
      this.#chunks.push(keys.slice(start, start + CHUNK_KEYS));
    }
  }

  #insert(key: string): void {
    this.#hasSurrogates ||= SURROGATE.test(key);
    const { chunk, offset } = this.#locate((candidate) => compareKeys(candidate, key) >= 0);
    const keys = this.#chunks[chunk] ?? this.#chunks.at(-1);
    if (keys === undefined) {
      this.#chunks.push([key]);
      return;
    }
    keys.splice(this.#chunks[chunk] === undefined ? keys.length : offset, 0, key);
    if (keys.length > 2 * CHUNK_KEYS) {
      this.#chunks.splice(this.#chunks.indexOf(keys) + 1, 0, keys.splice(CHUNK_KEYS));
    }
  }

  #locate(reached: (key: string) => boolean): { chunk: number; offset: number } {
    const chunk = firstIndex(this.#chunks.length, (index) => reached(this.#chunks[index]?.at(-1) ?? ''));
    const keys = this.#chunks[chunk] ?? [];
    return { chunk, offset: firstIndex(keys.length, (index) => reached(keys[index] ?? '')) };
  }
}

/** Binary search: the first index for which `holds` answers true, or `length`. */
function firstIndex(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
