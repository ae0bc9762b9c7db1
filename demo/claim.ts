import { paint, print } from './screen.ts';

/** The demo said something that is not so. */
export class BrokenClaim extends Error {}

/**
 * Prints a claim once it was found true.
 * @throws BrokenClaim otherwise: the demo ends there, and fails
 */
export function claim(text: string, holds: boolean): void {
  print(holds ? `${paint('green', '✓')} ${text}` : `${paint('red', '✗')} ${text}`);
  if (!holds) throw new BrokenClaim(`This was to hold, and does not: ${text}`);
}
