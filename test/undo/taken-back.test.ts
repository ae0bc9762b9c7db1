import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PlanRecord } from '../../src/execute/record.ts';
import type { S3Calls } from '../../src/execute/s3-calls.ts';
import type { PlannedRow } from '../../src/s3/manifest.ts';
import { verifyRun } from '../../src/verify/verify.ts';
import { runUntil } from '../execute/crash.ts';
import { AFTER_P, BEFORE_P, openStage, RUN_TIME, run, type Stage } from '../execute/harness.ts';
import { row, writeRecord } from '../execute/written-record.ts';
import { undoRecord } from './undo-record.ts';

/** Undo and verify go by what the run brought to the top and what it hid, however the run came about. */

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  expect(stage.sandbox.losses).toMatchObject({ permanentDeletions: 0, nullVersionReplacements: 0 });
  await stage.end();
});

/** A key with a version at P under two delete markers. */
function twiceDeleted() {
  const { bucket, sandbox } = stage;
  sandbox.clock.set(BEFORE_P);
  const version = bucket.put('k', { body: 'good' }).versionId;
  sandbox.clock.set(AFTER_P);
  const lower = bucket.addDeleteMarker('k').versionId;
  const upper = bucket.addDeleteMarker('k').versionId;
  sandbox.clock.set(RUN_TIME);
  return { version, lower, upper };
}

/** The plan of such a key, which knows what it exposes, or not: ties of a second, and plans of before. */
async function planOf(
  { version, lower, upper }: ReturnType<typeof twiceDeleted>,
  isExposureKnown: boolean,
): Promise<PlanRecord> {
  const planned: Partial<PlannedRow> = { currentVersionId: upper };
  if (isExposureKnown) planned.exposedVersionId = version;
  const rows = [upper, lower].map((versionId) => row('k', { ...planned, versionId }));
  return await writeRecord(stage.folder, { '2': rows });
}

const verify = async (record: PlanRecord) =>
  (await verifyRun({ record, calls: stage.calls, progress: () => {}, pause: async () => {} })).live;

async function undo(record: PlanRecord) {
  stage.sandbox.clock.advance(60);
  return (await run(stage, await undoRecord(stage.folder, record))).outcomes;
}

describe.each([true, false])(
  'markers that went one after the other (exposed version planned: %s)',
  (isKnown) => {
    test.each([0, 1])('in two rounds, the one of row %i first', async (failing) => {
      const entries = twiceDeleted();
      const record = await planOf(entries, isKnown);
      const code = 'InternalError';
      stage.sandbox.faults.add({ key: 'k', after: 1 - failing, times: 1, effect: { deleteError: { code } } });
      expect((await run(stage, record)).outcomes).toMatchObject({ done: 2 });
      expect(stage.bucket.current('k')?.versionId).toBe(entries.version);
      expect(await verify(record)).toMatchObject({ agrees: true, compared: 1 });
      expect(await undo(record)).toMatchObject({ done: 1, drifted: 0 });
      expect(stage.bucket.current('k')).toMatchObject({ isDeleteMarker: true });
    });

    test.each([0, 1])('in two runs, as that of row %i was denied at first', async (denied) => {
      const entries = twiceDeleted();
      const record = await planOf(entries, isKnown);
      const code = 'AccessDenied';
      stage.sandbox.faults.add({ key: 'k', after: denied, times: 1, effect: { deleteError: { code } } });
      expect((await run(stage, record)).outcomes).toMatchObject({ done: 1, denied: 1 });
      expect((await run(stage, record)).outcomes).toMatchObject({ done: 2, denied: 0 });
      expect(await verify(record)).toMatchObject({ agrees: true, compared: 1 });
      expect(await undo(record)).toMatchObject({ done: 1, drifted: 0 });
      expect(stage.bucket.current('k')).toMatchObject({ isDeleteMarker: true });
    });
  },
);

describe.each([true, false])(
  'a write after the markers are gone (exposed version planned: %s)',
  (isKnown) => {
    test('and before a run that was killed goes on: undo does not bury it, and verify tells it', async () => {
      const entries = twiceDeleted();
      const record = await planOf(entries, isKnown);
      // Dies when the removal was carried out, and its answer is not in the journal yet.
      let deletions = 0;
      const off = stage.sandbox.on('after', (operation) => {
        if (operation === 'DeleteObjects') deletions += 1;
      });
      for (let step = 1; deletions === 0; step += 1) await runUntil(stage, record, { step, torn: 0 });
      off();
      stage.sandbox.clock.advance(60);
      const later = stage.bucket.put('k', { body: 'later' }).versionId;
      stage.sandbox.clock.advance(60);
      await run(stage, record);
      if (isKnown) expect(await verify(record)).toMatchObject({ agrees: false, differences: 1 });
      expect(await undo(record)).toMatchObject({ done: 0 });
      expect(stage.bucket.current('k')?.versionId).toBe(later);
    });

    test('and before the run looks at what came to the top', async () => {
      const entries = twiceDeleted();
      const record = await planOf(entries, isKnown);
      let later: string | null = null;
      stage.sandbox.on('after', (operation) => {
        if (operation !== 'DeleteObjects' || later !== null) return;
        stage.sandbox.clock.advance(5);
        later = stage.bucket.put('k', { body: 'later' }).versionId;
      });
      expect((await run(stage, record)).outcomes).toMatchObject({ done: 2 });
      expect(await undo(record)).toMatchObject({ done: 0 });
      expect(stage.bucket.current('k')?.versionId).toBe(later);
    });
  },
);

/** `k` was overwritten after P, and is to be copied back; the clock stands at the run. */
async function planOfOverwritten(): Promise<PlanRecord> {
  const { bucket, sandbox } = stage;
  sandbox.clock.set(BEFORE_P);
  const versionId = bucket.put('k', { body: 'good' }).versionId;
  sandbox.clock.set(AFTER_P);
  const currentVersionId = bucket.put('k', { body: 'bad' }).versionId;
  sandbox.clock.set(RUN_TIME);
  return await writeRecord(stage.folder, { '3b': [row('k', { versionId, currentVersionId })] });
}

test('a copy over a write that no guard saw, on a store without conditions: undo brings that write back', async () => {
  const { bucket, sandbox } = stage;
  const record = await planOfOverwritten();
  let copies = 0;
  const calls: S3Calls = {
    ...stage.calls,
    async copyObject(request) {
      copies += 1;
      bucket.put('k', { body: 'written in between' });
      return await stage.calls.copyObject({ ...request, condition: null });
    },
  };
  for (let step = 1; copies === 0; step += 1) await runUntil({ ...stage, calls }, record, { step, torn: 0 });
  sandbox.clock.advance(60);
  expect((await run(stage, record)).outcomes).toMatchObject({ done: 1 });
  expect(await undo(record)).toMatchObject({ done: 1 });
  expect(bucket.current('k')).toMatchObject({ content: { size: 'written in between'.length } });
});

test('other data that someone wrote after a copy was announced is not taken for the copy', async () => {
  const { bucket, sandbox } = stage;
  const record = await planOfOverwritten();
  const copyObject = async () => {
    bucket.put('k', { body: 'later' });
    throw new Error('the process dies');
  };
  await expect(run(stage, record, { ...stage.calls, copyObject })).rejects.toThrow('the process dies');
  sandbox.clock.advance(60);
  expect((await run(stage, record)).outcomes).toMatchObject({ drifted: 1 });
  expect(bucket.current('k')).toMatchObject({ content: { size: 'later'.length } });
});

test('verify tells a marker that is back, and a key that was undeleted before the run and written since', async () => {
  const { bucket, sandbox } = stage;
  sandbox.clock.set(BEFORE_P);
  const exposedVersionId = bucket.put('early', { body: 'good' }).versionId;
  sandbox.clock.set(AFTER_P);
  const early = bucket.addDeleteMarker('early').versionId;
  const back = bucket.addDeleteMarker('back').versionId;
  const rows = [
    row('back', { versionId: back, currentVersionId: back }),
    row('early', { versionId: early, currentVersionId: early, exposedVersionId }),
  ];
  const record = await writeRecord(stage.folder, { '2': rows });
  bucket.remove('early', early);
  sandbox.clock.set(RUN_TIME);
  expect((await run(stage, record)).outcomes).toMatchObject({ done: 1, already: 1 });
  expect(await verify(record)).toMatchObject({ agrees: true, compared: 2 });
  bucket.addDeleteMarker('back', { versionId: back });
  bucket.put('early', { body: 'later' });
  expect(await verify(record)).toMatchObject({ agrees: false, differences: 2 });
});
