import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { handleBatchEvent } from '../../lambda/handle-batch-event.ts';
import { readCompletionReport } from '../../src/execute/batch/completion-report.ts';
import { mergeOutcomes } from '../../src/execute/batch/merge-outcomes.ts';
import { reconcileReport, splitsToRetry } from '../../src/execute/batch/reconcile.ts';
import { recordPlaceOf } from '../../src/execute/batch/record-place.ts';
import {
  confirmJobOnce,
  createJobOnce,
  waitUntilEnded,
  waitUntilPrepared,
} from '../../src/execute/batch/watch-job.ts';
import { bundleTaskCode } from '../../src/render/task-code.ts';
import type { TaskArguments } from '../../src/s3/batch-job.ts';
import { BEFORE_P } from '../execute/harness.ts';
import { row, writeRecord } from '../execute/written-record.ts';
import { functionParts } from '../lambda/function-stage.ts';
import {
  collect,
  FUNCTION_ARN,
  functionEnvironment,
  type JobStage,
  jobRequest,
  openJobStage,
  publish,
  RECORD_BUCKET,
} from './job-stage.ts';

const APPROVAL = { reason: 'approved', tags: [{ key: 's3-rewind:approved-by', value: 'alice' }] };

const KEYS = 3_500;
const key = (index: number) => `k/${String(index).padStart(5, '0')} ü+`;
const pause = (milliseconds: number) =>
  new Promise((resolve) => setTimeout(resolve, Math.min(milliseconds, 5)));
const watch = { pause, intervalMs: 5 };

let stage: JobStage;
let task: TaskArguments;

beforeEach(async () => {
  stage = await openJobStage();
  const rows = Array.from({ length: KEYS }, (_, index) => {
    const { versionId } = stage.bucket.put(key(index), { body: 'x', lastModified: BEFORE_P });
    return row(key(index), { currentVersionId: versionId, size: 1, storageClass: 'STANDARD' });
  });
  task = await publish(stage, await writeRecord(stage.folder, { '1': rows }), '1');
});
afterEach(() => stage.end());

function useHandler() {
  const { parts } = functionParts(stage, task);
  return stage.batch.registerFunction(FUNCTION_ARN, (event, context) =>
    handleBatchEvent(parts, event, context),
  );
}

async function runJob(request = jobRequest(stage, task)) {
  const id = await createJobOnce(stage.jobs, request, pause);
  await waitUntilPrepared(stage.jobs, id, watch);
  await confirmJobOnce(stage.jobs, id, APPROVAL, pause);
  return await waitUntilEnded(stage.jobs, id, watch);
}

async function reconcile(jobId: string) {
  const report = { bucket: RECORD_BUCKET, prefix: `${recordPlaceOf(task.record).prefix}reports`, jobId };
  return await reconcileReport(
    readCompletionReport(stage.objects, report, pause),
    task.bucket,
    task.manifest,
  );
}

async function merged(): Promise<string[]> {
  const text = mergeOutcomes(stage.objects, recordPlaceOf(task.record), '1', task.manifest, pause);
  return (await collect(text)).join('').trimEnd().split('\n').slice(1);
}

/** Every key has its one marker, every planned row its one outcome. */
async function expectAllDone() {
  const outcomes = await merged();
  expect(outcomes).toHaveLength(KEYS);
  expect(outcomes.every((line) => /,(done|already),/.test(line))).toBe(true);
  expect(outcomes[7]).toContain('k/00007%20%C3%BC%2B');
  for (let index = 0; index < KEYS; index += 1) expect(stage.bucket.stack(key(index))).toHaveLength(2);
  expect(stage.sandbox.permanentDeletions).toBe(0);
}

test('created, suspended, confirmed, complete, reported, reconciled', async () => {
  useHandler();
  const request = jobRequest(stage, task);
  const id = await createJobOnce(stage.jobs, request, pause);
  const prepared = await waitUntilPrepared(stage.jobs, id, watch);
  expect(prepared).toMatchObject({
    status: 'Suspended',
    needsConfirmation: true,
    tasks: { total: 4, succeeded: 0 },
  });
  expect(prepared.manifest?.eTag).toBe(request.manifest.eTag);
  expect(stage.sandbox.requests.count('DeleteObjects')).toBe(0);
  expect(await createJobOnce(stage.jobs, request, pause)).toBe(id);
  await confirmJobOnce(stage.jobs, id, APPROVAL, pause);
  const ended = await waitUntilEnded(stage.jobs, id, watch);
  expect(ended).toMatchObject({ status: 'Complete', tasks: { total: 4, succeeded: 4, failed: 0 } });
  await confirmJobOnce(stage.jobs, id, APPROVAL, pause);
  // Who approved stands beside what the job was made with.
  expect(await stage.jobs.readTags(id)).toEqual([...request.tags, ...APPROVAL.tags]);
  expect(await reconcile(id)).toEqual({ succeeded: 4, failed: [], missing: [], strangers: [] });
  await expectAllDone();
});

test('a throttled API: the calls are sent again', async () => {
  useHandler();
  for (const operation of ['CreateJob', 'DescribeJob', 'UpdateJobStatus']) {
    stage.sandbox.faults.add({
      operation,
      times: 2,
      effect: { error: { code: 'TooManyRequestsException', status: 400 } },
    });
    stage.sandbox.faults.add({ operation, times: 1, effect: 'slow-down' });
  }
  expect((await runJob()).status).toBe('Complete');
  await expectAllDone();
});

test('an answer to CreateJob that is lost makes no second job', async () => {
  useHandler();
  stage.sandbox.faults.add({ operation: 'CreateJob', times: 1, effect: 'reset-after' });
  expect((await runJob()).status).toBe('Complete');
  expect(stage.batch.jobs.size).toBe(1);
});

test.each(['throttled', 'answer-lost', 'duplicated'] as const)('invocations that are %s', async (effect) => {
  useHandler();
  stage.batch.faults.add({ effect, times: 3 });
  const job = await runJob();
  expect(job).toMatchObject({ status: 'Complete', tasks: { succeeded: 4 } });
  await expectAllDone();
});

test('a function that is killed within a split: the next delivery goes on', async () => {
  const lambda = stage.batch.registerFunction(FUNCTION_ARN, await bundleTaskCode(), {
    environment: functionEnvironment(stage, task),
  });
  stage.batch.settings.redeliveries = 100;
  stage.batch.settings.stepMs = 20;
  let sent = 0;
  let leavesLeases = false;
  stage.sandbox.on('after', async (operation) => {
    if (operation !== 'DeleteObjects') return;
    sent += 1;
    if (sent > 2) return;
    await lambda.crash();
    leavesLeases = true;
  });
  // Their time runs on the store's clock. The next function begins with a listing; what the killed ones had under way has come by then.
  stage.sandbox.on('before', (operation) => {
    if (operation !== 'ListObjectsV2' || !leavesLeases) return;
    leavesLeases = false;
    stage.sandbox.clock.advance(2 * (lambda.timeoutMs / 1_000));
  });
  const job = await runJob();
  expect(job).toMatchObject({ status: 'Complete', tasks: { succeeded: 4, failed: 0 } });
  expect(lambda.invocations).toBeGreaterThan(4);
  await expectAllDone();
});

test('only the splits with failed rows run again', async () => {
  const lambda = useHandler();
  stage.sandbox.faults.add({
    operation: 'DeleteObjects',
    key: /^k\/00001 /,
    effect: { deleteError: { code: 'AccessDenied' } },
  });
  const first = await runJob();
  expect(first).toMatchObject({ status: 'Complete', tasks: { succeeded: 3, failed: 1 } });
  const left = await reconcile(first.id);
  expect(left.failed.map(({ split }) => split.number)).toEqual([0]);
  expect(left.failed[0]?.message).toContain('"denied":1');
  stage.sandbox.faults.clear();
  const { invocations } = lambda;
  const again = await runJob(jobRequest(stage, { ...task, attempt: 2 }, splitsToRetry(left)));
  expect(again).toMatchObject({ status: 'Complete', tasks: { total: 1, succeeded: 1 } });
  expect(lambda.invocations).toBe(invocations + 1);
  await expectAllDone();
});

describe('jobs that come to nothing', () => {
  test('cancelled by hand while it runs: what did not run is known, and runs in the next attempt', async () => {
    stage.batch.settings.concurrency = 1;
    useHandler();
    const request = jobRequest(stage, task);
    const id = await createJobOnce(stage.jobs, request, pause);
    await waitUntilPrepared(stage.jobs, id, watch);
    const off = stage.sandbox.on('after', async (operation) => {
      if (operation !== 'DeleteObjects') return;
      off();
      await stage.jobs.cancelJob(id, 'by hand');
    });
    await confirmJobOnce(stage.jobs, id, APPROVAL, pause);
    expect(await waitUntilEnded(stage.jobs, id, watch)).toMatchObject({
      status: 'Cancelled',
      statusReason: 'by hand',
    });
    const left = await reconcile(id);
    expect(left.missing).toHaveLength(3);
    await expect(merged()).rejects.toMatchObject({ code: 'RECORD_NOT_RUN' });
    await expect(confirmJobOnce(stage.jobs, id, APPROVAL, pause)).rejects.toMatchObject({
      code: 'JOB_NOT_CONFIRMABLE',
    });
    expect((await runJob(jobRequest(stage, { ...task, attempt: 2 }, splitsToRetry(left)))).status).toBe(
      'Complete',
    );
    await expectAllDone();
  });

  test('cancelled before it was confirmed: nothing ran and there is no report', async () => {
    useHandler();
    const id = await createJobOnce(stage.jobs, jobRequest(stage, task), pause);
    await waitUntilPrepared(stage.jobs, id, watch);
    await stage.jobs.cancelJob(id, 'no');
    expect((await waitUntilEnded(stage.jobs, id, watch)).status).toBe('Cancelled');
    await expect(reconcile(id)).rejects.toMatchObject({ code: 'REPORT_MISSING' });
    expect(stage.sandbox.requests.count('DeleteObjects')).toBe(0);
  });

  test('a list of splits that was changed after the job was made', async () => {
    const request = jobRequest(stage, task);
    const id = await createJobOnce(
      stage.jobs,
      { ...request, manifest: { ...request.manifest, eTag: 'other' } },
      pause,
    );
    await expect(waitUntilPrepared(stage.jobs, id, watch)).rejects.toMatchObject({
      code: 'JOB_FAILED',
      message: expect.stringContaining('ETag'),
    });
  });

  test('a runner that was lost: another one finds the job and its end', async () => {
    useHandler();
    const request = jobRequest(stage, task);
    const id = await createJobOnce(stage.jobs, request, pause);
    await waitUntilPrepared(stage.jobs, id, watch);
    await confirmJobOnce(stage.jobs, id, APPROVAL, pause);
    await stage.batch.settle();
    const found = await createJobOnce(stage.jobs, request, pause);
    expect(found).toBe(id);
    expect((await waitUntilEnded(stage.jobs, found, watch)).status).toBe('Complete');
    expect((await reconcile(found)).succeeded).toBe(4);
    await expectAllDone();
  });
});
