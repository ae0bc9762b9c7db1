import fc from 'fast-check';
import type { Bucket, PutOptions } from '../../sandbox/bucket.ts';
import type { ObjectVersion } from '../../sandbox/entries.ts';
import type { Sandbox } from '../../sandbox/server.ts';
import { P } from './harness.ts';

/**
 * One write to a key. Times are seconds around P. `parts` is an upload by parts, which S3 stamps with its beginning and
 * shows when it is completed, so many seconds later; `look` picks what the version carries beside its data.
 */
export type Step = {
  key: string;
  kind: 'version' | 'archived' | 'delete' | 'parts';
  second: number;
  lasts: number;
  look: number;
};

/** What happened to the versioning of a bucket: it was enabled late, and suspended for a while; or Object Lock was on. */
export type Phases = { enabledAt: number; suspendedAt: number; suspendedFor: number; isLocked: boolean };

export type History = { steps: readonly Step[]; phases: Phases };

/** Keys that something on the way from a listing to a request could stumble over. */
export const HOSTILE_KEYS = [
  'plain',
  'a b+c%20d',
  'quote"comma,',
  'new\nline',
  'é/ü/漢字',
  '\u{1f600}/emoji',
  '=cmd|<!--',
  'a',
  'a/',
  'a//b',
  'a/b',
  '../up',
  'tab\tand\u0001control',
  'carriage\rreturn',
  "'; DROP TABLE inventory; --",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it has to stay as it is
  '@name ${x} {{y}} $(z) `w`',
  // The longest that S3 takes: 1,024 bytes.
  `${'\u00e9'.repeat(100)}/`.repeat(5) + 'x'.repeat(19),
];

const KEYS = [
  ...HOSTILE_KEYS,
  ...Array.from({ length: 30 }, (_, index) => `dense/${String(index).padStart(3, '0')}`),
];
/** Keys with long stacks: several markers in a row, several writes of a second. */
const BUSY_KEYS = ['busy', 'busy/a b', 'a/', '=cmd|<!--'];

const step = fc.record({
  key: fc.oneof(fc.constantFrom(...KEYS), fc.constantFrom(...BUSY_KEYS)),
  kind: fc.constantFrom<Step['kind'][]>(
    ...([
      'version',
      'version',
      'version',
      'version',
      'delete',
      'delete',
      'delete',
      'archived',
      'parts',
    ] as const),
  ),
  second: fc.oneof(fc.integer({ min: -20, max: 20 }), fc.constantFrom(-1, 0, 1)),
  lasts: fc.integer({ min: 0, max: 25 }),
  look: fc.nat({ max: 100 }),
});

const NEVER = 1_000;
const phases: fc.Arbitrary<Phases> = fc.record({
  enabledAt: fc.constantFrom(-NEVER, -NEVER, -15),
  suspendedAt: fc.constantFrom(NEVER, NEVER, -10, -2, 3),
  suspendedFor: fc.integer({ min: 1, max: 8 }),
  isLocked: fc.boolean(),
});

/** Histories of several keys, in the order of their times; writes of one second keep their order. */
export const histories: fc.Arbitrary<History> = fc.record({
  steps: fc
    .array(step, { minLength: 1, maxLength: 160, size: 'max' })
    .map((steps) => steps.toSorted((left, right) => left.second - right.second)),
  phases,
});

/** What readers see: the data of each key that is there, and all that a copy keeps of it. */
export type State = Map<string, string>;

export function stateOf(bucket: Bucket): State {
  const state: State = new Map();
  for (const [key] of bucket.stacks.from(() => true)) {
    const current = bucket.current(key);
    if (current?.isDeleteMarker === false) state.set(key, contentOf(current));
  }
  return state;
}

/** An object version as readers know it. */
export function contentOf({ content, attributes }: ObjectVersion): string {
  const { headers, metadata, tags, storageClass, websiteRedirect = null } = attributes;
  const sorted = (record: object) => Object.entries(record).toSorted();
  return JSON.stringify([
    ...[content.identity, content.size, storageClass, websiteRedirect],
    ...[sorted(headers), sorted(metadata), [...tags].toSorted()],
  ]);
}

/** What the oracle of a property has to know of a history. */
export type Played = {
  /** what readers saw at P */
  atP: State;
  /** keys with an upload by parts that was begun at P or before: its end cannot be seen */
  begun: Set<string>;
  /** keys of which an entry of before P was replaced after it, while versioning was suspended: no tool can see it */
  lost: Set<string>;
};

type Write = { second: number; begin: number; step: Step; index: number };

/** Plays a history. It goes by what readers see, at the time at which they see it, and by nothing of a plan. */
export function playHistory(sandbox: Sandbox, bucket: Bucket, { steps, phases: own }: History): Played {
  const p = Date.parse(P);
  let atP: State | null = null;
  const begun = new Set<string>();
  const lost = new Set<string>();
  if (own.isLocked) bucket.objectLock = { defaultRetention: { mode: 'GOVERNANCE', days: 1 } };
  const orders = new Map<number, number>();
  const writes: Write[] = steps
    .flatMap((one, index) => {
      const end = {
        second: one.second + (one.kind === 'parts' ? one.lasts : 0),
        begin: one.second,
        step: one,
        index,
      };
      return one.kind === 'parts' ? [{ ...end, second: one.second, begin: Number.NaN }, end] : [end];
    })
    .toSorted((left, right) => left.second - right.second);
  for (const { second, begin, step: one, index } of writes) {
    if (second > 0) atP ??= stateOf(bucket);
    sandbox.clock.set(p + second * 1000);
    bucket.versioning = versioningAt(second, own);
    if (Number.isNaN(begin)) {
      if (second <= 0) begun.add(one.key);
      orders.set(index, bucket.nextOrder());
      continue;
    }
    const replaced = bucket.versioning === 'Enabled' ? undefined : bucket.entry(one.key, 'null');
    if (second > 0 && replaced !== undefined && replaced.lastModified <= p) lost.add(one.key);
    const order = orders.get(index);
    if (one.kind !== 'delete') bucket.put(one.key, { ...dataOf(one, index), ...(order && { order }) });
    else if (bucket.versioning === undefined) bucket.dropNullVersion(one.key);
    else bucket.addDeleteMarker(one.key);
  }
  bucket.versioning = 'Enabled';
  return { atP: atP ?? stateOf(bucket), begun, lost };
}

function versioningAt(second: number, { enabledAt, suspendedAt, suspendedFor, isLocked }: Phases) {
  if (isLocked) return 'Enabled' as const;
  if (second < enabledAt) return undefined;
  return second >= suspendedAt && second < suspendedAt + suspendedFor ? 'Suspended' : 'Enabled';
}

const STORAGE_CLASSES = ['STANDARD', 'STANDARD', 'STANDARD_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR'] as const;
const LARGE_BYTES = 5_368_709_121;

/** Data and all that goes with it, by the look of a step. */
function dataOf({ key, kind, second, look }: Step, index: number): PutOptions {
  const body = look % 11 === 0 ? '' : `${key} ${index}`;
  const storageClass = STORAGE_CLASSES[look % STORAGE_CLASSES.length] ?? 'STANDARD';
  const attributes = {
    storageClass: kind === 'archived' ? (look % 2 === 0 ? 'GLACIER' : 'DEEP_ARCHIVE') : storageClass,
    headers: { 'content-type': 'text/plain', ...(look % 3 === 0 && { 'cache-control': `max-age=${look}` }) },
    metadata: look % 4 === 0 ? { look: String(look) } : {},
    tags: new Map(look % 5 === 0 ? [['look + feel', String(look)]] : []),
    ...(look % 7 === 0 && { websiteRedirect: `/${look}` }),
  } as const;
  const data: PutOptions = look === 97 ? { size: LARGE_BYTES, attributes } : { body, attributes };
  if (kind !== 'parts') return data;
  return {
    ...data,
    eTag: `${index.toString(16).padStart(32, '0')}-2`,
    lastModified: Date.parse(P) + second * 1000,
  };
}
