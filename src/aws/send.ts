import { type RequestSubject, toS3Failure } from './failure.ts';
import { withRetries } from './retries.ts';

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
  const attempt = async () => {
    try {
      return await send();
    } catch (error) {
      throw toS3Failure(error, subject);
    }
  };
  return await withRetries(attempt, { retries: RETRIES, firstPauseMs: FIRST_PAUSE_MS });
}
