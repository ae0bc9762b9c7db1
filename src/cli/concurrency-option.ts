import { RunbookError } from '../errors.ts';

/** @returns null where it was left out @throws RunbookError INVALID_OPTION */
export function parseConcurrency(text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (value >= 1) return value;
  throw new RunbookError('INVALID_OPTION', `--concurrency '${text}' is not a number of requests.`, {
    hint: 'give a whole number from 1, or leave it out for 64',
  });
}
