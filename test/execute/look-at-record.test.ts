import { expect, test } from 'vitest';
import { lookAtRecord } from '../../src/execute/archived/look.ts';
import type { RestoreState } from '../../src/execute/archived/restore-file.ts';
import type { RunOutcome } from '../../src/execute/run-files.ts';
import { noOutcomes } from '../../src/s3/outcome.ts';

/** How it should stand, for whoever may not look at versions. */

const outcomes = { ...noOutcomes(), archived: 5 };
const scenario = {
  scenario: '3a',
  operation: 'copy-after-restore',
  rows: 5,
  outcomes,
  path: '',
  sha256: '',
} as const;
const RUN = { scenarios: [scenario] } as unknown as RunOutcome;
const NOW = new Date('2025-09-03T00:00:00Z');
const state = (nextLookAt: string | null, expired = 0) =>
  ({ nextLookAt, expired, waiting: 5 - expired }) as RestoreState;

const LINES: [string, RestoreState | null, ready: number, underWay: number, archived: number][] = [
  ['nobody has agreed', null, 0, 0, 5],
  ['too early', state('2025-09-03T00:00:01Z'), 0, 5, 0],
  ['due', state('2025-09-03T00:00:00Z'), 5, 0, 0],
  ['due, and two have expired', state('2025-09-02T00:00:00Z', 2), 3, 0, 2],
  ['all have expired', state(null, 5), 0, 0, 5],
];
test.each(LINES)('%s', (_name, known, ready, underWay, archived) => {
  expect(lookAtRecord(RUN, known, NOW)).toEqual({ ready, underWay, archived, missing: 0, seen: 'record' });
});
