import { S3CallError } from '../../s3/call-error.ts';
import type { ObjectCalls } from '../../s3/object-calls.ts';
import { readPatiently, type Sleep } from '../backoff.ts';
import type { Journal } from '../journal.ts';
import { formatFree, formatHold, heldUntil, LeaseHeldError, LeaseLostError, SLACK_MS } from './lease.ts';

const JOURNAL_OBJECT = /\/(\d{7})\.csv$/;

export type LeasedJournal = Journal & {
  /** Lets the next invocation in at once. Never throws: a lease that stays expires. */
  release(): Promise<void>;
};

type Place = { bucket: string; prefix: string };
type Calls = Pick<ObjectCalls, 'readObject' | 'writeObject' | 'listKeys' | 'serverTime'>;

/**
 * The journal of a split on S3, where nothing can be appended to: every append is an object of its own, numbered, and
 * written only where that number is free.
 *
 * The lease is in the journal itself, as every request to S3 is paid for each split: the first object that an
 * invocation writes says until when it can live. Why two cannot act on one split:
 * 1. Where another one holds the lease, this one does not begin.
 * 2. Where nobody does, several may begin side by side and look at the keys. Each would write the same number next, with
 *    its announcement in it, and only one can. The others are stopped before they have sent anything that changes a key,
 *    since the announcement is on S3 before its request is sent (src/execute/journal.ts, rule 1).
 * 3. A holder that was taken for dead and is not has lost its next number to the one that took over, or has announced
 *    something first, and then that one is stopped by it.
 * The end of the journal gives the lease back; so does `release` where rows are left open.
 * @param holdMs how long the holder can live, from now
 * @throws LeaseHeldError; from `append` LeaseLostError; S3CallError
 */
export async function leaseJournal(
  calls: Calls,
  place: Place,
  holdMs: number,
  pause: Sleep,
): Promise<LeasedJournal> {
  const { bucket, prefix } = place;
  const keys = await readPatiently(() => collect(calls.listKeys(bucket, prefix)), pause);
  const text = await readJournalObjects(calls, bucket, keys, pause);
  // The answers have set the store's clock.
  const now = calls.serverTime().getTime();
  const heldTo = heldUntil(text);
  if (heldTo !== null && heldTo.getTime() > now) throw new LeaseHeldError();
  const hold = formatHold(crypto.randomUUID(), new Date(now + holdMs + SLACK_MS));
  const numbers = keys.map((key) => JOURNAL_OBJECT.exec(key)?.[1]).filter((digits) => digits !== undefined);
  let next = Math.max(-1, ...numbers.map(Number)) + 1;
  let state: 'unwritten' | 'held' | 'ended' | 'unknown' = 'unwritten';

  const append = async (lines: string): Promise<void> => {
    const key = `${prefix}${String(next).padStart(7, '0')}.csv`;
    // A write that failed may still arrive: nothing is to be written behind it.
    if (state === 'unknown') throw new LeaseLostError(key);
    const body = state === 'unwritten' ? `${hold}${lines}` : lines;
    next += 1;
    state = 'unknown';
    await writeNew(calls, { bucket, key, body }, pause);
    state = 'held';
  };
  return {
    read: async () => text,
    append,
    // The journal's own end line says it: there is nothing to rename.
    close: async () => {
      state = 'ended';
    },
    release: async () => {
      if (state === 'held') await append(formatFree()).catch(() => {});
    },
  };
}

/** The text of a journal: its objects in the order of their numbers. */
export async function readJournalObjects(
  calls: Pick<ObjectCalls, 'readObject'>,
  bucket: string,
  keys: readonly string[],
  pause: Sleep,
): Promise<string> {
  const own = keys.filter((key) => JOURNAL_OBJECT.test(key)).toSorted();
  const parts = await Promise.all(
    own.map((key) => readPatiently(() => calls.readObject({ bucket, key }), pause)),
  );
  return parts.map(({ bytes }) => bytes.toString('utf8')).join('');
}

/**
 * Writes an object that must not be there yet. A write whose answer was lost may have arrived, so one that is found
 * there with the very content counts as ours.
 */
async function writeNew(
  calls: Calls,
  object: { bucket: string; key: string; body: string },
  pause: Sleep,
): Promise<void> {
  const { bucket, key, body } = object;
  try {
    await readPatiently(() => calls.writeObject({ ...object, condition: { ifNoneMatch: '*' } }), pause);
  } catch (error) {
    if (!(error instanceof S3CallError) || error.failure !== 'precondition') throw error;
    const found = await readPatiently(() => calls.readObject({ bucket, key }), pause);
    if (found.bytes.toString('utf8') !== body) throw new LeaseLostError(key);
  }
}

async function collect(keys: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const key of keys) all.push(key);
  return all;
}
