import type { RunbookError } from '../errors.ts';

/** A failed request that may succeed when it is sent again. */
export class RetryableError extends Error {
  /** The store asks for fewer requests: 503 SlowDown, 429 and their like. */
  readonly slowDown: boolean;
  /** What to tell the user once every attempt has failed. */
  readonly refusal: RunbookError;

  constructor(refusal: RunbookError, options: { slowDown: boolean }) {
    super(refusal.message, { cause: refusal.cause });
    this.name = 'RetryableError';
    this.slowDown = options.slowDown;
    this.refusal = refusal;
  }
}
