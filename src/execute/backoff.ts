import { setTimeout as wait } from 'node:timers/promises';
import { S3CallError } from '../s3/call-error.ts';

const BASE_DELAY_MS = 100;
const MAX_DELAY_MS = 20_000;
/** Requests that only read are sent again on the spot; what they failed with says nothing of the bucket. */
const READ_ATTEMPTS = 5;

export type Sleep = (milliseconds: number) => Promise<unknown>;

export const sleep: Sleep = (milliseconds) => wait(milliseconds);

/** Full jitter: any delay up to a bound that doubles, so that clients that were throttled together part. */
export function backoffDelay(attempt: number): number {
  return Math.random() * Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** attempt);
}

/** Whether the same request may succeed a little later. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof S3CallError)) return false;
  return error.failure === 'throttled' || error.failure === 'transient' || error.failure === 'network';
}

/** Whether S3 turned the request down, so that nothing was done for sure. */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof S3CallError)) return false;
  return error.failure === 'precondition' || error.failure === 'not-found' || error.failure === 'unsupported';
}

/** Whether no other request of this run can succeed either. */
export function isHopeless(error: unknown): boolean {
  if (!(error instanceof S3CallError)) return false;
  return error.failure === 'credentials' || error.failure === 'no-bucket' || error.failure === 'wrong-region';
}

/** Sends a request that changes nothing until it gets an answer, or has been tried often enough. */
export async function readPatiently<T>(request: () => Promise<T>, pause: Sleep): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await request();
    } catch (error) {
      if (!isPassing(error) || attempt >= READ_ATTEMPTS) throw error;
      await pause(backoffDelay(attempt));
    }
  }
}
