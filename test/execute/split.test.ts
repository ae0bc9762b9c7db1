import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ManifestBytes, readSplit, splitsOf } from '../../src/execute/split.ts';
import {
  decodeKey,
  encodeKey,
  formatManifestLine,
  type PlannedRow,
  parseManifestLine,
} from '../../src/s3/manifest.ts';
import { row } from './written-record.ts';

function bytesOf(text: string): ManifestBytes {
  const bytes = Buffer.from(text);
  return { name: 'manifest', size: bytes.length, read: async (start, end) => bytes.subarray(start, end) };
}

const keyText = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 });
const stacks = fc.array(fc.record({ key: keyText, rows: fc.integer({ min: 1, max: 6 }) }), { maxLength: 60 });

test('every row is in exactly one split, and the rows of a key in the same', async () => {
  await fc.assert(
    fc.asyncProperty(
      stacks,
      fc.integer({ min: 1, max: 20 }),
      fc.boolean(),
      async (keys, rowsPerSplit, hasEnd) => {
        const unique = [...new Map(keys.map((key) => [key.key, key])).values()];
        const rows = unique.flatMap(({ key, rows: count }) =>
          Array.from({ length: count }, (_, index) => row(key, { versionId: `v${index}` })),
        );
        const text = rows.map(formatManifestLine).join('\n') + (hasEnd && rows.length > 0 ? '\n' : '');
        const manifest = bytesOf(text);
        const read: PlannedRow[] = [];
        const homes = new Map<string, number>();
        for (const split of splitsOf({ bytes: manifest.size, rows: rows.length }, rowsPerSplit)) {
          for (const { index, ...planned } of await readSplit(manifest, split)) {
            expect(index).toBeLessThan(rows.length);
            expect(homes.get(planned.key) ?? split.number).toBe(split.number);
            homes.set(planned.key, split.number);
            read.push(planned);
          }
        }
        expect(read).toEqual(rows);
      },
    ),
  );
});

test('a key of very many rows makes one large split and empty ones behind it', async () => {
  const rows = Array.from({ length: 20_000 }, (_, index) => row('one/key', { versionId: `v${index}` }));
  const text = [row('a'), ...rows, row('z')].map((planned) => `${formatManifestLine(planned)}\n`).join('');
  const sizes: number[] = [];
  for (const split of splitsOf({ bytes: text.length, rows: rows.length + 2 })) {
    sizes.push((await readSplit(bytesOf(text), split)).length);
  }
  expect(sizes.reduce((total, size) => total + size, 0)).toBe(rows.length + 2);
  expect(Math.max(...sizes)).toBeGreaterThanOrEqual(rows.length);
});

test('a line that is no row is refused, not skipped', async () => {
  const manifest = bytesOf('data,a,,c,1,STANDARD\nnonsense\n');
  const [split] = splitsOf({ bytes: manifest.size, rows: 2 });
  if (split === undefined) throw new Error('no split');
  await expect(readSplit(manifest, split)).rejects.toMatchObject({ code: 'RECORD_CHANGED' });
});

test('keys survive encoding and both ways of decoding', () => {
  fc.assert(
    fc.property(keyText, (key) => {
      const encoded = encodeKey(key);
      expect(encoded).toMatch(/^[A-Za-z0-9%/._-]*$/);
      expect(decodeKey(encoded)).toBe(key);
      expect(decodeURIComponent(encoded)).toBe(key);
      expect(decodeURIComponent(encoded.replaceAll('+', ' '))).toBe(key);
    }),
  );
});

test('a manifest line tells an empty field from a value', () => {
  expect(parseManifestLine('data,a%20b,,v2,0,')).toEqual(row('a b', { currentVersionId: 'v2', size: 0 }));
  for (const line of [
    '',
    'data,a',
    'data,,v,v,1,X',
    ',a,v,v,1,X',
    'data,%ff,v,v,1,X',
    'data,a,v,v,-1,X',
    'data,"a,v,v,1,X',
  ]) {
    expect(parseManifestLine(line), line).toBeNull();
  }
});
