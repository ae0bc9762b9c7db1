import PQueue from 'p-queue';
import pRetry from 'p-retry';
import { RetryableError } from '../../s3/retryable.ts';

/** With pauses that double from 0.1 s to 20 s and jitter on top, a request is given up after two to four minutes. */
export const DEFAULT_RETRIES = 13;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 20_000;

/**
 * Sends requests, so many at a time as the store bears: a request to slow down halves the number, every round of
 * successes adds one ("Best practices design patterns: optimizing Amazon S3 performance" asks for back-off on 503 and
 * for a rate that adapts).
 */
export class RequestPace {
  readonly #queue: PQueue;
  readonly #maximum: number;
  readonly #retries: number;
  readonly #signal: AbortSignal;
  #cuts = 0;
  #successes = 0;
  requests = 0;
  failedRequests = 0;

  constructor(options: { concurrency: number; retries: number; signal: AbortSignal }) {
    this.#maximum = options.concurrency;
    this.#retries = options.retries;
    this.#signal = options.signal;
    this.#queue = new PQueue({ concurrency: options.concurrency });
  }

  /** How many requests may be under way now. */
  get limit(): number {
    return this.#queue.concurrency;
  }

  /**
   * Sends a request, again if it fails in a way that may pass.
   * @throws RunbookError when it cannot succeed, or did not for minutes; the signal's reason when aborted
   */
  async send<Answer>(request: () => Promise<Answer>): Promise<Answer> {
    try {
      return await pRetry(() => this.#queue.add(() => this.#attempt(request)), {
        retries: this.#retries,
        minTimeout: FIRST_PAUSE_MS,
        maxTimeout: LONGEST_PAUSE_MS,
        randomize: true,
        signal: this.#signal,
        shouldRetry: ({ error }) => error instanceof RetryableError,
      });
    } catch (error) {
      throw error instanceof RetryableError ? error.refusal : error;
    }
  }

  async #attempt<Answer>(request: () => Promise<Answer>): Promise<Answer> {
    this.#signal.throwIfAborted();
    const cutsBefore = this.#cuts;
    this.requests += 1;
    try {
      const answer = await request();
      this.#succeeded();
      return answer;
    } catch (error) {
      this.failedRequests += 1;
      // Requests that were under way together are refused together: that is one request to slow down, not thirty.
      if (error instanceof RetryableError && error.slowDown && cutsBefore === this.#cuts) this.#cut();
      throw error;
    }
  }

  #cut(): void {
    this.#cuts += 1;
    this.#successes = 0;
    this.#queue.concurrency = Math.max(1, Math.floor(this.#queue.concurrency / 2));
  }

  #succeeded(): void {
    this.#successes += 1;
    if (this.#successes < this.#queue.concurrency || this.#queue.concurrency >= this.#maximum) return;
    this.#successes = 0;
    this.#queue.concurrency += 1;
  }
}
