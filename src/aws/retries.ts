import pRetry from 'p-retry';
import { RetryableError } from '../s3/retryable.ts';

/**
 * Tries again what failed with a RetryableError, with growing pauses and jitter.
 * @param firstPauseMs of the pauses, which double
 * @throws what the attempt threw; of a RetryableError, the refusal that it carries
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  { retries, firstPauseMs }: { retries: number; firstPauseMs: number },
): Promise<T> {
  try {
    return await pRetry(attempt, {
      retries,
      minTimeout: firstPauseMs,
      randomize: true,
      shouldRetry: ({ error }) => error instanceof RetryableError,
    });
  } catch (error) {
    throw error instanceof RetryableError ? error.refusal : error;
  }
}
