import { expect, test } from 'vitest';
import { type Prover, proveKeys } from '../../src/execute/prove-keys.ts';
import type { PlannedRow } from '../../src/s3/manifest.ts';
import type { ListedEntry } from '../../src/s3/version-entry.ts';
import { BUCKET } from './harness.ts';
import { row } from './written-record.ts';

const PAGE_ENTRIES = 1_000;

/** A store of these entries, in the order of a listing, which notes how many entries each page was asked for. */
function storeOf(entries: readonly ListedEntry[]) {
  const asked: number[] = [];
  const prover: Prover<PlannedRow> = {
    read: (request) => request(),
    history: () => ({ intents: [] }),
    calls: {
      async listVersions({ keyMarker = '', versionIdMarker, maxEntries = PAGE_ENTRIES }) {
        asked.push(maxEntries);
        const isMarked = ({ key, versionId }: ListedEntry) =>
          key === keyMarker && versionId === versionIdMarker;
        const start =
          versionIdMarker === undefined
            ? entries.findIndex(({ key }) => key > keyMarker)
            : entries.findIndex(isMarked) + 1;
        const page = entries.slice(start, start + maxEntries);
        const last = page.at(-1);
        const isWhole = last === undefined || start + maxEntries >= entries.length;
        return {
          entries: page,
          next: isWhole ? null : { keyMarker: last.key, versionIdMarker: last.versionId },
        };
      },
      headObject: () => Promise.reject(new Error('no HEAD is needed')),
    },
  };
  return { prover, asked };
}

const keyOf = (index: number) => `key${String(index).padStart(6, '0')}`;

/** The entries of a key, newest first: delete markers and object versions by their IDs. */
function stackOf(key: string, versionIds: readonly string[]): ListedEntry[] {
  return versionIds.map((versionId, index) => {
    const isDeleteMarker = versionId.startsWith('m');
    const of = isDeleteMarker ? null : 1;
    const lastModified = new Date('2025-08-22T11:02:00Z');
    const about = { size: of, eTag: isDeleteMarker ? null : 'e', storageClass: null };
    return { key, versionId, isLatest: index === 0, isDeleteMarker, lastModified, ...about };
  });
}

const keysWith = (rowsOf: (key: string) => PlannedRow[], count = PAGE_ENTRIES) =>
  Array.from({ length: count }, (_, index) => ({ key: keyOf(index), rows: rowsOf(keyOf(index)) }));
const bucketOf = (ids: readonly string[], keys: number) =>
  Array.from({ length: keys }, (_, index) => stackOf(keyOf(index), ids)).flat();

test('a page that ends with the last key has shown all that its guard asks for', async () => {
  const { prover, asked } = storeOf(bucketOf(['v1'], 5_000));
  const proofs = await proveKeys(
    prover,
    BUCKET,
    keysWith((key) => [row(key, { currentVersionId: 'v1' })]),
  );
  expect(asked).toEqual([PAGE_ENTRIES]);
  expect(proofs.size).toBe(PAGE_ENTRIES);
  expect(proofs.get(keyOf(999))?.current).toMatchObject({ kind: 'version', versionId: 'v1' });
});

test.each([
  [
    'the only entry shown is the marker to remove: what lies below is looked for',
    ['m1', 'v1'],
    'm1',
    ['m1', 'v1'],
  ],
  [
    'the marker to remove is not among those shown: it is looked for',
    ['m2', 'v1', 'm1'],
    'm1',
    ['m2', 'v1', 'm1'],
  ],
])('where %s, in a short page', async (_, ids, planned, seen) => {
  // Twelve keys fill the page up to the first entry of the last one.
  const keys = PAGE_ENTRIES - 12;
  const entries = [
    ...bucketOf(['v1'], keys),
    ...Array.from({ length: 11 }, (_, index) =>
      stackOf(`key9${String(index).padStart(2, '0')}`, ['v1']),
    ).flat(),
  ];
  const last = 'key999';
  entries.push(...stackOf(last, ids), ...stackOf('other', ['v1']), ...stackOf('others', ['v1']));
  const { prover, asked } = storeOf(entries);
  const rows = [row(last, { versionId: planned, currentVersionId: planned })];
  const others = keysWith((key) => [row(key, { currentVersionId: 'v1' })], keys);
  const proofs = await proveKeys(prover, BUCKET, [...others, { key: last, rows }]);
  expect(asked).toEqual([PAGE_ENTRIES, 100]);
  expect(proofs.get(last)?.stack?.map(({ versionId }) => versionId)).toEqual(seen);
});
