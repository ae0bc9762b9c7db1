import { S3CallError } from '../../s3/call-error.ts';
import type { ObjectCalls } from '../../s3/object-calls.ts';
import { readPatiently, type Sleep } from '../backoff.ts';

/** Clocks of S3's hosts agree to within this, and a request of a holder that was killed is over by then. */
const SLACK_MS = 5_000;

/** Another invocation works on the split, or may still. */
export class LeaseHeldError extends Error {
  constructor() {
    super('another invocation holds the lease');
    this.name = 'LeaseHeldError';
  }
}

/** Another invocation has taken over while this one was at work. */
export class LeaseLostError extends Error {
  constructor(key: string) {
    super(`another invocation wrote ${key}`);
    this.name = 'LeaseLostError';
  }
}

type Lease = {
  /** whether an earlier holder left without releasing it */
  wasTakenOver: boolean;
  release(): Promise<void>;
};

/** What the lease object says: until when its holder can live, by the store's clock; null: it was released. */
type LeaseContent = { holder: string; until: string | null };

/**
 * Takes the lease of a split: an object that only one can write first. It is taken over when it was released, or when
 * its holder cannot be alive any more: an invocation that was killed does not release it.
 * @throws LeaseHeldError; S3CallError
 */
export async function acquireLease(
  calls: Pick<ObjectCalls, 'readObject' | 'writeObject' | 'serverTime'>,
  place: { bucket: string; key: string },
  holdMs: number,
  pause: Sleep,
): Promise<Lease> {
  // Tells a write of one's own, whose answer was lost, from another's.
  const holder = crypto.randomUUID();
  const content = (until: Date | null) => JSON.stringify({ holder, until: until?.toISOString() ?? null });
  const write = (condition: { ifNoneMatch: '*' } | { ifMatch: string }, until: Date | null) =>
    readPatiently(() => calls.writeObject({ ...place, body: content(until), condition }), pause);
  const until = () => new Date(calls.serverTime().getTime() + holdMs + SLACK_MS);
  const release = (eTag: string) => async () => {
    await write({ ifMatch: eTag }, null).catch(() => {});
  };

  // A first look sets the clock as well, which an answer has to set before it can be told.
  const found = await readLease(calls, place, pause);
  const condition = found === null ? ({ ifNoneMatch: '*' } as const) : { ifMatch: found.eTag };
  if (found?.until && found.until.getTime() > calls.serverTime().getTime()) throw new LeaseHeldError();
  try {
    const { eTag } = await write(condition, until());
    return { wasTakenOver: found !== null && found.until !== null, release: release(eTag) };
  } catch (error) {
    if (!(error instanceof S3CallError) || !['precondition', 'not-found'].includes(error.failure))
      throw error;
    const now = await readLease(calls, place, pause);
    if (now?.holder !== holder) throw new LeaseHeldError();
    return { wasTakenOver: true, release: release(now.eTag) };
  }
}

async function readLease(
  calls: Pick<ObjectCalls, 'readObject'>,
  place: { bucket: string; key: string },
  pause: Sleep,
): Promise<{ holder: string; until: Date | null; eTag: string } | null> {
  try {
    const { bytes, eTag } = await readPatiently(() => calls.readObject(place), pause);
    const { holder, until } = JSON.parse(bytes.toString('utf8')) as LeaseContent;
    return { holder, until: until === null ? null : new Date(until), eTag };
  } catch (error) {
    if (error instanceof S3CallError && error.failure === 'not-found') return null;
    throw error;
  }
}
