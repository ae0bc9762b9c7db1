import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Bucket } from '../../sandbox/bucket.ts';
import { renderRollbackTemplate } from '../../src/plan/template.ts';
import type { TaskArguments } from '../../src/s3/batch-job.ts';
import { type JobStage, openJobStage, publish } from '../batch/job-stage.ts';
import { BEFORE_P } from '../execute/harness.ts';
import { row, writeRecord } from '../execute/written-record.ts';
import { eventOf, functionParts, invoke } from './function-stage.ts';

/** Copies over what a destination has, by the task function: the stack allows it, and no job can. */

let stage: JobStage;
let copy: Bucket;
beforeEach(async () => {
  stage = await openJobStage();
  copy = stage.sandbox.createBucket('copy', { versioning: 'Enabled' });
});
afterEach(async () => {
  expect(stage.sandbox.permanentDeletions).toBe(0);
  await stage.end();
});

const INPUTS = { mode: 'copy-to-bucket', destinationBucket: 'copy', overwrite: true };

async function openTask(): Promise<TaskArguments> {
  const { versionId } = stage.bucket.put('k', { body: 'good', lastModified: BEFORE_P });
  copy.put('k', { body: 'theirs', lastModified: BEFORE_P });
  const planned = row('k', { versionId, currentVersionId: versionId, size: 4 });
  const record = await writeRecord(stage.folder, { '5b': [planned] }, { inputs: INPUTS });
  return await publish(stage, record, '5b');
}

test.each([
  [true, { done: 1 }, 2],
  [false, { drifted: 1 }, 1],
])('a stack that allows it: %s', async (isAllowed, counts, entries) => {
  const task = await openTask();
  const { parts } = functionParts(stage, task);
  const fixed = parts.scope.manifests['5b'];
  if (fixed === undefined) throw new Error('the stack has the scenario');
  if (isAllowed) parts.scope.manifests['5b'] = { ...fixed, overwrite: true };
  const event = eventOf(task);
  const asked = { ...(event.job.userArguments as Record<string, string>), overwrite: 'true' };
  const [result] = await invoke(parts, { ...event, job: { ...event.job, userArguments: asked } });
  expect(JSON.parse(result?.resultString ?? '')).toEqual(counts);
  expect(copy.stack('k')).toHaveLength(entries);
  // A second delivery finds it done.
  await invoke(parts, event);
  expect(copy.stack('k')).toHaveLength(entries);
});

test.each([true, undefined])('the template says it for every scenario of the plan: %s', async (overwrite) => {
  const { plan } = await writeRecord(
    stage.folder,
    { '5b': [row('k', { versionId: 'v' })] },
    { inputs: { ...INPUTS, overwrite } },
  );
  const text = await renderRollbackTemplate({
    rollbackId: plan.rollbackId,
    database: 'db',
    inputs: plan.inputs,
    source: {
      ...{ format: 'csv', location: '', files: [], sourceColumns: [], columns: {}, order: 'ordinal' },
      ...{ csv: null, takenAt: null, sourceBucket: null },
    },
    queries: [],
    manifests: plan.manifests,
    taskCode: '// code',
  });
  const [manifest] = plan.manifests;
  const fixed = {
    operation: 'copy-to-bucket',
    bytes: manifest?.bytes,
    rows: 1,
    ...(overwrite && { overwrite }),
  };
  expect(text.replaceAll('\\"', '"')).toContain(JSON.stringify({ '5b': fixed }));
});
