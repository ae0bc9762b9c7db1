import { withRetries } from './retries.ts';
import { type ServiceSubject, toServiceFailure } from './service-failure.ts';

const RETRIES = 6;
const FIRST_PAUSE_MS = 200;

/** Sends a request of one service. */
export type ServiceSend = <T>(action: string, resource: string, request: () => Promise<T>) => Promise<T>;

/**
 * Sends a request to a service other than S3, again where its failure may pass. What is sent has to be safe to repeat.
 * @throws RunbookError what the failure means, with the next step
 */
export async function serviceSend<T>(subject: ServiceSubject, request: () => Promise<T>): Promise<T> {
  const attempt = async () => {
    try {
      return await request();
    } catch (error) {
      throw toServiceFailure(error, subject);
    }
  };
  return await withRetries(attempt, { retries: RETRIES, firstPauseMs: FIRST_PAUSE_MS });
}
