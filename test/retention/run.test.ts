import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RetentionCalls } from '../../src/retention/retention-calls.ts';
import { RETENTION_PLAN_FILE } from '../../src/retention/retention-plan-file.ts';
import { S3CallError } from '../../src/s3/call-error.ts';
import {
  DAY_MS,
  inDays,
  lock,
  locksOf,
  openStage,
  outcomeLines,
  planNow,
  run,
  type Stage,
  settingsOf,
} from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.end());

/** Does something in the bucket right before the n-th request of an operation is carried out. */
function beforeFirst(operation: string, act: () => void): void {
  let isDone = false;
  stage.sandbox.on('before', (name) => {
    if (name !== operation || isDone) return;
    isDone = true;
    act();
  });
}

function setLock(mode: 'GOVERNANCE' | 'COMPLIANCE', days: number): void {
  const version = stage.bucket.current('k');
  if (version === undefined || version.isDeleteMarker) throw new Error('k has a version');
  version.attributes = { ...version.attributes, ...lock(stage, mode, days) };
}

const lockOfK = () => [...locksOf(stage.bucket)].at(-1)?.[1];

describe('a concurrent writer', () => {
  test('an extension made before the guard is kept', async () => {
    stage.bucket.put('k', { attributes: lock(stage, 'COMPLIANCE', 3) });
    const record = await planNow(stage);
    beforeFirst('GetObjectRetention', () => setLock('COMPLIANCE', 500));
    expect((await run(stage, record)).outcomes.already).toBe(1);
    expect(lockOfK()?.retainUntil).toBe(inDays(stage, 500));
  });

  test.each(['GOVERNANCE', 'COMPLIANCE'] as const)(
    'an extension between the guard and the request is kept: S3 refuses (%s)',
    async (mode) => {
      stage.bucket.put('k', { attributes: lock(stage, mode, 3) });
      const record = await planNow(stage);
      beforeFirst('PutObjectRetention', () => setLock(mode, 500));
      expect((await run(stage, record)).outcomes.already).toBe(1);
      expect(lockOfK()).toEqual({ mode, retainUntil: inDays(stage, 500) });
    },
  );

  test('a lock in GOVERNANCE made meanwhile is extended as such', async () => {
    stage.bucket.put('k');
    const record = await planNow(stage);
    setLock('GOVERNANCE', 2);
    expect((await run(stage, record)).outcomes.done).toBe(1);
    expect(lockOfK()).toEqual({ mode: 'GOVERNANCE', retainUntil: inDays(stage, 118) });
    expect(await outcomeLines(record, 'compliance')).toEqual([
      expect.stringMatching(
        /^locked,k,[^,]+,done,GOVERNANCE,2026-01-07T03:00:00Z,GOVERNANCE,2026-05-03T03:00:00Z,$/,
      ),
    ]);
  });

  test('a lock in GOVERNANCE made between the guard and the request is extended as such', async () => {
    stage.bucket.put('k');
    const record = await planNow(stage);
    beforeFirst('PutObjectRetention', () => setLock('GOVERNANCE', 2));
    expect((await run(stage, record)).outcomes.done).toBe(1);
    expect(lockOfK()).toEqual({ mode: 'GOVERNANCE', retainUntil: inDays(stage, 118) });
  });

  test.each([
    ['replaced', () => stage.bucket.put('k')],
    ['deleted', () => stage.bucket.addDeleteMarker('k')],
  ])('a version that is %s is no longer current, and left alone', async (_, act) => {
    stage.bucket.put('k', { attributes: lock(stage, 'COMPLIANCE', 3) });
    const record = await planNow(stage);
    act();
    const before = locksOf(stage.bucket);
    expect((await run(stage, record)).outcomes.drifted).toBe(1);
    expect(locksOf(stage.bucket)).toEqual(before);
  });

  test('a version that is gone is missing', async () => {
    const { versionId } = stage.bucket.put('k');
    const record = await planNow(stage);
    stage.bucket.remove('k', versionId);
    expect((await run(stage, record)).outcomes.missing).toBe(1);
  });
});

describe('a store that refuses in its own words', () => {
  test('GOVERNANCE that was to be converted is extended, told as denied, and asked for once', async () => {
    stage.bucket.put('k', { attributes: lock(stage, 'GOVERNANCE', 3) });
    const record = await planNow(stage, settingsOf({ convertGovernance: true }));
    expect((await run(stage, record)).outcomes).toMatchObject({ done: 0, denied: 1 });
    expect(lockOfK()).toEqual({ mode: 'GOVERNANCE', retainUntil: inDays(stage, 118) });
    expect(await outcomeLines(record, 'compliance')).toEqual([
      expect.stringMatching(
        /,denied,GOVERNANCE,[^,]+,GOVERNANCE,2026-05-03T03:00:00Z,extended; it stays GOVERNANCE$/,
      ),
    ]);
    const puts = stage.sandbox.requests.count('PutObjectRetention');
    expect((await run(stage, record)).outcomes).toMatchObject({ done: 0, denied: 1 });
    expect(stage.sandbox.requests.count('PutObjectRetention')).toBe(puts);
  });

  test('a store that converts without a bypass does so', async () => {
    stage.bucket.put('k', { attributes: lock(stage, 'GOVERNANCE', 3) });
    const record = await planNow(stage, settingsOf({ convertGovernance: true }));
    const lenient: RetentionCalls = {
      ...stage.calls,
      async putRetention(_, { mode, retainUntil }) {
        expect(mode).toBe('COMPLIANCE');
        setLock('COMPLIANCE', (retainUntil.getTime() - stage.sandbox.clock.now()) / DAY_MS);
      },
    };
    expect((await run(stage, record, { calls: lenient })).outcomes).toMatchObject({ done: 1, denied: 0 });
    expect(lockOfK()).toEqual({ mode: 'COMPLIANCE', retainUntil: inDays(stage, 118) });
  });

  test.each(['GOVERNANCE', 'COMPLIANCE'] as const)(
    'an extension by someone else is kept (%s)',
    async (mode) => {
      stage.bucket.put('k', { attributes: lock(stage, mode, 3) });
      const record = await planNow(stage);
      const calls: RetentionCalls = {
        ...stage.calls,
        async putRetention() {
          setLock(mode, 500);
          throw new S3CallError('InvalidRequest', 'Object is WORM protected', { status: 400 });
        },
      };
      expect((await run(stage, record, { calls })).outcomes).toMatchObject({ already: 1, failed: 0 });
      expect(lockOfK()?.retainUntil).toBe(inDays(stage, 500));
    },
  );
});

describe('a store in trouble', () => {
  test('503, 500 and lost answers are tried again, and nothing is done twice over', async () => {
    for (let index = 0; index < 60; index += 1) stage.bucket.put(`k${index}`);
    const record = await planNow(stage);
    for (const effect of ['slow-down', 'internal-error', 'reset', 'reset-after'] as const) {
      stage.sandbox.faults.add({ probability: 0.08, effect });
    }
    const { outcomes, rows } = await run(stage, record);
    expect(outcomes.done).toBe(rows);
    expect(stage.sandbox.requests.count('PutObjectRetention')).toBeGreaterThan(rows);
    for (const found of locksOf(stage.bucket).values()) {
      expect(found).toEqual({ mode: 'COMPLIANCE', retainUntil: inDays(stage, 118) });
    }
  });

  test('rows that failed or were denied are tried again by the next run', async () => {
    for (let index = 0; index < 5; index += 1) stage.bucket.put(`k${index}`);
    const record = await planNow(stage);
    const denied = stage.sandbox.faults.add({
      operation: 'PutObjectRetention',
      key: 'k1',
      effect: { error: { code: 'AccessDenied', status: 403 } },
    });
    const failed = stage.sandbox.faults.add({
      operation: 'PutObjectRetention',
      key: 'k2',
      effect: 'internal-error',
    });
    expect((await run(stage, record)).outcomes).toMatchObject({ done: 3, denied: 1, failed: 1 });
    denied();
    failed();
    expect((await run(stage, record)).outcomes).toMatchObject({ done: 5, denied: 0, failed: 0 });
    expect(await outcomeLines(record, 'compliance')).toHaveLength(5);
  });
});

test('a run that stopped goes on where it stopped', async () => {
  for (let index = 0; index < 50; index += 1) stage.bucket.put(`k${String(index).padStart(3, '0')}`);
  const record = await planNow(stage);
  let puts = 0;
  const broken: RetentionCalls = {
    ...stage.calls,
    async putRetention(version, retention) {
      puts += 1;
      // After it was carried out, so that its outcome is not in the journal.
      if (puts > 20) throw new Error('killed');
      await stage.calls.putRetention(version, retention);
      if (puts === 20) throw new Error('killed');
    },
  };
  await expect(run(stage, record, { calls: broken })).rejects.toThrow('killed');
  expect([...locksOf(stage.bucket).values()].filter((found) => found !== null)).toHaveLength(20);
  const from = stage.sandbox.requests.count('PutObjectRetention');
  const { outcomes } = await run(stage, record);
  expect(outcomes).toMatchObject({ done: 50, already: 0 });
  // What was carried out is not sent again.
  expect(stage.sandbox.requests.count('PutObjectRetention') - from).toBe(30);
  expect(await outcomeLines(record, 'compliance')).toHaveLength(50);
});

describe('what may start', () => {
  const refusal = async (attempt: Promise<unknown>) =>
    await attempt.then(() => null).catch((error) => error.code);

  test('a plan that needs a review is not started unattended', async () => {
    stage.bucket.put('k');
    const record = await planNow(stage, settingsOf({}, { budgetTasks: 10 }));
    expect(await refusal(run(stage, record, { startedBy: 'unattended' }))).toBe('REVIEW_REQUIRED');
    expect(lockOfK()).toBeNull();
  });

  test('a plan made for reading is not started', async () => {
    stage.bucket.put('k');
    const record = await planNow(stage, settingsOf(), { reportOnly: true });
    expect(await refusal(run(stage, record))).toBe('REPORT_ONLY');
  });

  test('a plan older than an interval is not started', async () => {
    stage.bucket.put('k');
    const record = await planNow(stage);
    // The store's clock is known from its answers.
    stage.sandbox.clock.advance((8 * DAY_MS) / 1000);
    expect(await refusal(run(stage, record))).toBe('RECORD_STALE');
  });

  test('a bucket without Object Lock is refused', async () => {
    stage.bucket.put('k');
    const record = await planNow(stage);
    stage.bucket.objectLock = undefined;
    expect(await refusal(run(stage, record))).toBe('OBJECT_LOCK_NOT_ENABLED');
  });

  test('a record that was changed is refused', async () => {
    stage.bucket.put('k');
    const record = await planNow(stage);
    const path = join(record.folder, RETENTION_PLAN_FILE);
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replaceAll('2026-05-03', '2026-01-06'));
    expect(await refusal(run(stage, record))).toBe('RECORD_CHANGED');
    await writeFile(path, text.replace('"required":true', '"required":false'));
    expect(await refusal(run(stage, record))).toBe('RECORD_CHANGED');
    await rm(path);
    expect(await refusal(run(stage, record))).toBe('RECORD_NOT_FOUND');
  });
});
