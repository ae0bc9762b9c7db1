/**
 * The sandbox's time. It follows the system clock until a test sets it; from then on it stands still and moves only
 * when told to, so that a test decides which entries share a second.
 */
export class SandboxClock {
  #setTo: number | undefined;

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#setTo ?? Date.now();
  }

  /** The whole second of now, in milliseconds: S3 keeps no fraction of a second. */
  second(): number {
    return wholeSecond(this.now());
  }

  /** Stops the clock at an instant. */
  set(instant: Date | string | number): void {
    this.#setTo = parseInstant(instant);
  }

  /** Moves the clock by some seconds, from where it stands. */
  advance(seconds: number): void {
    this.#setTo = this.now() + seconds * 1000;
  }

  /** Follows the system clock again. */
  release(): void {
    this.#setTo = undefined;
  }
}

/** @throws TypeError for a text or date that names no instant */
export function parseInstant(instant: Date | string | number): number {
  const time = typeof instant === 'number' ? instant : new Date(instant).getTime();
  if (Number.isNaN(time)) throw new TypeError(`${String(instant)} is not an instant`);
  return time;
}

export function wholeSecond(milliseconds: number): number {
  return Math.floor(milliseconds / 1000) * 1000;
}
