import type { z } from 'zod';
import { RunbookError } from '../errors.ts';
import type { Reading } from './check.ts';

/** Keeps the refusal of a call as a fact: one answer that cannot be had must not hide the others. */
export async function takeReading<Value>(read: () => Promise<Value>): Promise<Reading<Value>> {
  try {
    return { readable: true, value: await read() };
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    return { readable: false, code: error.code, reason: error.message, next: error.hint };
  }
}

/** The same, where GitHub's 404 means that there is none: null. */
export async function takeReadingOrNull<Value>(read: () => Promise<Value>): Promise<Reading<Value | null>> {
  const reading = await takeReading(read);
  return !reading.readable && reading.code === 'GITHUB_NOT_FOUND' ? { readable: true, value: null } : reading;
}

/**
 * Reads an answer of GitHub. What a decision needs has to be there: it is never taken for off or none.
 * @throws RunbookError GITHUB_FAILED
 */
export function parseAnswer<S extends z.ZodType>(what: string, schema: S, body: unknown): z.output<S> {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new RunbookError(
    'GITHUB_FAILED',
    `${what}: the answer of GitHub lacks ${issue?.path.join('.') || 'what is expected'}.`,
    { hint: 'look at the page of the setting yourself; report this, with the version of the server' },
  );
}
