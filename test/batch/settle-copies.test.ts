import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CopyEvidence, settleCopies } from '../../src/execute/batch/settle-copies.ts';
import type { RowOutcome } from '../../src/execute/journal.ts';
import { S3CallError } from '../../src/s3/call-error.ts';
import type { PlannedRow } from '../../src/s3/manifest.ts';
import { AFTER_P, BEFORE_P, openStage, RUN_TIME, type Stage } from '../execute/harness.ts';
import { row } from '../execute/written-record.ts';

/** How the rows of a copy job of S3's own are settled, by its report and by what stands in the bucket. */

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.end());

const START = new Date(RUN_TIME);
const at = (seconds: number) => new Date(START.getTime() + seconds * 1_000).toISOString();

/** A key as the plan saw it: the version to copy, and what is current. */
function planned(key: string, current: 'version' | 'marker' = 'version'): PlannedRow {
  const { bucket } = stage;
  const { versionId } = bucket.put(key, { body: 'good', lastModified: BEFORE_P });
  stage.sandbox.clock.set(AFTER_P);
  const top = current === 'version' ? bucket.put(key, { body: 'bad!' }) : bucket.addDeleteMarker(key);
  stage.sandbox.clock.set(RUN_TIME);
  return row(key, { versionId, currentVersionId: top.versionId, size: 4, storageClass: 'STANDARD' });
}

const copy = (key: string, seconds = 1) => stage.bucket.put(key, { body: 'good', lastModified: at(seconds) });

async function settle(
  rows: PlannedRow[],
  fields: Partial<CopyEvidence> = {},
  failed: [PlannedRow, string, number][] = [],
): Promise<RowOutcome[]> {
  const names = failed.map(([{ key, versionId }, code, status]): [string, S3CallError] => [
    `${key}\n${versionId}`,
    new S3CallError(code, 'why', { status }),
  ]);
  const evidence: CopyEvidence = {
    writtenBucket: stage.bucket.name,
    isInPlace: true,
    overwrite: false,
    report: { failed: new Map(names), first: null },
    isWhole: true,
    from: START,
    to: new Date(at(10)),
    ...fields,
  };
  const prover = { calls: stage.calls, read: <T>(request: () => Promise<T>) => request() };
  const results: RowOutcome[] = [];
  async function* all() {
    yield* rows;
  }
  for await (const { result } of settleCopies(prover, all(), evidence)) results.push(result);
  return results;
}

test('a copy that the report tells of: its version, and what it hides', async () => {
  const [plain, marker] = [planned('a'), planned('b', 'marker')];
  const versions = [copy('a').versionId, copy('b').versionId];
  expect(await settle([plain, marker])).toMatchObject([
    { outcome: 'done', newVersionId: versions[0], before: { kind: 'version', size: 4 }, detail: '' },
    { outcome: 'done', newVersionId: versions[1], before: { kind: 'marker' }, detail: '' },
  ]);
});

test('delivered twice: the newer copy, and what lies below both', async () => {
  const one = planned('a');
  copy('a');
  const { versionId } = copy('a', 2);
  const [result] = await settle([one]);
  expect(result).toMatchObject({ newVersionId: versionId, before: { kind: 'version' }, detail: '' });
  expect(result?.before).not.toHaveProperty('versionId');
});

test('what the copy went over, and what was written over the copy, is told', async () => {
  const one = planned('a');
  const buried = stage.bucket.put('a', { body: 'of another size', lastModified: at(-60) });
  const { versionId } = copy('a');
  const later = stage.bucket.put('a', { body: 'later, another size', lastModified: at(5) });
  expect(await settle([one])).toMatchObject([
    {
      outcome: 'done',
      newVersionId: versionId,
      before: { kind: 'version', size: 15, versionId: buried.versionId },
      detail: `no guard: it went over version ${buried.versionId}; version ${later.versionId} was written over it`,
    },
  ]);
});

test('without a whole report, only a version of the run with the data of the source is a copy', async () => {
  const rows = ['same', 'other-data', 'earlier', 'later', 'nothing'].map((key) => planned(key));
  const { versionId } = copy('same');
  stage.bucket.put('other-data', { body: 'evil', lastModified: at(1) });
  copy('earlier', -600);
  copy('later', 600);
  expect(await settle(rows, { isWhole: false })).toMatchObject([
    { outcome: 'done', newVersionId: versionId },
    { outcome: 'drifted' },
    { outcome: 'drifted' },
    { outcome: 'drifted' },
    { outcome: 'failed', detail: 'no task of the job has copied it' },
  ]);
});

test('failures go by their code; a key that was written since is not tried again', async () => {
  const rows = ['denied', 'failed', 'gone', 'archived', 'drifted'].map((key) => planned(key));
  const [denied, failed, gone, archived, drifted] = rows as [
    PlannedRow,
    PlannedRow,
    PlannedRow,
    PlannedRow,
    PlannedRow,
  ];
  stage.bucket.put('drifted', { body: 'by someone', lastModified: at(1) });
  const outcomes = await settle(rows, {}, [
    [denied, 'AccessDenied', 403],
    [failed, 'InternalError', 500],
    [gone, 'NoSuchVersion', 404],
    [archived, 'InvalidObjectState', 403],
    [drifted, 'AccessDenied', 403],
  ]);
  expect(outcomes.map(({ outcome }) => outcome)).toEqual([
    'denied',
    'failed',
    'missing',
    'archived',
    'drifted',
  ]);
  expect(outcomes[0]?.detail).toBe('AccessDenied: why');
});

test('in a destination that has an object: what was not copied drifted, unless it is to be copied over', async () => {
  const copies = stage.sandbox.createBucket('copies', { versioning: 'Enabled' });
  const rows = ['denied', 'failed'].map((key) => planned(key));
  for (const { key } of rows) copies.put(key, { body: 'xy', lastModified: BEFORE_P });
  const [denied, failed] = rows;
  if (denied === undefined || failed === undefined) throw new Error('there are two');
  const failures: [PlannedRow, string, number][] = [
    [denied, 'AccessDenied', 403],
    [failed, 'InternalError', 500],
  ];
  const outcomesOf = async (overwrite: boolean) => {
    const fields = { writtenBucket: 'copies', isInPlace: false, overwrite };
    return (await settle(rows, fields, failures)).map(({ outcome }) => outcome);
  };
  expect(await outcomesOf(false)).toEqual(['drifted', 'drifted']);
  expect(await outcomesOf(true)).toEqual(['denied', 'failed']);
});

test('in a destination: over nothing, over a marker, over a version', async () => {
  const copies = stage.sandbox.createBucket('copies', { versioning: 'Enabled' });
  const rows = ['new', 'deleted', 'there'].map((key) => planned(key));
  copies.put('deleted', { body: 'x', lastModified: BEFORE_P });
  copies.addDeleteMarker('deleted');
  const { versionId } = copies.put('there', { body: 'xy', lastModified: BEFORE_P });
  for (const key of ['new', 'deleted', 'there']) copies.put(key, { body: 'good', lastModified: at(1) });
  expect(await settle(rows, { writtenBucket: 'copies', isInPlace: false })).toMatchObject([
    { outcome: 'done', before: { kind: 'none' }, detail: '' },
    { outcome: 'done', before: { kind: 'marker' }, detail: '' },
    {
      outcome: 'done',
      before: { kind: 'version', size: 2, versionId },
      detail: `no guard: it went over version ${versionId}`,
    },
  ]);
});
