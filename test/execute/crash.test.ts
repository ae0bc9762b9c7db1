import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bucket } from '../../sandbox/bucket.ts';
import { SeededRandom } from '../../sandbox/random.ts';
import type { RawPlanInputs } from '../../src/plan/inputs.ts';
import type { PlannedRow } from '../../src/s3/manifest.ts';
import type { Scenario } from '../../src/s3/rollback.ts';
import { verifyRun } from '../../src/verify/verify.ts';
import { undoRecord } from '../undo/undo-record.ts';
import { drawFate, runUntil } from './crash.ts';
import { AFTER_P, BEFORE_P, openStage, RUN_TIME, run, type Stage } from './harness.ts';
import { row, writeRecord } from './written-record.ts';

/**
 * A run dies at each of its steps in turn: before a request, after it and before its answer is noted, before, in the
 * middle of, and after each write of its journal. The run after it dies too, anywhere, and the one after that completes it.
 */

let stage: Stage;
let copy: Bucket;
beforeAll(async () => {
  stage = await openStage();
  copy = stage.sandbox.createBucket('copy', { versioning: 'Enabled' });
});
afterAll(async () => {
  expect(stage.sandbox.losses).toMatchObject({ permanentDeletions: 0, nullVersionReplacements: 0 });
  await stage.end();
});

type Case = {
  scenario: Scenario;
  inputs?: Partial<RawPlanInputs>;
  /** Makes a key, and the rows that a plan has for it. */
  makeKey(key: string): PlannedRow[];
  /** Makes what stands at a key of the destination before the run. */
  makeThere?(key: string): void;
  /** Entries that the run adds to a key; fewer than none where it removes some. */
  growth: number;
  /** Default: two keys, side by side. */
  keys?: readonly string[];
  /** Steps that are like those before them; every seventh will do. */
  alike?: { first: number; last: number };
};

const putAt = (time: string, key: string, options: Parameters<Bucket['put']>[1]) => {
  stage.sandbox.clock.set(time);
  return stage.bucket.put(key, options).versionId;
};
const LARGE = 6_000_000_000;

const CASES: Record<string, Case> = {
  'add a delete marker': {
    scenario: '1',
    makeKey: (key) => [row(key, { currentVersionId: putAt(AFTER_P, key, { body: 'new' }) })],
    growth: 1,
  },
  'remove delete markers': {
    scenario: '2',
    makeKey(key) {
      const exposedVersionId = putAt(BEFORE_P, key, { body: 'old' });
      stage.sandbox.clock.set(AFTER_P);
      const lower = stage.bucket.addDeleteMarker(key, { versionId: 'null' }).versionId;
      const upper = stage.bucket.addDeleteMarker(key).versionId;
      const planned = { currentVersionId: upper, exposedVersionId };
      return [upper, lower].map((versionId) => row(key, { versionId, ...planned }));
    },
    growth: -2,
  },
  copy: {
    scenario: '3b',
    makeKey: (key) => [
      row(key, {
        versionId: putAt(BEFORE_P, key, { body: `${key} old` }),
        currentVersionId: putAt(AFTER_P, key, { body: `${key} new` }),
      }),
    ],
    growth: 1,
  },
  'copy by parts': {
    scenario: '3c',
    makeKey: (key) => [
      row(key, {
        versionId: putAt(BEFORE_P, key, { size: LARGE }),
        currentVersionId: putAt(AFTER_P, key, { body: 'new' }),
        size: LARGE,
      }),
    ],
    growth: 1,
    keys: ['a'],
    // The copies of the parts.
    alike: { first: 22, last: 40 },
  },
  'copy to a bucket': {
    scenario: '5b',
    inputs: { mode: 'copy-to-bucket', destinationBucket: 'copy' },
    makeKey: (key) => [row(key, { versionId: putAt(BEFORE_P, key, { body: `${key} old` }) })],
    growth: 1,
  },
};

const OVER_BUCKET = { mode: 'copy-to-bucket', destinationBucket: 'copy', overwrite: true };
const putThere = (key: string) => {
  stage.sandbox.clock.set(AFTER_P);
  copy.put(key, { body: `${key} there before` });
};
const OVERWRITING: Record<string, Case> = {
  'copy over an object of a bucket': {
    scenario: '5b',
    inputs: OVER_BUCKET,
    makeKey: (key) => [row(key, { versionId: putAt(BEFORE_P, key, { body: `${key} old` }) })],
    makeThere: putThere,
    growth: 1,
  },
  'copy over the same data in a bucket': {
    scenario: '5b',
    inputs: OVER_BUCKET,
    makeKey: (key) => [row(key, { versionId: putAt(BEFORE_P, key, { body: `${key} old` }) })],
    makeThere(key) {
      stage.sandbox.clock.set(AFTER_P);
      copy.put(key, { body: `${key} old` });
    },
    growth: 1,
    keys: ['a'],
  },
  'copy over a delete marker of a bucket': {
    scenario: '5b',
    inputs: OVER_BUCKET,
    makeKey: (key) => [row(key, { versionId: putAt(BEFORE_P, key, { body: `${key} old` }) })],
    makeThere(key) {
      putThere(key);
      copy.addDeleteMarker(key);
    },
    growth: 1,
    keys: ['a'],
  },
  'copy by parts over an object of a bucket': {
    scenario: '5b',
    inputs: OVER_BUCKET,
    makeKey: (key) => [row(key, { versionId: putAt(BEFORE_P, key, { size: LARGE }), size: LARGE })],
    makeThere: putThere,
    growth: 1,
    keys: ['a'],
    alike: { first: 22, last: 40 },
  },
};

function nextStep(step: number, { first, last } = { first: 0, last: 0 }): number {
  return step + (step >= first && step < last ? 7 : 1);
}

/** What readers of a bucket see under some keys. */
function seen(bucket: Bucket, keys: readonly string[]) {
  return keys.map((key) => {
    const current = bucket.current(key);
    return current?.isDeleteMarker === false ? current.content.identity : null;
  });
}

const ALL = Object.entries({ ...CASES, ...OVERWRITING });
describe.each(ALL)('%s', (name, { scenario, inputs = {}, makeKey, makeThere, growth, ...own }) => {
  test('dies at every step, and the next run completes it', async () => {
    const random = new SeededRandom(7);
    const written = scenario === '5b' ? copy : stage.bucket;
    for (let step = 1, isThrough = false; !isThrough; step = nextStep(step, own.alike)) {
      const keys = (own.keys ?? ['a', 'b']).map((key) => `${name} ${String(step).padStart(3, '0')} ${key}`);
      const rows = keys.flatMap(makeKey);
      for (const key of keys) makeThere?.(key);
      stage.sandbox.clock.set(RUN_TIME);
      const before = seen(written, keys);
      const lengths = keys.map((key) => written.stack(key).length);
      const record = await writeRecord(stage.folder, { [scenario]: rows }, { inputs });

      const first = await runUntil(stage, record, { step, torn: random.fraction() });
      isThrough = first.outcome !== null;
      stage.sandbox.clock.advance(60);
      await runUntil(stage, record, drawFate(random, first.steps + 1));
      stage.sandbox.clock.advance(60);
      // Every row was carried out by one of the runs, once, and the record knows it.
      expect([step, (await run(stage, record)).outcomes]).toMatchObject([step, { done: rows.length }]);
      expect([step, keys.map((key) => written.stack(key).length)]).toEqual([
        step,
        lengths.map((length) => length + growth),
      ]);
      const options = { record, calls: stage.calls, progress: () => {}, pause: async () => {} };
      expect([step, await verifyRun(options)]).toMatchObject([
        step,
        { reconcile: { agrees: true }, live: { agrees: true, compared: keys.length } },
      ]);
      // An upload that was begun, and whose ID no journal got to know, has no parts.
      for (const { parts } of written.uploads.values()) expect([step, parts.size]).toEqual([step, 0]);

      stage.sandbox.clock.advance(60);
      const undo = await undoRecord(stage.folder, record);
      await runUntil(stage, undo, drawFate(random, first.steps + 1));
      stage.sandbox.clock.advance(60);
      expect([step, (await run(stage, undo)).outcomes]).toMatchObject([step, { done: keys.length }]);
      expect([step, seen(written, keys)]).toEqual([step, before]);
    }
  });
});
