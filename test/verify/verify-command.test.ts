import { appendFile, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ObjectAttributes, ObjectVersion } from '../../sandbox/entries.ts';
import type { PlanRecord } from '../../src/execute/record.ts';
import type { RunOutcome } from '../../src/execute/run-files.ts';
import { AFTER_P, BEFORE_P, openStage, RUN_TIME, run, type Stage } from '../execute/harness.ts';
import { runCommand } from '../execute/run-command.ts';
import { row, writeRecord } from '../execute/written-record.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.end());

/** A record with a key of each operation, many enough for pages of the listing where asked for. */
async function mixedRecord(fill = 0): Promise<PlanRecord> {
  const { bucket, sandbox } = stage;
  sandbox.clock.set(BEFORE_P);
  bucket.put('shown', { body: 'old' });
  const old = bucket.put('copied', { body: 'old' }).versionId;
  sandbox.clock.set(AFTER_P);
  const marker = bucket.addDeleteMarker('shown').versionId;
  const current = bucket.put('copied', { body: 'new' }).versionId;
  const hidden = ['hidden', ...Array.from({ length: fill }, (_, index) => `hidden${index}`)].map((key) =>
    row(key, { currentVersionId: bucket.put(key, { body: 'new' }).versionId }),
  );
  sandbox.clock.set(RUN_TIME);
  return await writeRecord(stage.folder, {
    '1': hidden,
    '2': [row('shown', { versionId: marker, currentVersionId: marker })],
    '3b': [row('copied', { versionId: old, currentVersionId: current })],
    '3a': [row('zz-archived', { versionId: 'x', currentVersionId: 'y' })],
  });
}

const verify = async ({ folder }: PlanRecord) => {
  const { status, stdout, stderr } = await runCommand(stage.sandbox, [
    'verify',
    '--record',
    folder,
    '--json',
    '--quiet',
  ]);
  return { status, stderr, result: JSON.parse(stdout || '{}') };
};

test.each([0, 40])('agrees after a run, and says what it compared (%i more keys)', async (fill) => {
  const record = await mixedRecord(fill);
  await run(stage, record);
  const { status, result } = await verify(record);
  expect(status).toBe(0);
  expect(result).toMatchObject({
    command: 'verify',
    agrees: true,
    reconcile: { rows: 4 + fill, agrees: true },
    live: { compared: 3 + fill, leftAlone: 1, differences: 0 },
  });
});

test('a sparse key takes one HEAD, and a copy one more, of its source', async () => {
  const record = await mixedRecord();
  await run(stage, record);
  stage.sandbox.requests.reset();
  expect((await verify(record)).status).toBe(0);
  const heads = stage.sandbox.requests.entries().filter(({ operation }) => operation === 'HeadObject');
  expect(heads.map(({ key }) => key).toSorted()).toEqual(['copied', 'copied', 'hidden', 'shown']);
  expect(stage.sandbox.requests.count()).toBe(4);
});

describe('a key that is not what the plan promised', () => {
  test.each<[string, (stage: Stage) => void, string]>([
    ['hidden', ({ bucket }) => void bucket.put('hidden', { body: 'later' }), '1'],
    ['hidden', ({ bucket }) => void bucket.addDeleteMarker('hidden'), '1'],
    ['shown', ({ bucket }) => void bucket.addDeleteMarker('shown'), '2'],
    ['shown', ({ bucket }) => void bucket.put('shown', { body: 'later' }), '2'],
    ['copied', ({ bucket }) => void bucket.put('copied', { body: 'later' }), '3b'],
    ['copied', ({ bucket }) => void bucket.addDeleteMarker('copied'), '3b'],
  ])('%s', async (key, change, scenario) => {
    const record = await mixedRecord();
    await run(stage, record);
    change(stage);
    const { status, result } = await verify(record);
    expect(status).toBe(3);
    expect(result).toMatchObject({ agrees: false, live: { differences: 1 }, examples: [{ key, scenario }] });
  });
});

describe('a copy that is not what its source is', () => {
  const look = (attributes: Partial<ObjectAttributes>) => (copy: ObjectVersion) => {
    copy.attributes = { ...copy.attributes, ...attributes };
  };
  test.each<[string, (copy: ObjectVersion) => void]>([
    ['content-type', look({ headers: { 'content-type': 'text/html' } })],
    ['metadata owner', look({ metadata: { owner: 'another' } })],
    ['website redirect', look({ websiteRedirect: '/elsewhere' })],
    ['storage class STANDARD', look({ storageClass: 'STANDARD_IA' })],
    ['tags', look({ tags: new Map([['state', 'other']]) })],
    ['size and checksum', (copy) => Object.assign(copy, { eTag: '0'.repeat(32) })],
    [
      'the source version still there',
      () => stage.bucket.expire('copied', stage.bucket.stack('copied').at(-1)?.versionId ?? ''),
    ],
  ])('%s', async (word, change) => {
    const record = await mixedRecord();
    await run(stage, record);
    change(stage.bucket.current('copied') as ObjectVersion);
    const { status, result } = await verify(record);
    expect(status).toBe(3);
    expect(result).toMatchObject({ live: { differences: 1 }, examples: [{ key: 'copied' }] });
    expect(result.examples[0].expected).toMatch(new RegExp(`^${word}`));
  });

  test('an exposed version that has gone since', async () => {
    const record = await mixedRecord();
    await run(stage, record);
    stage.bucket.expire('shown', stage.bucket.current('shown')?.versionId ?? '');
    const { status, result } = await verify(record);
    expect(status).toBe(3);
    expect(result).toMatchObject({ examples: [{ key: 'shown', found: 'nothing' }] });
  });
});

test.each<[string, (outcome: RunOutcome) => void]>([
  ['all outcomes', ({ outcomes }) => Object.assign(outcomes, { done: 9 })],
  ['all rows', (outcome) => Object.assign(outcome, { rows: 9 })],
  [
    'the outcomes of a scenario',
    ({ scenarios: [first] }) => Object.assign(first?.outcomes ?? {}, { done: 9 }),
  ],
  ['the rows of a scenario', ({ scenarios: [first] }) => Object.assign(first ?? {}, { rows: 9 })],
])('a count that its rows do not bear out does not reconcile: %s', async (_name, change) => {
  const record = await mixedRecord();
  await run(stage, record);
  const path = join(record.folder, 'outcome.json');
  const outcome = JSON.parse(await readFile(path, 'utf8')) as RunOutcome;
  change(outcome);
  await writeFile(path, JSON.stringify(outcome));
  const { status, result } = await verify(record);
  expect(status).toBe(3);
  expect(result).toMatchObject({ reconcile: { agrees: false, rows: 4 }, live: { agrees: true } });
});

describe('outcomes that cannot be trusted are refused', () => {
  test.each<[string, string, (record: PlanRecord) => Promise<void>]>([
    ['no run', 'RECORD_NOT_RUN', async ({ folder }) => await rm(join(folder, 'outcome.json'))],
    [
      'cut short',
      'OUTCOMES_DAMAGED',
      async ({ folder }) => await truncate(join(folder, 'outcomes/scenario1.csv'), 150),
    ],
    ['gone', 'OUTCOMES_DAMAGED', async ({ folder }) => await rm(join(folder, 'outcomes/scenario1.csv'))],
    [
      'longer',
      'OUTCOMES_DAMAGED',
      async ({ folder }) => await appendFile(join(folder, 'outcomes/scenario1.csv'), 'x\n'),
    ],
    ['garbled', 'OUTCOMES_DAMAGED', async ({ folder }) => await writeFile(join(folder, 'outcome.json'), '{')],
    [
      'changed plan',
      'RECORD_CHANGED',
      async ({ folder }) => await writeFile(join(folder, 'manifests/scenario1.csv'), ''),
    ],
  ])('%s → %s', async (_name, code, damage) => {
    const record = await mixedRecord();
    await run(stage, record);
    await damage(record);
    const { status, stderr } = await verify(record);
    expect([status, stderr.split(':')[0]]).toEqual([2, code]);
    expect(stderr).toMatch(/\nNext: \S/);
  });

  test('start-jobs writes a damaged file of outcomes again, and changes nothing', async () => {
    const record = await mixedRecord();
    await run(stage, record);
    const path = join(record.folder, 'outcomes/scenario1.csv');
    const text = await readFile(path, 'utf8');
    await truncate(path, 150);
    stage.sandbox.requests.reset();
    await run(stage, record);
    expect(await readFile(path, 'utf8')).toBe(text);
    expect(stage.sandbox.requests.counts()).toEqual({ GetBucketVersioning: 1 });
    expect((await verify(record)).status).toBe(0);
  });
});
