import { readPatiently, type Sleep } from '../execute/backoff.ts';
import { forEachConcurrently } from '../execute/concurrently.ts';
import type { S3Calls } from '../execute/s3-calls.ts';
import type { ObjectCalls } from '../s3/object-calls.ts';
import type { Scenario } from '../s3/rollback.ts';

/**
 * The incident of a drill: objects as they were, then a deploy that overwrites, deletes and adds. What the rollback
 * has to plan, and what the bucket has to hold before and after, is known from here and not from any plan.
 */
export type Incident = {
  /** Key → text, before and after the incident; a key that is not there is deleted, or not there yet. */
  good: ReadonlyMap<string, string>;
  bad: ReadonlyMap<string, string>;
  /** Keys that each scenario of the plan has to hold. */
  expected: Readonly<Partial<Record<Scenario, number>>>;
};

/** The calls that the incident is played and looked at with. */
export type IncidentCalls = Pick<ObjectCalls, 'writeObject' | 'readObject' | 'listKeys'> &
  Pick<S3Calls, 'addMarkers'>;

const IN_FLIGHT = 32;
const MARKERS_AT_A_TIME = 1000;
/** A part of every key: what has to survive manifests, listings and copies. */
const AWKWARD = 'a b+c%20&ü/';
/** Of ten objects: the first four are overwritten, the next two deleted, the next overwritten and deleted. */
const OVERWRITTEN = 4;
const DELETED = 6;
const OVERWRITTEN_AND_DELETED = 7;
const CYCLE = 10;
const NEW_EVERY = 5;

/** @param objects how many there are before the incident */
export function planIncident(prefix: string, objects: number): Incident {
  const good = new Map<string, string>();
  const bad = new Map<string, string>();
  const counts = { added: 0, deleted: 0, overwritten: 0 };
  for (let i = 0; i < objects; i += 1) {
    const name = String(i).padStart(6, '0');
    const key = `${prefix}${AWKWARD}object-${name}`;
    const place = i % CYCLE;
    good.set(key, `${name} as it was\n`);
    if (place < OVERWRITTEN) bad.set(key, badText(name));
    else if (place >= OVERWRITTEN_AND_DELETED) bad.set(key, `${name} as it was\n`);
    if (place < OVERWRITTEN || place === OVERWRITTEN_AND_DELETED - 1) counts.overwritten += 1;
    else if (place < DELETED) counts.deleted += 1;
    if (i % NEW_EVERY > 0) continue;
    bad.set(`${prefix}${AWKWARD}new-${name}`, badText(name));
    counts.added += 1;
  }
  return {
    good,
    bad,
    expected: { 1: counts.added, 2: counts.deleted, '3b': counts.overwritten },
  };
}

function badText(name: string): string {
  return `${name} after a bad deploy\n`;
}

/** Puts the objects as they were. */
export async function putGoodState(
  calls: IncidentCalls,
  bucket: string,
  { good }: Incident,
  pause: Sleep,
): Promise<void> {
  await putAll(calls, bucket, [...good], pause);
}

/** Plays the bad deploy. */
export async function playIncident(
  calls: IncidentCalls,
  bucket: string,
  { good, bad }: Incident,
  pause: Sleep,
): Promise<void> {
  await putAll(
    calls,
    bucket,
    [...bad].filter(([key, text]) => good.get(key) !== text),
    pause,
  );
  const deleted = [...good.keys()].filter((key) => !bad.has(key));
  // Some were overwritten before they were deleted: one step more between the good version and now.
  const both = deleted.filter((key) => Number(key.slice(-6)) % CYCLE === OVERWRITTEN_AND_DELETED - 1);
  await putAll(
    calls,
    bucket,
    both.map((key) => [key, badText(key.slice(-6))]),
    pause,
  );
  for (let start = 0; start < deleted.length; start += MARKERS_AT_A_TIME) {
    const keys = deleted.slice(start, start + MARKERS_AT_A_TIME);
    const answers = await readPatiently(
      () =>
        calls.addMarkers(
          bucket,
          keys.map((key) => ({ key, ifMatch: null })),
        ),
      pause,
    );
    const failure = answers.find((answer) => answer.failure !== null)?.failure;
    if (failure) throw failure;
  }
}

/** @returns how many keys under the prefix are not as they have to be, and one of them */
export async function compareState(
  calls: IncidentCalls,
  { bucket, prefix }: { bucket: string; prefix: string },
  expected: ReadonlyMap<string, string>,
  pause: Sleep,
): Promise<{ differences: number; example: string | null }> {
  const left = new Map(expected);
  const wrong: string[] = [];
  const found: string[] = [];
  for await (const key of calls.listKeys(bucket, prefix)) found.push(key);
  await forEachConcurrently(found, IN_FLIGHT, async (key) => {
    const { bytes } = await readPatiently(() => calls.readObject({ bucket, key }), pause);
    if (left.get(key) !== bytes.toString('utf8')) wrong.push(key);
    left.delete(key);
  });
  wrong.push(...left.keys());
  return { differences: wrong.length, example: wrong[0] ?? null };
}

/** A put that is repeated makes one version more of the same text, which changes nothing for the plan. */
async function putAll(
  calls: IncidentCalls,
  bucket: string,
  objects: readonly (readonly [key: string, text: string])[],
  pause: Sleep,
): Promise<void> {
  await forEachConcurrently(objects, IN_FLIGHT, async ([key, body]) => {
    await readPatiently(() => calls.writeObject({ bucket, key, body, condition: null }), pause);
  });
}
