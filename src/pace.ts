import pLimit, { type LimitFunction } from 'p-limit';

/**
 * Sends requests, so many at a time as the store bears: additive increase, multiplicative decrease, as TCP does it
 * (RFC 5681). A limit's worth of successes allows one request more, a request to slow down halves the limit. S3 scales a
 * prefix gradually and answers 503 SlowDown meanwhile ("Best practices design patterns: optimizing Amazon S3
 * performance").
 */
export class Pace {
  readonly #limit: LimitFunction;
  readonly #maximum: number;
  readonly #asksToSlowDown: (error: unknown) => boolean;
  #cuts = 0;
  #successes = 0;

  /**
   * @param options `start` and `maximum`: requests at a time; `asksToSlowDown`: whether an error is the store's wish
   *   for fewer requests
   */
  constructor(options: {
    start: number;
    maximum: number;
    asksToSlowDown: (error: unknown) => boolean;
  }) {
    this.#maximum = options.maximum;
    this.#asksToSlowDown = options.asksToSlowDown;
    this.#limit = pLimit(Math.min(options.start, options.maximum));
  }

  /** How many requests may be under way now. */
  get limit(): number {
    return this.#limit.concurrency;
  }

  /** Sends a request when there is room for it. @throws what it throws */
  async run<Answer>(request: () => Promise<Answer>): Promise<Answer> {
    return await this.#limit(() => this.#watch(request));
  }

  async #watch<Answer>(request: () => Promise<Answer>): Promise<Answer> {
    const cutsBefore = this.#cuts;
    try {
      const answer = await request();
      this.#succeeded();
      return answer;
    } catch (error) {
      // Requests that were under way together are refused together: that is one request to slow down, not thirty.
      if (cutsBefore === this.#cuts && this.#asksToSlowDown(error)) this.#cut();
      throw error;
    }
  }

  #cut(): void {
    this.#cuts += 1;
    this.#successes = 0;
    this.#limit.concurrency = Math.max(1, Math.floor(this.#limit.concurrency / 2));
  }

  #succeeded(): void {
    this.#successes += 1;
    if (this.#successes < this.#limit.concurrency || this.#limit.concurrency >= this.#maximum) return;
    this.#successes = 0;
    this.#limit.concurrency += 1;
  }
}
