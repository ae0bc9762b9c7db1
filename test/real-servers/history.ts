import type { SeededRandom } from '../../sandbox/random.ts';
import type { Mode } from '../../src/s3/rollback.ts';

/** What a copy has to keep of an object version, as far as the stories look at it. */
export type Version = {
  body: string;
  contentType: string;
  metadata: Record<string, string>;
  tags: Record<string, string>;
  /** an HTTP date, in one story alone */
  expires: string | null;
};

/** One write to a key; null is a delete. */
export type Write = { key: string; version: Version | null };

/** Writes to a bucket in order: before it had versioning, then up to the point in time, then after it. */
export type History = { unversioned: Write[]; before: Write[]; after: Write[] };

/** What readers see: the current version of each key that has one. */
export type State = Map<string, Version>;

/** The state that the writes lead to, whatever markers a server adds for deletes of what is deleted already. */
export function foldWrites(writes: readonly Write[]): State {
  const state: State = new Map();
  for (const { key, version } of writes) {
    if (version === null) state.delete(key);
    else state.set(key, version);
  }
  return state;
}

/** What a mode promises of a history, worked out from the writes alone. */
export function promisedState({ unversioned, before, after }: History, mode: Mode): State {
  const old = [...unversioned, ...before];
  if (mode !== 'delete-marker-removal') return foldWrites(old);
  // The deletes on top go, as far as they came after the point in time.
  const open = new Set([...old, ...after].map(({ key }) => key));
  const kept = after.toReversed().filter(({ key, version }) => {
    if (version !== null) open.delete(key);
    return version !== null || !open.has(key);
  });
  return foldWrites([...old, ...kept.toReversed()]);
}

export function version(body: string, fields: Partial<Version> = {}): Version {
  return { body, contentType: 'text/plain', metadata: {}, tags: {}, expires: null, ...fields };
}

/** Up to four writes to each key on either side of the point in time, and null versions at the bottom of some. */
export function randomHistory(keys: readonly string[], random: SeededRandom): History {
  let count = 0;
  const anyWrite = (key: string): Write => {
    count += 1;
    if (random.fraction() < 0.45) return { key, version: null };
    const own = String(count);
    const fields = {
      contentType: random.fraction() < 0.5 ? 'text/plain' : 'application/json',
      metadata: random.fraction() < 0.3 ? { written: own } : {},
      tags: random.fraction() < 0.3 ? { team: `t${own}`, 'a b': '+/=' } : {},
    };
    return { key, version: version(`${key} ${own}`, fields) };
  };
  const writes = () =>
    keys.flatMap((key) => Array.from({ length: Math.floor(random.fraction() * 5) }, () => anyWrite(key)));
  const unversioned = keys.filter(() => random.fraction() < 0.2);
  return {
    unversioned: unversioned.map((key) => ({ key, version: version(`${key} null`) })),
    before: writes(),
    after: writes(),
  };
}

/** Key of the bad deploy that has an Expires header, which a copy has to keep. */
export const EXPIRING_KEY = 'site/config/cache.json';

/** A site of 240 files, a deploy that empties, breaks and litters it, and someone who tries to mend it by hand. */
export function badDeploy(): History {
  const path = (index: number) => `site/assets/${String(index).padStart(4, '0')}.css`;
  const files = Array.from({ length: 240 }, (_, index) => path(index));
  const write = (key: string, body: string): Write => ({
    key,
    version: version(body, { contentType: 'text/css', metadata: { build: body } }),
  });
  const remove = (key: string): Write => ({ key, version: null });
  const expires = version('{"ttl":60}', {
    contentType: 'application/json',
    expires: 'Thu, 01 Jan 2099 00:00:00 GMT',
  });
  return {
    unversioned: [],
    before: [
      ...files.map((key) => write(key, 'build-41')),
      ...files.slice(0, 20).map((key) => write(key, 'build-42')),
      ...files.slice(230).map(remove),
      { key: EXPIRING_KEY, version: expires },
    ],
    after: [
      ...files.slice(0, 90).map(remove),
      ...files.slice(90, 150).map((key) => write(key, '')),
      ...files.slice(0, 40).map((_, index) => write(`${path(index)}.tmp`, 'left over')),
      ...files.slice(225, 235).map((key) => write(key, 'build-43')),
      { key: EXPIRING_KEY, version: version('{}', { contentType: 'application/json' }) },
      ...files.slice(0, 5).map((key) => write(key, 'by hand')),
      ...files.slice(3, 8).map(remove),
    ],
  };
}
