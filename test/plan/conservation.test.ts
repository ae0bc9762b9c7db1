import { describe, expect, test } from 'vitest';
import type { CountRow, Totals } from '../../src/plan/classify.ts';
import { addUpClasses } from '../../src/plan/conservation.ts';
import { parsePlanInputs } from '../../src/plan/inputs.ts';
import { type KeyClass, MODE_CLASSES, type Mode } from '../../src/s3/rollback.ts';

/** The conservation law (semantics, section 3): counts that do not add up are refused, in either direction. */

const NOW = new Date('2025-09-30T00:00:00Z');

function inputsOf(mode: Mode) {
  const destination = mode === 'copy-to-bucket' ? { destinationBucket: 'example-destination' } : {};
  return parsePlanInputs(
    { bucket: 'example-bucket', timestamp: '2025-08-22T12:00:00Z', mode, ...destination },
    NOW,
  );
}

function row(name: KeyClass, keys: number, entries: number, afterEntries: number): CountRow {
  const sizes = { bytes: 7 * keys, wantedBytes: 0, largeKeys: 0, largeBytes: 0 };
  return { class: name, storageClass: '', keys, entries, afterEntries, ...sizes };
}

type Case = { mode: Mode; totals: Totals; counts: CountRow[] };

/** Seven keys with twenty entries; three keys, with twelve of them, changed. */
const CHANGED_ONLY: Case = {
  mode: 'bucket-rollback',
  totals: {
    entries: 25,
    entriesInScope: 20,
    keysInScope: 7,
    afterEntries: 5,
    changedKeys: 3,
    newestEntry: '2025-08-22T13:00:00Z',
  },
  counts: [row('copy', 1, 4, 1), row('copy', 1, 5, 2), row('ambiguous', 1, 3, 2)],
};
const MARKER_REMOVAL: Case = {
  ...CHANGED_ONLY,
  mode: 'delete-marker-removal',
  counts: [row('unchanged', 1, 4, 1), row('remove-delete-markers', 2, 8, 4)],
};
/** Copy to Bucket classifies every key. */
const ALL_KEYS: Case = {
  ...CHANGED_ONLY,
  mode: 'copy-to-bucket',
  counts: [row('absent', 2, 6, 2), row('copy', 5, 14, 3)],
};
const CASES = [CHANGED_ONLY, MARKER_REMOVAL, ALL_KEYS].map((one) => [one.mode, one] as const);

function addUp({ mode, totals, counts }: Case) {
  return addUpClasses(totals, counts, inputsOf(mode));
}

describe.each(CASES)('%s', (mode, sound) => {
  test('sound counts: every class once, and all of them add up to the scope', () => {
    const classes = addUp(sound);
    expect(classes.map((one) => one.class)).toEqual(MODE_CLASSES[mode]);
    const sum = (field: 'keys' | 'entries') => classes.reduce((total, one) => total + one[field], 0);
    expect(sum('keys')).toBe(sound.totals.keysInScope);
    expect(sum('entries')).toBe(sound.totals.entriesInScope);
  });

  test.each([1, -1])('classified counts doctored by %i', (by) => {
    for (const field of ['keys', 'afterEntries'] as const) {
      for (const [index] of sound.counts.entries()) {
        const counts = sound.counts.map((one, other) =>
          other === index ? { ...one, [field]: one[field] + by } : one,
        );
        expect(() => addUp({ ...sound, counts }), `${field} of row ${index}`).toThrow(/do not add up/);
      }
    }
  });

  test.each([1, -1])('a count of the scan doctored by %i', (by) => {
    const field = mode === 'copy-to-bucket' ? 'keysInScope' : 'changedKeys';
    for (const name of ['afterEntries', field] as const) {
      const totals = { ...sound.totals, [name]: sound.totals[name] + by };
      expect(() => addUp({ ...sound, totals }), name).toThrow(/do not add up/);
    }
  });

  test('a class that got lost, or came twice', () => {
    for (const counts of [sound.counts.slice(1), [...sound.counts, ...sound.counts.slice(0, 1)], []]) {
      expect(() => addUp({ ...sound, counts })).toThrow(/do not add up/);
    }
  });
});

type Doctored = readonly [what: string, sound: Case, totals: Partial<Totals>];

/** Where all keys are classified, entries have to match to one; else unchanged keys hold one entry each at least. */
const DOCTORED: readonly Doctored[] = [
  ['one entry more in scope', ALL_KEYS, { entriesInScope: 21 }],
  ['one entry less in scope', ALL_KEYS, { entriesInScope: 19 }],
  ['fewer keys in scope than classified', CHANGED_ONLY, { keysInScope: 2 }],
  ['four unchanged keys with three entries', CHANGED_ONLY, { entriesInScope: 15 }],
  ['four unchanged keys with no entry', CHANGED_ONLY, { entriesInScope: 12 }],
  ['fewer entries in scope than classified', CHANGED_ONLY, { entriesInScope: 11 }],
  ['entries left over, but no unchanged key', CHANGED_ONLY, { keysInScope: 3, entriesInScope: 13 }],
];

test.each(DOCTORED)('%s', (_what, sound, totals) => {
  expect(() => addUp({ ...sound, totals: { ...sound.totals, ...totals } })).toThrow(
    expect.objectContaining({ code: 'CONSERVATION_VIOLATED' }),
  );
});

// Its keys would be in no class of the plan.
test('a class that the mode does not have', () => {
  const counts = CHANGED_ONLY.counts.map((one) => ({ ...one, class: 'absent' as const }));
  expect(() => addUp({ ...CHANGED_ONLY, counts })).toThrow(/do not add up/);
});

test('keys that nothing happened to are unchanged, beside those that were looked at', () => {
  const unchanged = (sound: Case) => addUp(sound).find((one) => one.class === 'unchanged');
  expect(unchanged(CHANGED_ONLY)).toEqual({
    class: 'unchanged',
    scenario: null,
    keys: 4,
    entries: 8,
    bytes: 0,
  });
  expect(unchanged(MARKER_REMOVAL)).toMatchObject({ keys: 5, entries: 12 });
  expect(unchanged(ALL_KEYS)).toBeUndefined();
});

test('storage classes of one class are one count', () => {
  expect(addUp(CHANGED_ONLY).find((one) => one.class === 'copy')).toEqual({
    class: 'copy',
    scenario: '3b',
    keys: 2,
    entries: 9,
    bytes: 14,
  });
});

test('exactly one entry for every unchanged key is possible', () => {
  const totals = { ...CHANGED_ONLY.totals, entriesInScope: 16 };
  expect(addUp({ ...CHANGED_ONLY, totals })[0]).toMatchObject({ keys: 4, entries: 4 });
});
