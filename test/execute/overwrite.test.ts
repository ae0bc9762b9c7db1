import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Bucket } from '../../sandbox/bucket.ts';
import { readEndedRows, readEndedRun } from '../../src/execute/outcome-rows.ts';
import type { PlanRecord } from '../../src/execute/record.ts';
import { verifyRun } from '../../src/verify/verify.ts';
import { undoRecord } from '../undo/undo-record.ts';
import { runUntil } from './crash.ts';
import { AFTER_P, BEFORE_P, openStage, RUN_TIME, run, type Stage } from './harness.ts';
import { row, writeRecord } from './written-record.ts';

/** Copy to Bucket over what the destination has (`overwrite`): what it goes over, and the way back. */

let stage: Stage;
let copy: Bucket;
beforeEach(async () => {
  stage = await openStage();
  copy = stage.sandbox.createBucket('copy', { versioning: 'Enabled' });
});
afterEach(async () => {
  expect(stage.sandbox.losses).toMatchObject({ permanentDeletions: 0, nullVersionReplacements: 0 });
  await stage.end();
});

const INPUTS = { mode: 'copy-to-bucket', destinationBucket: 'copy', overwrite: true };
const LARGE = 6_000_000_000;

/** A record of one key, whose source holds `good`. */
async function planCopy(options: { size?: number; versionId?: string } = {}): Promise<PlanRecord> {
  stage.sandbox.clock.set(BEFORE_P);
  const { size, ...own } = options;
  const data = size === undefined ? { body: 'good' } : { size };
  const { versionId } = stage.bucket.put('k', { ...data, ...own });
  stage.sandbox.clock.set(RUN_TIME);
  const planned = row('k', { versionId, currentVersionId: versionId, size: size ?? 4 });
  return await writeRecord(stage.folder, { '5b': [planned] }, { inputs: INPUTS });
}

function putThere(body: string, options: { versionId?: string; size?: number } = {}): string {
  stage.sandbox.clock.set(AFTER_P);
  const { versionId } = copy.put('k', { body, ...options });
  stage.sandbox.clock.set(RUN_TIME);
  return versionId;
}

const seen = () => {
  const current = copy.current('k');
  return current?.isDeleteMarker === false ? (current.content.bytes?.toString() ?? 'large') : null;
};

async function resultOf(record: PlanRecord) {
  const ended = await readEndedRun(record);
  const [manifest] = record.plan.manifests;
  const [scenario] = ended.scenarios;
  if (manifest === undefined || scenario === undefined) throw new Error('the plan has a manifest');
  for await (const { result } of readEndedRows(record, manifest, scenario.path)) return result;
  throw new Error('the manifest has a row');
}

async function undo(record: PlanRecord): Promise<PlanRecord> {
  stage.sandbox.clock.advance(60);
  const back = await undoRecord(stage.folder, record);
  expect(back.plan.inputs).not.toHaveProperty('overwrite');
  expect((await run(stage, back)).outcomes).toMatchObject({ done: 1 });
  return back;
}

/** One line a state of the destination: how it is made, and what readers see of it. */
const THERE: [name: string, make: () => void, before: string | null, kind: string][] = [
  ['nothing', () => {}, null, 'none'],
  ['an object', () => void putThere('theirs'), 'theirs', 'version'],
  ['the same data', () => void putThere('good'), 'good', 'version'],
  ['a null version', () => void putThere('theirs', { versionId: 'null' }), 'theirs', 'version'],
  [
    'a delete marker',
    () => {
      putThere('theirs');
      copy.addDeleteMarker('k');
    },
    null,
    'marker',
  ],
];
test.each(THERE)('over %s; undone, and undone again', async (_name, make, before, kind) => {
  const record = await planCopy({ versionId: 'null' });
  make();
  const top = copy.current('k')?.versionId;
  expect((await run(stage, record)).outcomes).toMatchObject({ done: 1 });
  expect([seen(), copy.stack('k')[1]?.versionId]).toEqual(['good', top]);
  expect(await resultOf(record)).toMatchObject({
    before: kind === 'version' ? { kind, versionId: top } : { kind },
  });
  const check = (of: PlanRecord) =>
    verifyRun({ record: of, calls: stage.calls, progress: () => {}, pause: async () => {} });
  expect(await check(record)).toMatchObject({ reconcile: { agrees: true }, live: { agrees: true } });

  const back = await undo(record);
  expect(seen()).toBe(before);
  expect(await check(back)).toMatchObject({ reconcile: { agrees: true }, live: { agrees: true } });
  await undo(back);
  expect(seen()).toBe('good');
  expect(stage.bucket.stack('k')).toHaveLength(1);
});

test.each(['an object', 'a delete marker'])(
  'a writer between the look and the copy, who puts %s: the copy goes over that, and undo brings it back',
  async (what) => {
    const record = await planCopy();
    putThere('theirs');
    let late: string | null = null;
    stage.sandbox.on('before', (operation) => {
      if (operation !== 'CopyObject' || late !== null) return;
      late =
        what === 'an object'
          ? copy.put('k', { body: 'late' }).versionId
          : copy.addDeleteMarker('k').versionId;
    });
    expect((await run(stage, record)).outcomes).toMatchObject({ done: 1 });
    expect(copy.stack('k').map(({ versionId }) => versionId)[1]).toBe(late);
    expect([seen(), copy.stack('k').length]).toEqual(['good', 3]);
    await undo(record);
    expect(seen()).toBe(what === 'an object' ? 'late' : null);
  },
);

describe('a run that died after its copy', () => {
  /** Runs until right after the copy was made, before its answer is noted. */
  async function dieAfterCopy(record: PlanRecord, entries: number): Promise<void> {
    for (let step = 1; copy.stack('k').length < entries; step += 1) {
      await runUntil(stage, record, { step, torn: 0 });
      stage.sandbox.clock.advance(60);
    }
  }

  test.each([0, 1, 5])(
    'with %i writes on top since: the copy is known, and not made again',
    async (writes) => {
      const record = await planCopy();
      const theirs = putThere('theirs');
      await dieAfterCopy(record, 2);
      const copyId = copy.current('k')?.versionId;
      for (let index = 0; index < writes; index += 1) copy.put('k', { body: `late ${index}` });
      const stack = copy.stack('k').map(({ versionId }) => versionId);
      expect((await run(stage, record)).outcomes).toMatchObject({ done: 1 });
      expect(copy.stack('k').map(({ versionId }) => versionId)).toEqual(stack);
      expect(await resultOf(record)).toMatchObject({
        newVersionId: copyId,
        before: { kind: 'version', versionId: theirs },
      });
      // What was written since stays: the undo is guarded.
      stage.sandbox.clock.advance(60);
      const back = await run(stage, await undoRecord(stage.folder, record));
      expect(back.outcomes).toMatchObject(writes === 0 ? { done: 1 } : { drifted: 1 });
      expect(seen()).toBe(writes === 0 ? 'theirs' : `late ${writes - 1}`);
    },
  );

  test('with a delete on top since', async () => {
    const record = await planCopy();
    putThere('theirs');
    await dieAfterCopy(record, 2);
    copy.addDeleteMarker('k');
    expect((await run(stage, record)).outcomes).toMatchObject({ done: 1 });
    expect(copy.stack('k')).toHaveLength(3);
  });
});

describe('by parts', () => {
  test('what is written while parts are copied stays on top', async () => {
    const record = await planCopy({ size: LARGE });
    putThere('theirs');
    let late: string | null = null;
    stage.sandbox.on('before', (operation) => {
      if (operation === 'UploadPartCopy') late ??= copy.put('k', { body: 'late' }).versionId;
    });
    expect((await run(stage, record)).outcomes).toMatchObject({ drifted: 1 });
    expect([seen(), copy.current('k')?.versionId, copy.uploads.size]).toEqual(['late', late, 0]);
  });

  test('what was written after a killed run began its upload is copied over by a new one', async () => {
    const record = await planCopy({ size: LARGE });
    putThere('theirs');
    for (let step = 1; [...copy.uploads.values()].every(({ parts }) => parts.size === 0); step += 1) {
      await runUntil(stage, record, { step, torn: 0 });
      stage.sandbox.clock.advance(60);
    }
    const begun = copy.uploads.size;
    const late = copy.put('k', { body: 'late' }).versionId;
    stage.sandbox.clock.advance(60);
    expect((await run(stage, record)).outcomes).toMatchObject({ done: 1 });
    expect(copy.stack('k').map(({ versionId }) => versionId)[1]).toBe(late);
    expect([seen(), await resultOf(record)]).toMatchObject(['large', { before: { versionId: late } }]);
    // The one with parts was given up; the others were begun in the instant of a death.
    expect(copy.uploads.size).toBe(begun - 1);
    for (const { parts } of copy.uploads.values()) expect(parts.size).toBe(0);
    await undo(record);
    expect(seen()).toBe('late');
  });
});
