import { S3CallError } from '../../s3/call-error.ts';
import type { ObjectCalls } from '../../s3/object-calls.ts';
import { readPatiently, type Sleep } from '../backoff.ts';
import type { Journal } from '../journal.ts';
import { acquireLease, LeaseLostError } from './lease.ts';

const JOURNAL_OBJECT = /\/(\d{7})\.csv$/;

const FENCE = '\n';

export type LeasedJournal = Journal & {
  /** Lets the next invocation in at once. Never throws: a lease that stays expires. */
  release(): Promise<void>;
};

type Place = { bucket: string; prefix: string };
type Calls = Pick<ObjectCalls, 'readObject' | 'writeObject' | 'listKeys' | 'serverTime'>;

/**
 * The journal of a split on S3, where nothing can be appended to: every append is an object of its own, numbered, and
 * written only where that number is free. An invocation holds a lease while it writes. One that has lost it without
 * knowing is stopped by its next append: whoever took over has written the number that it would take next, and the
 * announcement of a request is on S3 before the request is sent (src/execute/journal.ts, rule 1).
 * @param holdMs how long the holder can live, from now
 * @throws LeaseHeldError; S3CallError
 */
export async function leaseJournal(
  calls: Calls,
  place: Place,
  holdMs: number,
  pause: Sleep,
): Promise<LeasedJournal> {
  const { bucket, prefix } = place;
  const lease = await acquireLease(calls, { bucket, key: `${prefix}lease` }, holdMs, pause);
  const keys = await readPatiently(() => collect(calls.listKeys(bucket, prefix)), pause);
  const numbers = keys.map((key) => JOURNAL_OBJECT.exec(key)?.[1]).filter((text) => text !== undefined);
  let next = Math.max(-1, ...numbers.map(Number)) + 1;

  const append = async (text: string): Promise<void> => {
    const key = `${prefix}${String(next).padStart(7, '0')}.csv`;
    next += 1;
    await writeNew(calls, { bucket, key, body: text }, pause);
  };
  // An empty line says nothing and takes the number.
  if (lease.wasTakenOver) await append(FENCE);
  return {
    read: () => readJournalObjects(calls, bucket, keys, pause),
    append,
    // The journal's own end line says it: there is nothing to rename.
    close: async () => {},
    release: lease.release,
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
    if (body === FENCE || found.bytes.toString('utf8') !== body) throw new LeaseLostError(key);
  }
}

async function collect(keys: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const key of keys) all.push(key);
  return all;
}
