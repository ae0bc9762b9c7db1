import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PlannedRow } from '../../src/s3/manifest.ts';
import type { Scenario } from '../../src/s3/rollback.ts';
import { AFTER_P, BEFORE_P, openStage, RUN_TIME, run, type Stage } from './harness.ts';
import { row, writeRecord } from './written-record.ts';

/** Versioning that is suspended between the look at a key and the act: what would be written takes the place of a version. */

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  expect(stage.sandbox.losses).toMatchObject({ permanentDeletions: 0, nullVersionReplacements: 0 });
  await stage.end();
});

const ROWS: [Scenario, (key: string) => PlannedRow][] = [
  ['1', (key) => row(key, { currentVersionId: stage.bucket.put(key, { body: 'new' }).versionId })],
  [
    '2',
    (key) => {
      const marker = stage.bucket.addDeleteMarker(key).versionId;
      return row(key, { versionId: marker, currentVersionId: marker });
    },
  ],
  [
    '3b',
    (key) => {
      const versionId = stage.bucket.current(key)?.versionId ?? null;
      const currentVersionId = stage.bucket.put(key, { body: 'new' }).versionId;
      return row(key, { versionId, currentVersionId });
    },
  ],
];

describe.each(ROWS)('scenario %s', (scenario, makeRow) => {
  test.each([1, 40])(
    'nothing is written, and the run goes on once it is enabled again (%i keys)',
    async (count) => {
      const { bucket, sandbox } = stage;
      const keys = Array.from({ length: count }, (_, index) => `k${index}`);
      sandbox.clock.set(BEFORE_P);
      for (const key of keys) bucket.put(key, { body: 'old' });
      sandbox.clock.set(AFTER_P);
      const record = await writeRecord(stage.folder, { [scenario]: keys.map(makeRow) });
      sandbox.clock.set(RUN_TIME);
      const before = keys.map((key) => bucket.stack(key));
      const off = sandbox.on('before', (operation) => {
        if (['HeadObject', 'ListObjectVersions'].includes(operation)) bucket.versioning = 'Suspended';
      });
      await expect(run(stage, record)).rejects.toMatchObject({ code: 'VERSIONING_NOT_ENABLED' });
      expect(keys.map((key) => bucket.stack(key))).toEqual(before);
      off();
      bucket.versioning = 'Enabled';
      expect((await run(stage, record)).outcomes).toMatchObject({ done: count });
    },
  );
});

test('a copy that became no version of its own ends the run', async () => {
  const { bucket, sandbox } = stage;
  sandbox.clock.set(BEFORE_P);
  bucket.put('k', { body: 'old' });
  sandbox.clock.set(AFTER_P);
  const rows = ROWS.filter(([scenario]) => scenario === '3b').map(([, makeRow]) => makeRow('k'));
  const record = await writeRecord(stage.folder, { '3b': rows });
  sandbox.clock.set(RUN_TIME);
  sandbox.on('before', (operation) => {
    if (operation === 'CopyObject') bucket.versioning = 'Suspended';
  });
  await expect(run(stage, record)).rejects.toMatchObject({ code: 'VERSIONING_NOT_ENABLED' });
});
