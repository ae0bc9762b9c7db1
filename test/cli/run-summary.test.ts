import { describe, expect, test } from 'vitest';
import { describeLeft, runSummary } from '../../src/cli/run-summary.ts';
import { verifySummary } from '../../src/cli/run-verify.ts';
import type { RunOutcome } from '../../src/execute/run-files.ts';
import { noOutcomes, type OutcomeCounts } from '../../src/s3/outcome.ts';
import type { StateVerification } from '../../src/verify/state.ts';
import type { Verification } from '../../src/verify/verify.ts';

const run = (counts: Partial<OutcomeCounts>): RunOutcome => ({
  schemaVersion: 1,
  rollbackId: 'rb-data-20250822t110100z-1a2b3c4d',
  planDigest: 'sha256:0',
  executor: 'direct',
  startedAt: '2025-08-22T12:00:00Z',
  finishedAt: '2025-08-22T12:01:00Z',
  rows: 28,
  outcomes: { ...noOutcomes(), ...counts },
  scenarios: [],
});

describe('what start-jobs says of rows that were left', () => {
  test('one line an outcome, right for one row as for many', () => {
    expect(describeLeft(run({ done: 5, drifted: 1, denied: 2_000 }))).toEqual([
      '1 drifted: changed since the inventory was taken, and left alone; plan again with a fresh inventory',
      '2,000 denied: not allowed; grant what the outcomes name (docs/cross-account.md has the list), then run the same command again',
    ]);
  });

  test('where to find them, and what comes before the verification', () => {
    const text = runSummary(run({ done: 23, drifted: 3, denied: 2 }), 'my plan/');
    expect(text.split('\n').slice(-3)).toEqual([
      'Outcomes: my plan/outcomes/',
      "Which rows: grep -hE ',(drifted|denied),' 'my plan'/outcomes/scenario*.csv",
      "Next: settle what denied and failed rows name, run the same command again, then: npm run --silent s3-rewind -- verify --record 'my plan/'",
    ]);
  });

  test('in a table that fits into 80 columns, long actions on two lines', () => {
    const rows = (['1', '2', '3b', '3c'] as const).map((scenario) => ({
      ...{ scenario, operation: 'copy' as const, rows: 1_000, path: '', sha256: '' },
      outcomes: { ...noOutcomes(), done: 998, drifted: 1, denied: 1 },
    }));
    const text = runSummary({ ...run({ done: 1, drifted: 1, denied: 1 }), scenarios: rows }, 'plan');
    const table = text.split('\n').filter((line) => /^[│┌├└]/.test(line));
    expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('no grep in a record on S3, and no second start where it would change nothing', () => {
    const text = runSummary(run({ done: 23, drifted: 3 }), 's3://records/rb-data/');
    expect(text.split('\n').slice(-2)).toEqual([
      'Outcomes: s3://records/rb-data/outcomes/',
      'Next: npm run --silent s3-rewind -- verify --record s3://records/rb-data/',
    ]);
  });

  test('a run that was started again says how far the one before came', () => {
    const again = (ended: RunOutcome | null) =>
      runSummary(run({ done: 28 }), 'plan', { startedAt: '2025-08-22T12:00:00Z', ended });
    expect(again(null)).toContain('\nWent on with the run that was started at 2025-08-22T12:00:00Z.\n');
    expect(again(run({ done: 28 }))).toContain(
      '\nIt had come to its end at 2025-08-22T12:01:00Z: nothing was left to do.\n',
    );
    expect(again(run({ done: 25, drifted: 3 }))).toContain('nothing was left to do.\n');
    expect(again(run({ done: 26, denied: 2 }))).toContain('only denied and failed rows were tried again.\n');
  });
});

describe('what verify says', () => {
  const verification = (outcomes: Partial<OutcomeCounts>, agrees = true): Verification => ({
    reconcile: { rows: 28, outcomes: { ...noOutcomes(), ...outcomes }, agrees },
    live: { compared: 23, leftAlone: 5, differences: 0, agrees: true },
    scenarios: [],
    examples: [],
  });
  const state: StateVerification = { compared: 23, excluded: 5, differences: 0, agrees: true, examples: [] };

  test('that all agrees, and that rows were left nevertheless', () => {
    expect(verifySummary('rollback', verification({ done: 23, drifted: 3, denied: 2 }), state)).toBe(
      [
        '1 reconcile: agrees; 28 planned rows, one outcome each',
        '2 live: agrees; 23 keys compared with the bucket, 0 differ; 5 were left alone by the run and not compared',
        '3 state: agrees; 23 keys of the fresh inventory compared with the point in time, 0 differ; 5 not compared: left alone by the plan or by the run',
        'All that was compared agrees.',
        'NOT carried out, and left as it is: 3 drifted, 2 denied. What to do for each: docs/on-call.md, step 5',
      ].join('\n'),
    );
  });

  test('of an undo that it has no third level, since --list is refused for it', () => {
    const text = verifySummary('undo', verification({ done: 28 }), null);
    expect(text).toContain('3 state: none, as an undo is made without an inventory');
    expect(text).not.toContain('--list');
  });

  test('that outcomes do not add up', () => {
    const text = verifySummary('rollback', verification({ done: 28 }, false), null);
    expect(text).toMatch(/^1 reconcile: DIFFERS; 28 rows of outcomes, not what the manifests/);
    expect(text).not.toContain('All that was compared agrees');
  });
});
