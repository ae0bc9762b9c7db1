import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ObjectVersion } from '../../sandbox/entries.ts';
import type { RawPlanInputs } from '../../src/plan/inputs.ts';
import type { PlannedRow } from '../../src/s3/manifest.ts';
import type { Outcome } from '../../src/s3/outcome.ts';
import type { Scenario } from '../../src/s3/rollback.ts';
import { AFTER_P, BEFORE_P, BUCKET, openStage, RUN_TIME, run, type Stage } from './harness.ts';
import { row, writeRecord } from './written-record.ts';

/** What a key's history is made of, oldest first: object versions and delete markers, before and after P. */
type Step = 'v' | 'm';
type Case = {
  name: string;
  scenario: Scenario;
  inputs?: Partial<RawPlanInputs>;
  before: Step[];
  after: Step[];
  /** What happens to the key between the plan and the run. */
  meanwhile?: (stage: Stage, key: string) => void;
  outcome: Outcome;
  /** Outcomes of all rows of the key, where they differ. */
  outcomes?: Outcome[];
  /** Whether the current entry stays what it was when the run began. */
  untouched?: boolean;
};

const put = (stage: Stage, key: string) => stage.bucket.put(key, { body: 'written meanwhile' });
const remove = (stage: Stage, key: string) => stage.bucket.addDeleteMarker(key);
const archive = (stage: Stage, key: string) => {
  const version = stage.bucket.stack(key).at(-1) as ObjectVersion;
  version.attributes = { ...version.attributes, storageClass: 'GLACIER' };
};
const purgeOldest = (stage: Stage, key: string) => {
  stage.bucket.expire(key, stage.bucket.stack(key).at(-1)?.versionId ?? '');
};
const removeTop = (stage: Stage, key: string) => {
  stage.bucket.remove(key, stage.bucket.current(key)?.versionId ?? '');
};
const toBucket = { mode: 'copy-to-bucket', destinationBucket: 'copy' };
const overBucket = { ...toBucket, overwrite: true };
const markerRemoval = { mode: 'delete-marker-removal' };

/** The guard table of docs: one line a case. */
const CASES: Case[] = [
  { name: 'add', scenario: '1', before: [], after: ['v'], outcome: 'done' },
  {
    name: 'add, written meanwhile',
    scenario: '1',
    before: [],
    after: ['v'],
    meanwhile: put,
    outcome: 'drifted',
    untouched: true,
  },
  {
    name: 'add, deleted meanwhile',
    scenario: '1',
    before: [],
    after: ['v'],
    meanwhile: remove,
    outcome: 'already',
    untouched: true,
  },
  {
    name: 'add, purged meanwhile',
    scenario: '1',
    before: [],
    after: ['v'],
    meanwhile: purgeOldest,
    outcome: 'drifted',
    untouched: true,
  },
  { name: 'remove', scenario: '2', before: ['v'], after: ['m'], outcome: 'done' },
  { name: 'remove three', scenario: '2', before: ['v'], after: ['m', 'm', 'm'], outcome: 'done' },
  {
    name: 'remove, written meanwhile',
    scenario: '2',
    before: ['v'],
    after: ['m'],
    meanwhile: put,
    outcome: 'drifted',
    untouched: true,
  },
  {
    name: 'remove, deleted meanwhile',
    scenario: '2',
    before: ['v'],
    after: ['m'],
    meanwhile: remove,
    outcome: 'drifted',
    untouched: true,
  },
  {
    name: 'remove, gone meanwhile',
    scenario: '2',
    before: ['v'],
    after: ['m'],
    meanwhile: removeTop,
    outcome: 'already',
    untouched: true,
  },
  {
    name: 'remove two, the upper gone meanwhile',
    scenario: '2',
    before: ['v'],
    after: ['m', 'm'],
    meanwhile: removeTop,
    outcome: 'done',
    outcomes: ['already', 'done'],
  },
  {
    name: 'remove on top',
    scenario: '4',
    inputs: markerRemoval,
    before: ['v', 'm'],
    after: ['v', 'm', 'm'],
    outcome: 'done',
  },
  { name: 'copy over', scenario: '3b', before: ['v'], after: ['v'], outcome: 'done' },
  { name: 'copy over a marker', scenario: '3b', before: ['v'], after: ['v', 'm'], outcome: 'done' },
  {
    name: 'copy, written meanwhile',
    scenario: '3b',
    before: ['v'],
    after: ['v'],
    meanwhile: put,
    outcome: 'drifted',
    untouched: true,
  },
  {
    name: 'copy, deleted meanwhile',
    scenario: '3b',
    before: ['v'],
    after: ['v'],
    meanwhile: remove,
    outcome: 'drifted',
    untouched: true,
  },
  {
    name: 'copy over a marker, deleted again',
    scenario: '3b',
    before: ['v'],
    after: ['v', 'm'],
    meanwhile: remove,
    outcome: 'drifted',
    untouched: true,
  },
  {
    name: 'copy, source purged',
    scenario: '3b',
    before: ['v'],
    after: ['v'],
    meanwhile: purgeOldest,
    outcome: 'missing',
    untouched: true,
  },
  {
    name: 'copy, source archived',
    scenario: '3b',
    before: ['v'],
    after: ['v'],
    meanwhile: archive,
    outcome: 'archived',
    untouched: true,
  },
  { name: 'to a bucket', scenario: '5b', inputs: toBucket, before: ['v'], after: ['v'], outcome: 'done' },
  {
    name: 'to a bucket that has the key',
    scenario: '5b',
    inputs: toBucket,
    before: ['v'],
    after: [],
    meanwhile: (stage, key) => void stage.sandbox.bucket('copy').put(key, { body: 'there before' }),
    outcome: 'drifted',
    untouched: true,
  },
  {
    name: 'to a bucket that has the same data',
    scenario: '5b',
    inputs: toBucket,
    before: ['v'],
    after: [],
    meanwhile: (stage, key) => void stage.sandbox.bucket('copy').put(key, { body: `${key} 0` }),
    outcome: 'already',
    untouched: true,
  },
  {
    name: 'to a bucket where it was deleted',
    scenario: '5b',
    inputs: toBucket,
    before: ['v'],
    after: [],
    meanwhile: (stage, key) => void stage.sandbox.bucket('copy').addDeleteMarker(key),
    outcome: 'done',
  },
  {
    name: 'over a bucket that has the key',
    scenario: '5b',
    inputs: overBucket,
    before: ['v'],
    after: [],
    meanwhile: (stage, key) => void stage.sandbox.bucket('copy').put(key, { body: 'there before' }),
    outcome: 'done',
  },
  {
    name: 'over a bucket that has the same data',
    scenario: '5b',
    inputs: overBucket,
    before: ['v'],
    after: [],
    meanwhile: (stage, key) => void stage.sandbox.bucket('copy').put(key, { body: `${key} 0` }),
    outcome: 'done',
  },
  {
    name: 'over a bucket where it was deleted',
    scenario: '5b',
    inputs: overBucket,
    before: ['v'],
    after: [],
    meanwhile: (stage, key) => void stage.sandbox.bucket('copy').addDeleteMarker(key),
    outcome: 'done',
  },
  {
    name: 'over a bucket that has nothing',
    scenario: '5b',
    inputs: overBucket,
    before: ['v'],
    after: ['m'],
    outcome: 'done',
  },
  {
    name: 'over a bucket, archived by now',
    scenario: '5b',
    inputs: overBucket,
    before: ['v'],
    after: [],
    meanwhile(stage, key) {
      stage.sandbox.bucket('copy').put(key, { body: 'there before' });
      archive(stage, key);
    },
    outcome: 'archived',
    untouched: true,
  },
  {
    name: 'over a bucket, source purged',
    scenario: '5b',
    inputs: overBucket,
    before: ['v'],
    after: ['v'],
    meanwhile(stage, key) {
      stage.sandbox.bucket('copy').put(key, { body: 'there before' });
      purgeOldest(stage, key);
    },
    outcome: 'missing',
    untouched: true,
  },
  {
    name: 'to a bucket, source purged',
    scenario: '5b',
    inputs: toBucket,
    before: ['v'],
    after: ['v'],
    meanwhile: purgeOldest,
    outcome: 'missing',
    untouched: true,
  },
];

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
  stage.sandbox.createBucket('copy', { versioning: 'Enabled' });
});
afterEach(async () => {
  expect(stage.sandbox.permanentDeletions).toBe(0);
  await stage.end();
});

/** Few keys are looked at with HEADs, many with pages of the listing. */
describe.each([1, 40])('guards with %i keys', (count) => {
  test.each(CASES)('$name → $outcome', async (guardCase) => {
    const keys = Array.from({ length: count }, (_, index) => `data/k${String(index).padStart(3, '0')}`);
    for (const key of keys) play(key, guardCase);
    stage.sandbox.clock.set(RUN_TIME);
    const rowsPlanned = keys.flatMap((key) => rowsOf(key, guardCase));
    const record = await writeRecord(
      stage.folder,
      { [guardCase.scenario]: rowsPlanned },
      guardCase.inputs === undefined ? {} : { inputs: guardCase.inputs },
    );
    for (const key of keys) guardCase.meanwhile?.(stage, key);

    const written = stage.sandbox.bucket(guardCase.scenario === '5b' ? 'copy' : BUCKET);
    const stacks = () => keys.map((key) => written.stack(key).map(({ versionId }) => versionId));
    const before = stacks();
    await run(stage, record);
    const outcomes = guardCase.outcomes ?? [guardCase.outcome];
    const rows = await outcomeRows(record.folder, guardCase.scenario);
    expect(new Set(rows.map((row) => row.outcome))).toEqual(new Set(outcomes));
    expect(rows).toHaveLength(record.plan.manifests[0]?.rows ?? -1);
    expect(rows.every(({ outcome, newVersionId }) => outcome !== 'done' || newVersionId !== '')).toBe(true);
    if (guardCase.untouched) expect(stacks()).toEqual(before);
    else expect(stacks()).not.toEqual(before);

    const after = stacks();
    stage.sandbox.requests.reset();
    await run(stage, record);
    expect(stacks()).toEqual(after);
    expect(stage.sandbox.requests.counts()).toEqual({ GetBucketVersioning: 1 });
  });
});

function play(key: string, { before, after }: Case): void {
  stage.sandbox.clock.set(BEFORE_P);
  const steps = [...before, ...after];
  for (const [index, step] of steps.entries()) {
    if (index === before.length) stage.sandbox.clock.set(AFTER_P);
    if (step === 'v') stage.bucket.put(key, { body: `${key} ${index}` });
    else stage.bucket.addDeleteMarker(key);
    stage.sandbox.clock.advance(1);
  }
}

/** What the plan makes of such a history. */
function rowsOf(key: string, { scenario, before, after }: Case): PlannedRow[] {
  const stack = stage.bucket.stack(key);
  const currentVersionId = stack[0]?.versionId ?? null;
  if (scenario === '1') return [row(key, { currentVersionId })];
  if (scenario === '2' || scenario === '4') {
    const markers = stack.slice(0, after.length - after.lastIndexOf('v') - 1);
    return markers.map(({ versionId }) => row(key, { versionId, currentVersionId }));
  }
  const atP = stack.toReversed()[before.lastIndexOf('v')];
  return [row(key, { versionId: atP?.versionId ?? null, currentVersionId })];
}

async function outcomeRows(
  folder: string,
  scenario: Scenario,
): Promise<{ outcome: string; newVersionId: string }[]> {
  const text = await readFile(join(folder, `outcomes/scenario${scenario}.csv`), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => ({ outcome: line.split(',')[4] ?? '', newVersionId: line.split(',')[5] ?? '' }));
}
