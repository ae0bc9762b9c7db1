import type { FaultEffect } from './faults.ts';

const LOGGED_REQUESTS = 10_000;

export type LoggedRequest = {
  readonly operation: string;
  readonly method: string;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  readonly versionId: string | undefined;
  readonly accessKeyId: string | undefined;
  /** 0: the connection was broken off. */
  readonly status: number;
  /** Faults that struck it. */
  readonly faults: readonly FaultEffect[];
};

/** Counts every request by operation and keeps the last ten thousand. */
export class RequestLog {
  readonly #counts = new Map<string, number>();
  #entries: LoggedRequest[] = [];
  /** Told of every request, for who watches. */
  onRequest: ((entry: LoggedRequest) => void) | undefined;

  add(entry: LoggedRequest): void {
    this.#counts.set(entry.operation, this.count(entry.operation) + 1);
    this.#entries.push(entry);
    this.onRequest?.(entry);
    // Cut in halves, not one by one: a shift for each request would move the whole log.
    if (this.#entries.length >= 2 * LOGGED_REQUESTS) this.#entries = this.#entries.slice(-LOGGED_REQUESTS);
  }

  /** How many requests for an operation were answered or broken off; without a name, how many in all. */
  count(operation?: string): number {
    if (operation !== undefined) return this.#counts.get(operation) ?? 0;
    return [...this.#counts.values()].reduce((total, count) => total + count, 0);
  }

  counts(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }

  entries(): readonly LoggedRequest[] {
    return this.#entries.slice(-LOGGED_REQUESTS);
  }

  reset(): void {
    this.#counts.clear();
    this.#entries = [];
  }
}
