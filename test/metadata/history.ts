import fc from 'fast-check';

/**
 * A model of a bucket with S3 Metadata on: it carries out random operations, keeps the true stacks, and writes the
 * records that the journal would hold ("S3 Metadata journal tables schema", Amazon S3 User Guide).
 */

export const KEYS = ['a', "b'1/ü", 'c+%20'] as const;
const START_MS = Date.parse('2026-03-01T00:00:00Z');
const HOUR_MS = 3_600_000;

export type Record = {
  key: string;
  versionId: string;
  sequence: string;
  type: 'CREATE' | 'UPDATE_METADATA' | 'DELETE';
  timeMs: number;
  /** null in the record of a permanent deletion, as everything below */
  isMarker: boolean | null;
  size: number | null;
  lastModifiedMs: number | null;
  storageClass: string | null;
  isMultipart: boolean | null;
  requester: string;
};

export type Entry = {
  versionId: string;
  isMarker: boolean;
  size: number | null;
  lastModifiedMs: number;
  /** when it could be read: the completion of a multipart upload */
  visibleMs: number;
  storageClass: string | null;
  isMultipart: boolean;
  created: string;
  /** sequence number of its newest record */
  touched: string;
  /** when an entry was put on top of it; null while it is current */
  noncurrentMs: number | null;
};

export type Stacks = Map<string, Entry[]>;

/** The bucket right after a record: what each key's stack was, newest first. */
export type Moment = { timeMs: number; stacks: Stacks };

type Upload = { key: string; startMs: number; sequence: number };
export type History = { records: Record[]; moments: Moment[] };

const step = fc.record({
  operation: fc.constantFrom(
    ...([
      'put',
      'put',
      'put',
      'delete',
      'delete',
      'purge',
      'lifecycle',
      'update',
      'begin',
      'complete',
      'complete',
    ] as const),
    ...(['suspend', 'enable'] as const),
  ),
  key: fc.nat({ max: KEYS.length - 1 }),
  pick: fc.nat({ max: 5 }),
  waitMs: fc.constantFrom(0, 1, 400, 1000, 60_000, HOUR_MS, 26 * HOUR_MS, 80 * HOUR_MS),
});

export const bucketHistory = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 25 }),
  /** before versioning was enabled there was a time without */
  startsUnversioned: fc.boolean(),
  /** whether a multipart upload takes its place in the stack when it begins or when it is completed */
  uploadsTakePlace: fc.constantFrom('begin' as const, 'complete' as const),
});

/** Carries the operations out. */
export function replay(drawn: {
  steps: { operation: string; key: number; pick: number; waitMs: number }[];
  startsUnversioned: boolean;
  uploadsTakePlace: 'begin' | 'complete';
}): History {
  let timeMs = START_MS;
  let counter = 0;
  let versioning: 'never' | 'enabled' | 'suspended' = drawn.startsUnversioned ? 'never' : 'enabled';
  const stacks: Stacks = new Map();
  const uploads: Upload[] = [];
  const records: Record[] = [];
  const moments: Moment[] = [{ timeMs: START_MS - 1, stacks: new Map() }];
  const next = () => (counter += 1);
  const stackOf = (key: string) => stacks.get(key) ?? [];

  const purge = (key: string, entry: Entry, requester: string) => {
    const rest = stackOf(key).filter((one) => one !== entry);
    if (entry.noncurrentMs === null && rest[0] !== undefined) rest[0] = { ...rest[0], noncurrentMs: null };
    stacks.set(key, rest);
    records.push({
      key,
      versionId: entry.versionId,
      sequence: sequenceOf(next()),
      type: 'DELETE',
      timeMs,
      isMarker: null,
      size: null,
      lastModifiedMs: null,
      storageClass: null,
      isMultipart: null,
      requester,
    });
  };
  const create = (key: string, isMarker: boolean, upload: Upload | null) => {
    // A null version takes the place of the one before when it comes, whenever its upload was begun.
    const isPlaced = drawn.uploadsTakePlace === 'begin' && versioning === 'enabled';
    const place = upload !== null && isPlaced ? upload.sequence : next();
    const versionId = versioning === 'enabled' ? `v${records.length}` : 'null';
    const entry: Entry = {
      versionId,
      isMarker,
      size: isMarker ? null : records.length,
      lastModifiedMs: toSecond(upload?.startMs ?? timeMs),
      visibleMs: toSecond(timeMs),
      storageClass: isMarker ? null : 'STANDARD',
      isMultipart: upload !== null,
      created: sequenceOf(place),
      touched: sequenceOf(place),
      noncurrentMs: null,
    };
    const kept = stackOf(key).filter((one) => versionId !== 'null' || one.versionId !== 'null');
    const sorted = [entry, ...kept].toSorted((left, right) => (left.created < right.created ? 1 : -1));
    stacks.set(
      key,
      sorted.map((one, index) => ({
        ...one,
        noncurrentMs: index === 0 ? null : (one.noncurrentMs ?? timeMs),
      })),
    );
    records.push({
      key,
      type: isMarker ? 'DELETE' : 'CREATE',
      timeMs,
      requester: 'someone',
      ...recordOf(entry),
    });
  };

  for (const { operation, key: keyIndex, pick, waitMs } of drawn.steps) {
    timeMs += waitMs;
    const key = KEYS[keyIndex] ?? KEYS[0];
    const stack = stackOf(key);
    const entry = stack[pick % Math.max(1, stack.length)];
    const upload = uploads[pick % Math.max(1, uploads.length)];
    if (operation === 'put') create(key, false, null);
    else if (operation === 'begin') uploads.push({ key, startMs: timeMs, sequence: next() });
    else if (operation === 'complete' && upload !== undefined) {
      uploads.splice(uploads.indexOf(upload), 1);
      create(upload.key, false, upload);
    } else if (operation === 'delete') {
      if (versioning === 'never') {
        if (stack[0] !== undefined) purge(key, stack[0], 'someone');
      } else create(key, true, null);
    } else if (operation === 'purge' && entry !== undefined) purge(key, entry, 'someone');
    else if (operation === 'lifecycle' && entry !== undefined) {
      // NoncurrentDays is at least one.
      const isDue = entry.noncurrentMs !== null && timeMs - entry.noncurrentMs >= 24 * HOUR_MS;
      if (isDue) purge(key, entry, 's3.amazonaws.com');
    } else if (operation === 'update' && entry !== undefined && !entry.isMarker) {
      const changed = {
        ...entry,
        storageClass: pick % 2 === 0 ? 'GLACIER' : 'STANDARD_IA',
        touched: sequenceOf(next()),
      };
      stacks.set(
        key,
        stack.map((one) => (one === entry ? changed : one)),
      );
      const record = { ...recordOf(changed), sequence: changed.touched };
      records.push({ key, type: 'UPDATE_METADATA', timeMs, requester: 'someone', ...record });
    } else if (operation === 'suspend' && versioning !== 'never') versioning = 'suspended';
    else if (operation === 'enable') versioning = 'enabled';
    if (records.length === moments.length) moments.push({ timeMs, stacks: new Map(stacks) });
  }
  return { records, moments };
}

function recordOf(entry: Entry) {
  return {
    versionId: entry.versionId,
    sequence: entry.created,
    isMarker: entry.isMarker,
    size: entry.size,
    lastModifiedMs: entry.lastModifiedMs,
    storageClass: entry.storageClass,
    isMultipart: entry.isMultipart,
  };
}

export function toSecond(timeMs: number): number {
  return Math.floor(timeMs / 1000) * 1000;
}

/** Fixed width, so that the order of texts is the order of numbers, as S3's own have it. */
function sequenceOf(counter: number): string {
  return `80${counter.toString(16).padStart(12, '0')}ffffffff`;
}
