import fc from 'fast-check';
import type { Bucket } from '../../sandbox/bucket.ts';
import type { Sandbox } from '../../sandbox/server.ts';
import { P } from './harness.ts';

/** One write to a key: an object version, an archived one, or a delete. Times are seconds around P. */
export type Step = { key: string; kind: 'version' | 'archived' | 'delete'; second: number };

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

const step = fc.record({
  key: fc.constantFrom(...KEYS),
  kind: fc.constantFrom<Step['kind'][]>('version', 'version', 'version', 'delete', 'delete', 'archived'),
  second: fc.integer({ min: -20, max: 20 }),
});

/** Histories of several keys, in the order of their times; writes of one second keep their order. */
export const histories: fc.Arbitrary<Step[]> = fc
  .array(step, { minLength: 1, maxLength: 120 })
  .map((steps) => steps.toSorted((left, right) => left.second - right.second));

/** What readers see: the data of each key that is there. */
export type State = Map<string, string>;

export function stateOf(bucket: Bucket): State {
  const state: State = new Map();
  for (const [key] of bucket.stacks.from(() => true)) {
    const current = bucket.current(key);
    if (current?.isDeleteMarker === false) state.set(key, current.content.identity);
  }
  return state;
}

/** Plays a history. @returns the state at P */
export function playHistory(sandbox: Sandbox, bucket: Bucket, steps: readonly Step[]): State {
  const p = Date.parse(P);
  let atP: State | null = null;
  for (const [index, { key, kind, second }] of steps.entries()) {
    if (second > 0) atP ??= stateOf(bucket);
    sandbox.clock.set(p + second * 1000);
    if (kind === 'delete') bucket.addDeleteMarker(key);
    else {
      const attributes = kind === 'archived' ? { storageClass: 'GLACIER' as const } : {};
      bucket.put(key, { body: `${key} ${index}`, attributes });
    }
  }
  return atP ?? stateOf(bucket);
}
