import { appendFile, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readRecord } from '../../src/execute/record.ts';
import { sha256OfText } from '../../src/inventory/checksum.ts';
import { planDigest } from '../../src/plan/digest.ts';
import type { Scenario } from '../../src/s3/rollback.ts';
import { undoRecord } from '../undo/undo-record.ts';
import { runUntil } from './crash.ts';
import { AFTER_P, BEFORE_P, openStage, RUN_TIME, run, type Stage } from './harness.ts';
import { row, writeRecord } from './written-record.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  expect(stage.sandbox.permanentDeletions).toBe(0);
  await stage.end();
});

/** A key with a version at P and a delete marker on top. */
function deletedKey(key = 'k') {
  stage.sandbox.clock.set(BEFORE_P);
  const version = stage.bucket.put(key, { body: 'old' });
  stage.sandbox.clock.set(AFTER_P);
  const marker = stage.bucket.addDeleteMarker(key);
  stage.sandbox.clock.set(RUN_TIME);
  return { version, marker };
}

describe.each(['few', 'many'])('a manifest whose digest was doctored along (%s keys)', (amount) => {
  const more = () =>
    amount === 'few'
      ? []
      : Array.from({ length: 30 }, (_, index) => `m${index}`).map((key) => ({ key, ...deletedKey(key) }));

  test.each<Scenario>(['2', '4'])('scenario %s never removes an object version', async (scenario) => {
    const { version, marker } = deletedKey();
    const others = more().map(({ key, marker: other }) =>
      row(key, { versionId: other.versionId, currentVersionId: other.versionId }),
    );
    const record = await writeRecord(stage.folder, {
      [scenario]: [
        row('k', { versionId: version.versionId, currentVersionId: marker.versionId }),
        row('k', { versionId: marker.versionId, currentVersionId: marker.versionId }),
        ...others,
      ],
    });
    const { outcomes } = await run(stage, record);
    expect(outcomes).toMatchObject({ refused: 1, done: 1 + others.length });
    expect(stage.bucket.stack('k')).toEqual([version]);
  });

  test('an object version on top is refused', async () => {
    stage.sandbox.clock.set(BEFORE_P);
    const version = stage.bucket.put('k', { body: 'only' });
    more();
    const planned = row('k', { versionId: version.versionId, currentVersionId: version.versionId });
    const { outcomes } = await run(stage, await writeRecord(stage.folder, { '2': [planned] }));
    expect(outcomes).toMatchObject({ refused: 1 });
    expect(stage.bucket.current('k')).toBe(version);
  });
});

describe('a row that points at an object version is refused', () => {
  /** The row of a marker, pointed at the version under it. */
  function pointedAside() {
    const { version, marker } = deletedKey();
    return {
      version,
      planned: row('k', { versionId: version.versionId, currentVersionId: marker.versionId }),
    };
  }

  test('however often the run is killed and goes on', async () => {
    for (let step = 1, isThrough = false; !isThrough; step += 1) {
      const { version, planned } = pointedAside();
      const record = await writeRecord(stage.folder, { '2': [planned] });
      isThrough = (await runUntil(stage, record, { step, torn: 0.5 })).outcome !== null;
      expect((await run(stage, record)).outcomes).toMatchObject({ refused: 1 });
      expect(stage.bucket.stack('k')).toContain(version);
    }
  });

  test('in the plan of an undo', async () => {
    stage.sandbox.clock.set(BEFORE_P);
    const version = stage.bucket.put('k', { body: 'only' });
    stage.sandbox.clock.set(RUN_TIME);
    const record = await writeRecord(stage.folder, {
      '1': [row('k', { currentVersionId: version.versionId })],
    });
    await run(stage, record);
    const undo = await undoRecord(stage.folder, record);
    const [manifest] = undo.plan.manifests;
    expect(manifest?.scenario).toBe('2');
    const path = join(undo.folder, manifest?.path ?? '');
    const [bucket, key, , current = '', ...more] = (await readFile(path, 'utf8')).split(',');
    const text = [bucket, key, version.versionId, current, ...more].join(',');
    await writeFile(path, text);
    const manifests = undo.plan.manifests.map((one) => ({
      ...one,
      bytes: Buffer.byteLength(text),
      sha256: sha256OfText(text),
    }));
    const plan = { ...undo.plan, manifests };
    await writeFile(join(undo.folder, 'plan.json'), JSON.stringify({ ...plan, digest: planDigest(plan) }));
    expect((await run(stage, undo)).outcomes).toMatchObject({ refused: 1, done: 0 });
    expect(stage.bucket.stack('k')).toContain(version);
  });

  test('when a row that was denied is tried again, and its null marker is an object version by then', async () => {
    stage.bucket.versioning = 'Suspended';
    const { versionId } = stage.bucket.addDeleteMarker('k');
    stage.bucket.versioning = 'Enabled';
    const record = await writeRecord(stage.folder, {
      '2': [row('k', { versionId, currentVersionId: versionId })],
    });
    stage.sandbox.faults.add({ key: 'k', times: 1, effect: { deleteError: { code: 'AccessDenied' } } });
    expect((await run(stage, record)).outcomes).toMatchObject({ denied: 1 });
    stage.bucket.versioning = 'Suspended';
    const version = stage.bucket.put('k', { body: 'precious' });
    stage.bucket.versioning = 'Enabled';
    expect((await run(stage, record)).outcomes).toMatchObject({ refused: 1 });
    expect(stage.bucket.current('k')).toBe(version);
  });

  test('and a delete marker is no source of a copy to another bucket', async () => {
    const { marker } = deletedKey();
    const copy = stage.sandbox.createBucket('copy', { versioning: 'Enabled' });
    const planned = row('k', { versionId: marker.versionId, currentVersionId: marker.versionId });
    const inputs = { mode: 'copy-to-bucket', destinationBucket: 'copy' };
    const record = await writeRecord(stage.folder, { '5b': [planned] }, { inputs });
    expect((await run(stage, record)).outcomes).toMatchObject({ refused: 1 });
    expect(copy.entryCount).toBe(0);
  });
});

test('an empty version ID never turns a removal or a copy into something else', async () => {
  const { marker } = deletedKey();
  const record = await writeRecord(stage.folder, {
    '2': [row('k', { currentVersionId: marker.versionId })],
    '3b': [row('k', { currentVersionId: marker.versionId })],
  });
  expect((await run(stage, record)).outcomes).toMatchObject({ refused: 2 });
  expect(stage.bucket.stack('k')).toHaveLength(2);
  expect(stage.sandbox.requests.count('DeleteObjects') + stage.sandbox.requests.count('CopyObject')).toBe(0);
});

test('a version ID never turns an addition into a removal', async () => {
  stage.sandbox.clock.set(AFTER_P);
  const version = stage.bucket.put('k', { body: 'new' });
  const planned = row('k', { versionId: version.versionId, currentVersionId: version.versionId });
  expect((await run(stage, await writeRecord(stage.folder, { '1': [planned] }))).outcomes).toMatchObject({
    refused: 1,
  });
  expect(stage.bucket.stack('k')).toEqual([version]);
});

test('a delete marker is no source of a copy', async () => {
  const { version, marker } = deletedKey();
  stage.bucket.put('k', { body: 'new' });
  const current = stage.bucket.current('k')?.versionId ?? null;
  const planned = row('k', { versionId: marker.versionId, currentVersionId: current });
  expect((await run(stage, await writeRecord(stage.folder, { '3b': [planned] }))).outcomes).toMatchObject({
    refused: 1,
  });
  expect(stage.bucket.stack('k').at(-1)).toBe(version);
});

test('a key twice in a manifest gets one marker', async () => {
  stage.sandbox.clock.set(AFTER_P);
  const { versionId } = stage.bucket.put('k', { body: 'new' });
  const planned = row('k', { currentVersionId: versionId });
  const record = await writeRecord(stage.folder, { '1': [planned, planned] });
  expect((await run(stage, record)).outcomes).toMatchObject({ done: 1, refused: 1 });
  expect(stage.bucket.stack('k')).toHaveLength(2);
});

test('a null marker that became an object version is refused at the last moment', async () => {
  stage.bucket.versioning = 'Suspended';
  const marker = stage.bucket.addDeleteMarker('k');
  stage.bucket.versioning = 'Enabled';
  const record = await writeRecord(stage.folder, {
    '2': [row('k', { versionId: 'null', currentVersionId: marker.versionId })],
  });
  let heads = 0;
  stage.sandbox.on('before', (operation) => {
    if (operation !== 'HeadObject') return;
    heads += 1;
    if (heads !== 2) return;
    // Someone suspends versioning, writes, and enables it again, between the guard and the request.
    stage.bucket.versioning = 'Suspended';
    stage.bucket.put('k', { body: 'precious' });
    stage.bucket.versioning = 'Enabled';
  });
  expect((await run(stage, record)).outcomes).toMatchObject({ refused: 1 });
  expect(stage.bucket.current('k')).toMatchObject({ isDeleteMarker: false });
});

describe('records that are not what their digest names', () => {
  async function record() {
    const { marker } = deletedKey();
    return await writeRecord(stage.folder, {
      '2': [row('k', { versionId: marker.versionId, currentVersionId: marker.versionId })],
    });
  }

  test('a changed manifest', async () => {
    const { folder } = await record();
    await appendFile(join(folder, 'manifests/scenario2.csv'), 'data,other,v,v,,\n');
    await expect(readRecord(folder)).rejects.toMatchObject({ code: 'RECORD_CHANGED' });
  });

  test('a changed plan', async () => {
    const { folder } = await record();
    const path = join(folder, 'plan.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace('"as-source"', '"GLACIER"'));
    await expect(readRecord(folder)).rejects.toMatchObject({ code: 'RECORD_CHANGED' });
  });

  test.each(['', '{', '{}', '[]'])('a plan.json that holds %o', async (text) => {
    const { folder } = await record();
    await writeFile(join(folder, 'plan.json'), text);
    await expect(readRecord(folder)).rejects.toMatchObject({ code: 'RECORD_CHANGED' });
  });

  test('no plan at all', async () => {
    await expect(readRecord(join(stage.folder, 'nowhere'))).rejects.toMatchObject({
      code: 'RECORD_NOT_FOUND',
    });
  });

  test('a manifest of another bucket', async () => {
    const planned = { ...row('k', { currentVersionId: 'v' }), bucket: 'other' };
    await expect(writeRecord(stage.folder, { '1': [planned] })).rejects.toMatchObject({
      code: 'RECORD_FOREIGN_BUCKET',
    });
  });

  test('a journal that was complete once and is cut short', async () => {
    const own = await record();
    await run(stage, own);
    await truncate(join(own.folder, 'outcomes/journal/scenario2/0000000.csv'), 20);
    await expect(run(stage, own)).rejects.toMatchObject({ code: 'OUTCOMES_DAMAGED' });
  });
});
