import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SeededRandom } from '../../sandbox/random.ts';
import { readEndedRun } from '../../src/execute/outcome-rows.ts';
import { readRecord } from '../../src/execute/record.ts';
import { undoRecord } from '../undo/undo-record.ts';
import { startCommand } from './command.ts';
import { openStage, planNow, run, type Stage } from './harness.ts';
import { stateOf } from './histories.ts';
import { ARCHIVES, overwriteArchived, restoreNow } from './restore-stage.ts';
import { runCommand } from './run-command.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  expect(stage.sandbox.losses).toMatchObject({ permanentDeletions: 0, nullVersionReplacements: 0 });
  await stage.end();
});

const HOUR = 3_600;
const BULK = { tier: 'Bulk', days: 7 } as const;
const bodyOf = (key: string) => {
  const current = stage.bucket.current(key);
  return current?.isDeleteMarker === false ? (current.content.bytes?.toString() ?? null) : null;
};
const count = (operation: string) => stage.sandbox.requests.count(operation);
const hoursFromNow = (at: string | null) => (Date.parse(at ?? '') - stage.sandbox.clock.now()) / 3_600_000;

describe('over days', () => {
  test('every archive is restored and copied, tier by tier, and the outcomes are those of one run', async () => {
    overwriteArchived(stage);
    const before = stateOf(stage.bucket);
    const record = await planNow(stage);
    expect((await run(stage, record)).outcomes).toMatchObject({ done: 1, archived: 4 });
    stage.sandbox.requests.reset();

    const asked = await restoreNow(stage, record.folder, { agreed: BULK });
    expect(asked.end).toMatchObject({ status: 'waiting', requested: 4, waiting: 4, expired: 0 });
    expect(hoursFromNow(asked.end.nextLookAt)).toBeCloseTo(5);
    expect(count('RestoreObject')).toBe(4);

    // Too early: nothing is asked but the time.
    stage.sandbox.requests.reset();
    stage.sandbox.clock.advance(4 * HOUR);
    const early = await restoreNow(stage, record.folder);
    expect(early.end).toMatchObject({ status: 'waiting', requested: 0, nextLookAt: asked.end.nextLookAt });
    expect(stage.sandbox.requests.counts()).toEqual({ GetBucketVersioning: 1 });

    // Two are due, and not there yet.
    stage.sandbox.clock.advance(HOUR);
    stage.sandbox.requests.reset();
    const looked = await restoreNow(stage, record.folder);
    expect(looked.end).toMatchObject({ status: 'waiting', waiting: 4 });
    expect(count('HeadObject')).toBe(4);
    expect(hoursFromNow(looked.end.nextLookAt)).toBeCloseTo(1.25);

    stage.sandbox.clock.advance(8 * HOUR);
    const half = await restoreNow(stage, record.folder);
    expect(half.end).toMatchObject({ status: 'waiting', waiting: 2 });
    expect(half.end.outcome.outcomes).toMatchObject({ done: 3, archived: 2 });
    expect([bodyOf('flexible'), bodyOf('tiered'), bodyOf('deep')]).toEqual([
      'flexible old',
      'tiered old',
      'new',
    ]);
    expect(hoursFromNow(half.end.nextLookAt)).toBeCloseTo(11);

    stage.sandbox.clock.advance(40 * HOUR);
    const { end } = await restoreNow(stage, record.folder);
    expect(end).toMatchObject({ status: 'copied', nextLookAt: null, waiting: 0 });
    expect(end.outcome.outcomes).toMatchObject({ done: 5, archived: 0 });
    expect(count('RestoreObject')).toBe(0);
    for (const key of Object.keys(ARCHIVES)) expect(bodyOf(key)).toBe(`${key} old`);
    const outcomes = await readFile(join(record.folder, 'outcomes/scenario3a.csv'), 'utf8');
    expect(
      outcomes
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.split(',')[4]),
    ).toEqual(['done', 'done']);

    // start-jobs once more has nothing to do, and takes nothing back.
    expect((await run(stage, record)).outcomes).toEqual(end.outcome.outcomes);
    const verified = await runCommand(stage.sandbox, [
      'verify',
      '--record',
      record.folder,
      '--list',
      '--json',
      '--quiet',
      '--plan-inventory',
      join(stage.folder, (await readdir(stage.folder)).find((name) => name.startsWith('inventory-')) ?? ''),
    ]);
    expect(verified.stderr).toBe('');
    expect(JSON.parse(verified.stdout)).toMatchObject({
      agrees: true,
      live: { compared: 5 },
      state: { compared: 5, excluded: 0 },
    });

    const undo = await undoRecord(stage.folder, record);
    expect((await run(stage, undo)).outcomes).toMatchObject({ done: 5 });
    expect(stateOf(stage.bucket)).toEqual(before);
  });

  test('copies to a bucket: 5a, and versions that the plan took for readable', async () => {
    overwriteArchived(stage);
    stage.sandbox.createBucket('copy', { versioning: 'Enabled' });
    const record = await planNow(stage, { mode: 'copy-to-bucket', destinationBucket: 'copy' });
    expect((await run(stage, record)).outcomes).toMatchObject({ done: 1, archived: 4 });
    await restoreNow(stage, record.folder, { agreed: BULK });
    stage.sandbox.clock.advance(49 * HOUR);
    const { end } = await restoreNow(stage, record.folder);
    expect(end.outcome.outcomes).toMatchObject({ done: 5, archived: 0 });
    expect(end.outcome.scenarios.map(({ scenario, outcomes }) => [scenario, outcomes.done])).toEqual([
      ['5a', 2],
      ['5b', 3],
    ]);
    expect(bodyOf('deep')).toBe('new');
  });

  test('without --once it stays until everything is copied', async () => {
    overwriteArchived(stage);
    const record = await planNow(stage);
    await run(stage, record);
    let pauses = 0;
    const pause = async () => {
      pauses += 1;
      stage.sandbox.clock.advance(HOUR);
      await stage.calls.readVersioning(stage.bucket.name);
    };
    const { end } = await restoreNow(stage, record.folder, { agreed: BULK, once: false, pause });
    expect(end).toMatchObject({ status: 'copied', requested: 4 });
    expect(pauses).toBeGreaterThanOrEqual(48);
    expect(end.outcome.outcomes).toMatchObject({ done: 5 });
  });
});

describe('what has changed meanwhile', () => {
  test('nothing is paid for a key that drifted, or a version that has gone', async () => {
    const versions = overwriteArchived(stage);
    const record = await planNow(stage);
    await run(stage, record);
    stage.bucket.put('flexible', { body: 'later' });
    stage.bucket.expire('deep', versions.get('deep')?.versionId ?? '');
    const { end } = await restoreNow(stage, record.folder, { agreed: BULK });
    expect(end).toMatchObject({ requested: 2, waiting: 2 });
    expect(end.outcome.outcomes).toMatchObject({ drifted: 1, missing: 1, archived: 2 });
  });

  test('a key that is written while S3 restores is left alone', async () => {
    overwriteArchived(stage, { flexible: { storageClass: 'GLACIER' } });
    const record = await planNow(stage);
    await run(stage, record);
    await restoreNow(stage, record.folder, { agreed: BULK });
    stage.sandbox.clock.advance(12 * HOUR);
    stage.bucket.put('flexible', { body: 'later' });
    const { end } = await restoreNow(stage, record.folder);
    expect(end.status).toBe('copied');
    expect(end.outcome.outcomes).toMatchObject({ done: 1, drifted: 1 });
    expect(bodyOf('flexible')).toBe('later');
  });

  test('restored by someone else, or on its way: taken as it is', async () => {
    overwriteArchived(stage, {
      deep: { storageClass: 'DEEP_ARCHIVE' },
      flexible: { storageClass: 'GLACIER' },
    });
    const record = await planNow(stage);
    await run(stage, record);
    for (const key of ['deep', 'flexible']) {
      const version = stage.bucket.stack(key)[1];
      if (version?.isDeleteMarker !== false) throw new TypeError('a version is expected');
      const readyAt = stage.sandbox.clock.now() + (key === 'deep' ? 3_600_000 : -1);
      version.attributes = { ...version.attributes, restored: { readyAt, expiresAt: readyAt + 9e8 } };
    }
    stage.sandbox.requests.reset();
    const { end } = await restoreNow(stage, record.folder, { agreed: BULK });
    expect(count('RestoreObject')).toBe(0);
    expect(end).toMatchObject({ status: 'waiting', waiting: 1, requested: 0 });
    expect(bodyOf('flexible')).toBe('flexible old');
  });

  test('copies that expired take a new agreement', async () => {
    overwriteArchived(stage, { flexible: { storageClass: 'GLACIER' } });
    const record = await planNow(stage);
    await run(stage, record);
    await restoreNow(stage, record.folder, { agreed: BULK });
    stage.sandbox.clock.advance(20 * 24 * HOUR);
    stage.sandbox.requests.reset();
    const gone = await restoreNow(stage, record.folder);
    expect(gone.end).toMatchObject({ status: 'expired', expired: 1, nextLookAt: null });
    expect(count('RestoreObject')).toBe(0);
    const again = await restoreNow(stage, record.folder, { agreed: { tier: 'Standard', days: 7 } });
    expect(again.end).toMatchObject({ status: 'waiting', requested: 1, expired: 0 });
    stage.sandbox.clock.advance(5 * HOUR);
    expect((await restoreNow(stage, record.folder)).end).toMatchObject({ status: 'copied' });
  });

  test('no capacity for Expedited: asked again soon, in minutes; deep tiers get Standard', async () => {
    overwriteArchived(stage, {
      flexible: { storageClass: 'GLACIER' },
      'tiered-deep': { storageClass: 'INTELLIGENT_TIERING', archiveStatus: 'DEEP_ARCHIVE_ACCESS' },
    });
    const record = await planNow(stage);
    await run(stage, record);
    const error = { code: 'GlacierExpeditedRetrievalNotAvailable', status: 503 };
    const off = stage.sandbox.faults.add({ operation: 'RestoreObject', key: 'flexible', effect: { error } });
    const agreed = { tier: 'Expedited', days: 7 } as const;
    const { end, state } = await restoreNow(stage, record.folder, { agreed });
    expect(end).toMatchObject({ status: 'waiting', requested: 1, waiting: 2 });
    expect(state).toMatchObject({ turnedAway: 1 });
    expect(hoursFromNow(end.nextLookAt)).toBeCloseTo(1 / 60);
    off();
    stage.sandbox.clock.advance(60);
    expect((await restoreNow(stage, record.folder)).end).toMatchObject({ requested: 1, waiting: 2 });
    stage.sandbox.clock.advance(300);
    expect((await restoreNow(stage, record.folder)).end.outcome.outcomes).toMatchObject({
      done: 2,
      archived: 1,
    });
    stage.sandbox.clock.advance(12 * HOUR);
    expect((await restoreNow(stage, record.folder)).end.status).toBe('copied');
  });

  test.each(['ObjectAlreadyInActiveTierError', 'InvalidObjectState'])(
    '%s says that it is in no archive any more: the next look copies it',
    async (code) => {
      const versions = overwriteArchived(stage, { flexible: { storageClass: 'GLACIER' } });
      const record = await planNow(stage);
      await run(stage, record);
      const off = stage.sandbox.faults.add({
        operation: 'RestoreObject',
        effect: { error: { code, status: 403 } },
      });
      expect((await restoreNow(stage, record.folder, { agreed: BULK })).end).toMatchObject({
        status: 'waiting',
        requested: 0,
        waiting: 1,
      });
      off();
      const version = versions.get('flexible');
      if (version !== undefined) version.attributes = { ...version.attributes, storageClass: 'STANDARD' };
      stage.sandbox.clock.advance(5 * HOUR);
      expect((await restoreNow(stage, record.folder)).end).toMatchObject({ status: 'copied', waiting: 0 });
    },
  );

  test('a denied request ends denied, and is tried again', async () => {
    overwriteArchived(stage, { flexible: { storageClass: 'GLACIER' } });
    const record = await planNow(stage);
    await run(stage, record);
    const off = stage.sandbox.faults.add({
      operation: 'RestoreObject',
      effect: { error: { code: 'AccessDenied', status: 403 } },
    });
    const denied = await restoreNow(stage, record.folder, { agreed: BULK });
    expect(denied.end).toMatchObject({ status: 'copied' });
    expect(denied.end.outcome.outcomes).toMatchObject({ done: 1, denied: 1 });
    off();
    expect((await restoreNow(stage, record.folder)).end).toMatchObject({ status: 'waiting', requested: 1 });
  });
});

test('killed at any request, the next run goes on and asks for nothing twice', async () => {
  const keys = Array.from({ length: 60 }, (_, index) => `k${String(index).padStart(3, '0')}`);
  overwriteArchived(
    stage,
    Object.fromEntries(keys.map((key) => [key, { storageClass: 'GLACIER' as const }])),
  );
  const record = await planNow(stage);
  await run(stage, record);
  const args = [
    'restore-archived',
    '--record',
    record.folder,
    '--once',
    '--json',
    '--quiet',
    '--concurrency',
    '4',
  ];
  const killAt = async (operation: string, at: number, extra: string[]) => {
    const { child, result } = startCommand(stage.sandbox, [...args, ...extra]);
    let seen = 0;
    const off = stage.sandbox.on('after', async (name) => {
      if (name !== operation) return;
      seen += 1;
      if (seen === at) {
        child.kill('SIGKILL');
        await result;
      }
    });
    const { status } = await result;
    off();
    return status;
  };
  stage.sandbox.requests.reset();
  expect(await killAt('RestoreObject', 20, ['--yes'])).toBeNull();
  const waiting = await runCommand(stage.sandbox, args);
  expect([waiting.status, waiting.stderr]).toEqual([4, '']);
  expect(JSON.parse(waiting.stdout)).toMatchObject({ status: 'waiting', waiting: 60 });
  // What was asked for when the kill came, and was not noted, is seen to be under way.
  expect(count('RestoreObject')).toBe(60);
  stage.sandbox.clock.advance(13 * HOUR);
  expect(await killAt('CopyObject', 20, [])).toBeNull();
  stage.sandbox.clock.advance(60);
  const last = await runCommand(stage.sandbox, args);
  expect([last.status, last.stderr]).toEqual([0, '']);
  expect(JSON.parse(last.stdout)).toMatchObject({
    status: 'copied',
    outcome: { outcomes: { done: 61, already: 0 } },
  });
  for (const key of keys) expect([bodyOf(key), stage.bucket.stack(key).length]).toEqual([`${key} old`, 3]);
});

test.each([1, 2, 3])(
  'whenever it is run, each version is restored once and each key ends right (seed %i)',
  async (seed) => {
    const random = new SeededRandom(seed);
    const pick = <T>(values: readonly T[]) => values[Math.floor(random.fraction() * values.length)] as T;
    const keys = Array.from({ length: 30 }, (_, index) => `k${String(index).padStart(2, '0')}`);
    const kinds = Object.values(ARCHIVES);
    overwriteArchived(stage, Object.fromEntries(keys.map((key) => [key, pick(kinds)])));
    const record = await planNow(stage);
    await run(stage, record);
    stage.sandbox.requests.reset();
    const later = new Set<string>();
    let looks = 0;
    let agreed: { tier: 'Bulk'; days: number } | null = { tier: 'Bulk', days: 30 };
    for (let end = 'waiting'; end === 'waiting'; looks += 1) {
      const stopsAfter =
        random.fraction() < 0.3 ? Math.floor(random.fraction() * 5) : Number.POSITIVE_INFINITY;
      let asked = 0;
      // Asked before each row: from then on it finishes what was begun, and says so.
      const isStopped = () => {
        asked += 1;
        return asked > stopsAfter;
      };
      try {
        end = (await restoreNow(stage, record.folder, { agreed, isStopped })).end.status;
      } catch (error) {
        expect(error).toMatchObject({ code: 'INTERRUPTED' });
      }
      agreed = null;
      stage.sandbox.clock.advance(Math.ceil(random.fraction() * 12 * HOUR));
      const written = pick(keys);
      if (random.fraction() < 0.3 && bodyOf(written) === 'new') {
        stage.bucket.put(written, { body: 'later' });
        later.add(written);
      }
      expect(looks).toBeLessThan(200);
    }
    for (const key of keys)
      expect([key, bodyOf(key)]).toEqual([key, later.has(key) ? 'later' : `${key} old`]);
    const restored = stage.sandbox.requests
      .entries()
      .filter(({ operation }) => operation === 'RestoreObject');
    expect(new Set(restored.map(({ key }) => key)).size).toBe(restored.length);
    const { outcomes, rows } = await readEndedRun(await readRecord(record.folder));
    expect([rows, outcomes.done, outcomes.drifted]).toEqual([31, 31 - later.size, later.size]);
  },
);
