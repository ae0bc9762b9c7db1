import { expect, test } from 'vitest';
import { markerFromHead, markerFromListing } from '../../src/execute/proven-marker.ts';
import type { HeadAnswer, ListedEntry } from '../../src/s3/version-entry.ts';

/** The two doors to a removal: whatever a manifest says, what S3 answers decides. */

test.each<[string, HeadAnswer, boolean]>([
  ['a marker of this ID', { kind: 'marker', versionId: 'm' }, true],
  ['a marker of another ID', { kind: 'marker', versionId: 'other' }, false],
  ['a marker that is not named', { kind: 'marker', versionId: null }, false],
  ['nothing', { kind: 'absent' }, false],
])('a HEAD that answers %s', (_name, answer, proves) => {
  expect(markerFromHead('k', 'm', answer) !== null).toBe(proves);
});

test('a HEAD for no version ID proves nothing', () => {
  expect(markerFromHead('k', '', { kind: 'marker', versionId: '' })).toBeNull();
});

test.each([
  ['m', true, true],
  ['m', false, false],
  ['', true, false],
])('a listed entry of ID "%s", marker %s', (versionId, isDeleteMarker, proves) => {
  const entry = { key: 'k', versionId, isDeleteMarker, isLatest: true, lastModified: new Date(0) };
  expect(markerFromListing(entry as ListedEntry) !== null).toBe(proves);
});
