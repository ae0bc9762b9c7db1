import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseSplit, SplitExperience } from '../../src/inventory/listing/split.ts';
import { compareKeys } from '../../src/s3/key-order.ts';

const key = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  fc.string({
    unit: fc.constantFrom('0', '9', 'a', '/', '\u{10ffff}', '\ud7ff', '\uffff', '~'),
    minLength: 1,
    maxLength: 8,
  }),
);

test('order of keys is the order of their UTF-8 bytes', () => {
  fc.assert(
    fc.property(key, key, (left, right) => {
      expect(Math.sign(compareKeys(left, right))).toBe(
        Math.sign(Buffer.compare(Buffer.from(left), Buffer.from(right))),
      );
    }),
  );
});

test('a split lies behind the position, before the end, inside the prefix, and is well-formed', () => {
  fc.assert(
    fc.property(fc.tuple(key, key, key), fc.boolean(), fc.nat(3), (keys, hasEnd, prefix) => {
      const [pageStart = '', position = '', end = ''] = keys.toSorted(compareKeys);
      const prefixLength = position.slice(0, prefix) === pageStart.slice(0, prefix) ? prefix : 0;
      const split = chooseSplit({
        pageStart,
        position,
        end: hasEnd ? end : null,
        prefixLength,
        experience: new SplitExperience(),
      });
      if (split === null) return;
      expect(compareKeys(position, split.key)).toBeLessThan(0);
      if (hasEnd) expect(compareKeys(split.key, end)).toBeLessThan(0);
      expect(split.key.startsWith(position.slice(0, prefixLength))).toBe(true);
      expect(split.key.isWellFormed()).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['numbers, nothing known of the end', 'k000000', 'k000999', null, 's'],
  ['numbers with a known end', 'k000000', 'k000999', 'k01', 'k005'],
  ['one key in many versions', 'big', 'big', 'bih', null],
  ['the last page before the end', 'k000000', 'k000999', 'k001', null],
])('%s', (_, pageStart, position, end, expected) => {
  const split = chooseSplit({ pageStart, position, end, prefixLength: 0, experience: new SplitExperience() });
  expect(split?.key ?? null).toBe(expected);
});

test('a split is never longer than a key can be', () => {
  const position = `${'k'.repeat(1023)}~`;
  const split = chooseSplit({
    ...{ pageStart: `${'k'.repeat(1023)}a`, position, end: null, prefixLength: 1020 },
    experience: new SplitExperience(),
  });
  expect(Buffer.byteLength(split?.key ?? '')).toBeLessThanOrEqual(1024);
});

test('a place where splits brought nothing is left alone, in keys of the same shape', () => {
  const basis = (folder: string, experience: SplitExperience) => ({
    pageStart: `data/${folder}/00000000.json`,
    position: `data/${folder}/00000999.json`,
    end: `data/${folder}/~`,
    prefixLength: 0,
    experience,
  });
  const experience = new SplitExperience();
  const first = chooseSplit(basis('customer-1', experience));
  expect(first?.key).toBe('data/customer-1/5');
  for (let poor = 0; poor < 3; poor += 1) experience.note(first?.shape ?? '', true);
  expect(chooseSplit(basis('customer-27', experience))?.key).not.toBe('data/customer-27/5');
});
