import { describe, expect, test } from 'vitest';
import {
  ARCHIVE_KINDS,
  type ArchiveKind,
  nextLook,
  RESTORE_TIERS,
  type RestoreTier,
  restoreWait,
  takesDays,
  tierFor,
} from '../../src/s3/restore.ts';

const AT = new Date('2025-08-22T12:00:00Z');
const hours = (count: number) => new Date(AT.getTime() + count * 3_600_000);

test.each<[ArchiveKind, RestoreTier, number, number, boolean]>([
  ['GLACIER', 'Expedited', 1 / 60, 5 / 60, true],
  ['GLACIER', 'Standard', 3, 5, true],
  ['GLACIER', 'Bulk', 5, 12, true],
  ['DEEP_ARCHIVE', 'Standard', 9, 12, true],
  ['DEEP_ARCHIVE', 'Bulk', 24, 48, true],
  ['ARCHIVE_ACCESS', 'Expedited', 1 / 60, 5 / 60, false],
  ['ARCHIVE_ACCESS', 'Standard', 3, 5, false],
  ['ARCHIVE_ACCESS', 'Bulk', 5, 12, false],
  ['DEEP_ARCHIVE_ACCESS', 'Expedited', 9, 12, false],
  ['DEEP_ARCHIVE_ACCESS', 'Standard', 9, 12, false],
  ['DEEP_ARCHIVE_ACCESS', 'Bulk', 24, 48, false],
])('%s, %s: a look after %d hours, over by %d, days: %s', (kind, tier, firstLookHours, usualHours, days) => {
  expect(restoreWait(kind, tier)).toEqual({ firstLookHours, usualHours });
  expect(takesDays(kind)).toBe(days);
});

test('a deep archive has no Expedited', () => {
  for (const kind of ARCHIVE_KINDS) {
    for (const tier of RESTORE_TIERS) {
      const isDeep = kind.startsWith('DEEP');
      expect(tierFor(kind, tier)).toBe(isDeep && tier === 'Expedited' ? 'Standard' : tier);
    }
  }
});

describe('when to look', () => {
  const request = { at: AT, tier: 'Bulk', kind: 'GLACIER' } as const;
  test.each([
    [0, 5],
    [4.9, 5],
    [5, 6.25],
    [6, 6.25],
    [6.25, 7.8125],
    [12, 12.207],
  ])('after a look at %d hours the next is at %d', (after, next) => {
    expect((nextLook(request, hours(after)).getTime() - AT.getTime()) / 3_600_000).toBeCloseTo(next, 2);
  });

  test('a week takes two dozen looks at most, and every wait comes to a look', () => {
    for (const kind of ARCHIVE_KINDS) {
      for (const tier of RESTORE_TIERS.filter((other) => other !== 'Expedited')) {
        let at = AT;
        let looks = 0;
        while (at < hours(7 * 24)) {
          const next = nextLook({ at: AT, tier, kind }, at);
          expect(next.getTime()).toBeGreaterThan(at.getTime());
          at = next;
          looks += 1;
        }
        expect(looks).toBeLessThanOrEqual(24);
      }
    }
  });
});
