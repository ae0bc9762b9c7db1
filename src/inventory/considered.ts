import type { RunbookError } from '../errors.ts';

/** A source of version entries that was looked at, and why a plan is made from it or not. */
export type ConsideredSource = {
  source: 's3-metadata' | 's3-inventory' | 'listing';
  /** which one, where there can be several: the ID of a configuration */
  name: string | null;
  chosen: boolean;
  reason: string;
};

/** A failure as the reason of not using a source; the next step is part of it. */
export function reasonOf(error: RunbookError): string {
  return `${error.message.replace(/\.$/, '')} (${error.hint})`;
}
