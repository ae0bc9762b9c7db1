import { formatCsvLine, parseCsvLine } from '../../s3/csv.ts';

/** Clocks of S3's hosts agree to within this, and a request of a holder that was killed is over by then. */
export const SLACK_MS = 5_000;

/** Another invocation works on the split, or may still. */
export class LeaseHeldError extends Error {
  constructor() {
    super('another invocation holds the lease');
    this.name = 'LeaseHeldError';
  }
}

/** Another invocation has begun or taken over while this one was at work. */
export class LeaseLostError extends Error {
  constructor(key: string) {
    super(`another invocation wrote ${key}`);
    this.name = 'LeaseLostError';
  }
}

/**
 * The line that takes the lease: who holds it, and until when that holder can live, by the store's clock.
 * @param holder tells a write of one's own, whose answer was lost, from another's
 */
export function formatHold(holder: string, until: Date): string {
  return `${formatCsvLine(['hold', holder, until.toISOString()])}\n`;
}

/** The line that gives the lease back with rows left open. */
export function formatFree(): string {
  return `${formatCsvLine(['free'])}\n`;
}

/** @returns until when a journal is held; null where its last holder gave it back, or came to the end */
export function heldUntil(journal: string): Date | null {
  for (const line of journal.split('\n').reverse()) {
    const [kind, , until = ''] = parseCsvLine(line) ?? [];
    if (kind === 'end' || kind === 'free') return null;
    if (kind === 'hold') return new Date(until);
  }
  return null;
}
