import pRetry from 'p-retry';
import { RetryableError } from '../s3/retryable.ts';
import { type RequestSubject, toS3Failure } from './failure.ts';

const RETRIES = 4;
const FIRST_PAUSE_MS = 100;

/**
 * Sends a request, again where its failure may pass.
 * @throws RunbookError what the failure means, with the next step
 */
export async function sendWithRetries<Answer>(
  subject: RequestSubject,
  send: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await pRetry(
      async () => {
        try {
          return await send();
        } catch (error) {
          throw toS3Failure(error, subject);
        }
      },
      {
        retries: RETRIES,
        minTimeout: FIRST_PAUSE_MS,
        randomize: true,
        shouldRetry: ({ error }) => error instanceof RetryableError,
      },
    );
  } catch (error) {
    throw error instanceof RetryableError ? error.refusal : error;
  }
}
