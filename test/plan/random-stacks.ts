import fc from 'fast-check';
import { DAY, type Entry, type Stack } from './stacks.ts';

/** Random stacks as S3 makes them: writes and deletes, with versioning on or suspended, and versions purged later. */

/** Seconds from P: its edges, those of the multipart window and of the noncurrent expiry, and so few that ties abound. */
const SECONDS = [
  -40 * DAY,
  -2 * DAY,
  -DAY - 1,
  -DAY,
  -3600,
  -1,
  0,
  1,
  2,
  3600,
  DAY - 1,
  DAY,
  DAY + 1,
  40 * DAY,
] as const;

const second = fc.constantFrom(...SECONDS);

const event = fc.record({
  isMarker: fc.boolean(),
  at: second,
  isSuspended: fc.boolean(),
  /** a multipart upload carries the time at which it began */
  began: fc.option(second, { freq: 3 }),
  size: fc.constantFrom(0, 10, 10, 5_368_709_120, 5_368_709_121),
  storageClass: fc.constantFrom(
    'STANDARD',
    'STANDARD',
    'STANDARD',
    '',
    'GLACIER',
    'DEEP_ARCHIVE',
    'GLACIER_IR',
  ),
  accessTier: fc.constantFrom('', '', '', 'FREQUENT', 'ARCHIVE', 'DEEP_ARCHIVE'),
  isCustomerKey: fc.nat(9).map((number) => number === 0),
  isPurged: fc.nat(7).map((number) => number === 0),
});
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

const history = fc.record({
  events: fc.array(event, { minLength: 1, maxLength: 7 }),
  suspensions: fc.boolean(),
  /** a replica keeps the times of its source, in whatever order they arrive */
  isReplica: fc.nat(4).map((number) => number === 0),
});

/**
 * @param isOrderCarried whether the inventory carries S3's own order. Where it does not, the times are all that orders
 * the noncurrent entries, so that they have to tell the truth, but for ties.
 */
export function randomStack(isOrderCarried: boolean): fc.Arbitrary<Stack> {
  return history.map(({ events, suspensions, isReplica }) => {
    const times = isReplica && isOrderCarried ? events : events.toSorted((left, right) => left.at - right.at);
    const stack = times.reduce<Entry[]>((below, one, index) => write(below, one, index, suspensions), []);
    const [current, ...noncurrent] = stack.filter((_, index) => index === 0 || !events[index]?.isPurged);
    if (current === undefined) return [];
    if (!isOrderCarried) noncurrent.sort((left, right) => right.at - left.at);
    return [{ ...current, isLatest: true }, ...noncurrent];
  });
}

/** What one write makes of a stack, newest first. */
function write(below: readonly Entry[], one: Event, index: number, suspensions: boolean): Entry[] {
  const isNull = suspensions && one.isSuspended;
  const isMultipart = !one.isMarker && one.began !== null;
  const entry: Entry = {
    isMarker: one.isMarker,
    versionId: isNull ? 'null' : `v${index}`,
    at: isMultipart ? Math.min(one.at, one.began ?? one.at) : one.at,
    isLatest: false,
    size: one.size,
    storageClass: one.storageClass,
    isMultipart,
    isCustomerKey: one.isCustomerKey,
    accessTier: one.accessTier,
  };
  // With versioning suspended, a write replaces the null version.
  return [entry, ...below.filter((other) => !isNull || other.versionId !== 'null')];
}
