import { RunbookError } from '../../errors.ts';
import { compareKeys } from '../../s3/key-order.ts';
import type { Marker } from './page.ts';

/** Follows the markers of a listing from page to page, and finds out when they lead in a circle. */
export class MarkerTrail {
  /** a marker seen earlier, against which the following ones are held */
  #milestone: Marker | null = null;
  #pagesSinceMilestone = 0;
  #milestoneDistance = 1;

  /**
   * Goes on to the next page.
   * @param before the marker of the page that named the next one
   * @throws RunbookError LISTING_STUCK when the store sends the listing in a circle
   */
  follow(next: Marker, before: Marker | null): void {
    if (before !== null && compareKeys(next.key, before.key) < 0) throw stuck(next, 'goes back to');
    if (isSameMarker(next, before) || isSameMarker(next, this.#milestone)) throw stuck(next, 'repeats');
    // Brent's way to find a circle of any length while keeping one marker only.
    this.#pagesSinceMilestone += 1;
    if (this.#pagesSinceMilestone === this.#milestoneDistance) {
      this.#milestone = next;
      this.#milestoneDistance *= 2;
      this.#pagesSinceMilestone = 0;
    }
  }
}

function isSameMarker(left: Marker, right: Marker | null): boolean {
  return right !== null && left.key === right.key && left.versionId === right.versionId;
}

function stuck(marker: Marker, what: string): RunbookError {
  const version = marker.versionId === null ? '' : `, version ${marker.versionId}`;
  return new RunbookError(
    'LISTING_STUCK',
    `The listing ${what} the marker '${marker.key}'${version}; it would never end.`,
    { hint: 'this is a fault of the store: list around the key with --prefix, or take its own inventory' },
  );
}
