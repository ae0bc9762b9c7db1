import pRetry from 'p-retry';
import { Pace } from '../../pace.ts';
import { RetryableError } from '../../s3/retryable.ts';

/** With pauses that double from 0.1 s to 20 s and jitter on top, a request is given up after two to four minutes. */
export const DEFAULT_RETRIES = 13;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 20_000;

/** Sends the requests of a listing at the store's pace, each again while its failure may pass, and counts them. */
export class RequestPace {
  readonly #pace: Pace;
  readonly #retries: number;
  readonly #signal: AbortSignal;
  requests = 0;
  failedRequests = 0;

  constructor(options: { concurrency: number; retries: number; signal: AbortSignal }) {
    this.#retries = options.retries;
    this.#signal = options.signal;
    this.#pace = new Pace({
      start: options.concurrency,
      maximum: options.concurrency,
      asksToSlowDown: (error) => error instanceof RetryableError && error.slowDown,
    });
  }

  /** How many requests may be under way now. */
  get limit(): number {
    return this.#pace.limit;
  }

  /**
   * Sends a request, again if it fails in a way that may pass.
   * @throws RunbookError when it cannot succeed, or did not for minutes; the signal's reason when aborted
   */
  async send<Answer>(request: () => Promise<Answer>): Promise<Answer> {
    try {
      return await pRetry(() => this.#pace.run(() => this.#attempt(request)), {
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
    this.requests += 1;
    try {
      return await request();
    } catch (error) {
      this.failedRequests += 1;
      throw error;
    }
  }
}
