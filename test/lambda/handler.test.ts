import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { leaseJournal } from '../../src/execute/batch/journal-objects.ts';
import { LeaseLostError } from '../../src/execute/batch/lease.ts';
import { journalPrefix, recordPlaceOf } from '../../src/execute/batch/record-place.ts';
import type { TaskArguments } from '../../src/s3/batch-job.ts';
import { S3CallError } from '../../src/s3/call-error.ts';
import { type JobStage, noPause, openJobStage, publish } from '../batch/job-stage.ts';
import { BEFORE_P } from '../execute/harness.ts';
import { row, writeRecord } from '../execute/written-record.ts';
import { eventOf, functionParts, invoke } from './function-stage.ts';

const KEYS = 2_400;

let stage: JobStage;
let task: TaskArguments;

async function openTask(): Promise<void> {
  stage = await openJobStage();
  const rows = Array.from({ length: KEYS }, (_, index) => {
    const key = `secret-name/${String(index).padStart(5, '0')}`;
    const { versionId } = stage.bucket.put(key, { body: 'x', lastModified: BEFORE_P });
    return row(key, { currentVersionId: versionId, size: 1, storageClass: 'STANDARD' });
  });
  const record = await writeRecord(stage.folder, { '1': rows });
  task = await publish(stage, record, '1');
}
const closeTask = () => stage.end();

const markers = () =>
  Array.from({ length: KEYS }, (_, index) =>
    stage.bucket.current(`secret-name/${String(index).padStart(5, '0')}`),
  ).filter((entry) => entry?.isDeleteMarker).length;
const writes = () => {
  const { AddMarkers = 0, ...counts } = stage.sandbox.requests.counts();
  return AddMarkers + (counts.DeleteObjects ?? 0) + (counts.PutObject ?? 0) + (counts.CopyObject ?? 0);
};

describe('tasks', () => {
  beforeEach(openTask);
  afterEach(closeTask);

  test('several in one call, each with its own answer', async () => {
    const { parts, lines } = functionParts(stage, task);
    const results = await invoke(parts, eventOf(task));
    expect(results.map(({ resultCode }) => resultCode)).toEqual(['Succeeded', 'Succeeded', 'Succeeded']);
    const done = results.map(({ resultString }) => JSON.parse(resultString).done as number);
    expect(done.reduce((sum, count) => sum + count, 0)).toBe(KEYS);
    expect(markers()).toBe(KEYS);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatchObject({
      level: 'info',
      event: 'task',
      split: 0,
      result: 'Succeeded',
      rollbackId: 'rb-test',
    });
    expect(JSON.stringify(lines)).not.toMatch(/secret/);
  });

  test('a second delivery finds what the first one did, and does nothing', async () => {
    const { parts } = functionParts(stage, task);
    const first = await invoke(parts, eventOf(task));
    const entries = stage.bucket.entryCount;
    expect(await invoke(parts, eventOf(task))).toEqual(first);
    expect(stage.bucket.entryCount).toBe(entries);
  });

  test('two deliveries side by side: one works, the other comes again', async () => {
    const { parts } = functionParts(stage, task);
    const [left, right] = await Promise.all([invoke(parts, eventOf(task)), invoke(parts, eventOf(task))]);
    for (const [index, result] of left.entries()) {
      const codes = [result.resultCode, right[index]?.resultCode];
      expect(codes).toContain('Succeeded');
    }
    expect([...left, ...right].map(({ resultCode }) => resultCode)).toContain('TemporaryFailure');
    expect(stage.bucket.entryCount).toBe(2 * KEYS);
  });

  test('one that fails says nothing of the others', async () => {
    const event = eventOf(task);
    const [, second] = event.tasks;
    if (second !== undefined) second.s3Key = 'not%20JSON';
    const results = await invoke(functionParts(stage, task).parts, event);
    expect(results.map(({ resultCode }) => resultCode)).toEqual([
      'Succeeded',
      'PermanentFailure',
      'Succeeded',
    ]);
    expect(results[1]?.resultString).toMatch(/^TASK_REFUSED: /);
  });

  test('out of time: what is done is recorded, the next delivery goes on', async () => {
    let calls = 0;
    stage.sandbox.on('after', (operation) => {
      if (operation === 'DeleteObjects') calls += 1;
    });
    const { parts } = functionParts(stage, task);
    const results = await invoke(parts, eventOf(task), () => (calls === 0 ? 900_000 : 10_000));
    expect(results.map(({ resultCode }) => resultCode)).toEqual([
      'Succeeded',
      'TemporaryFailure',
      'TemporaryFailure',
    ]);
    const again = await invoke(parts, eventOf(task));
    expect(again.map(({ resultCode }) => resultCode)).toEqual(['Succeeded', 'Succeeded', 'Succeeded']);
    expect(stage.bucket.entryCount).toBe(2 * KEYS);
  });

  test('denied rows make the task a permanent failure, and the next attempt tries them again', async () => {
    stage.sandbox.faults.add({
      operation: 'DeleteObjects',
      key: /00007$/,
      effect: { deleteError: { code: 'AccessDenied' } },
    });
    const { parts } = functionParts(stage, task);
    const [first] = await invoke(parts, eventOf(task));
    expect(first?.resultCode).toBe('PermanentFailure');
    expect(JSON.parse(first?.resultString ?? '')).toMatchObject({ denied: 1 });
    stage.sandbox.faults.clear();
    const [again] = await invoke(parts, eventOf(task));
    expect(again?.resultCode).toBe('PermanentFailure');
    const [attempt] = await invoke(parts, eventOf({ ...task, attempt: 2 }));
    expect(attempt?.resultCode).toBe('Succeeded');
    expect(stage.bucket.entryCount).toBe(2 * KEYS);
  });

  test('a job that asks for another scenario, operation, manifest or size than the stack fixes is refused', async () => {
    const { parts } = functionParts(stage, task);
    const { bytes, rows } = task.manifest;
    const doctored = [
      { ...task, scenario: '2' as const, operation: 'remove-delete-markers' as const },
      { ...task, manifest: { ...task.manifest, path: 'manifests/scenario2.csv' } },
      { ...task, manifest: { ...task.manifest, bytes: bytes + 1 } },
      { ...task, manifest: { ...task.manifest, rows: rows - 1 } },
    ];
    const before = stage.bucket.entryCount;
    for (const one of doctored) {
      for (const { resultCode, resultString } of await invoke(parts, eventOf(one))) {
        expect([resultCode, resultString]).toEqual([
          'PermanentFailure',
          expect.stringMatching(/^TASK_REFUSED/),
        ]);
      }
    }
    const other = {
      ...parts,
      scope: { ...parts.scope, manifests: { '1': { operation: 'copy' as const, bytes, rows } } },
    };
    const [refused] = await invoke(other, eventOf(task));
    expect(refused?.resultString).toMatch(/another one in this function's stack/);
    expect(stage.bucket.entryCount).toBe(before);
  });

  test('versioning suspended meanwhile: nothing more is written', async () => {
    stage.sandbox.on('after', (operation) => {
      if (operation === 'DeleteObjects') stage.bucket.versioning = 'Suspended';
    });
    const { parts, lines } = functionParts(stage, task);
    const results = await invoke(parts, eventOf(task));
    expect(results[2]).toMatchObject({ resultCode: 'PermanentFailure' });
    expect(lines.at(-1)).toMatchObject({ error: 'VERSIONING_NOT_ENABLED' });
    expect(stage.sandbox.losses.nullVersionReplacements).toBe(0);
    expect(markers()).toBeLessThan(KEYS);
  });

  test('throttled away: another delivery may get on', async () => {
    stage.sandbox.faults.add({ bucket: 'record', operation: 'GetObject', effect: 'slow-down' });
    const { parts } = functionParts(stage, task);
    // A deadline that has almost come keeps the pauses short.
    const [result] = await invoke(parts, eventOf(task), () => 100);
    expect(result).toMatchObject({ resultCode: 'TemporaryFailure', resultString: 'SlowDown' });
  });
});

describe('leases', () => {
  beforeEach(openTask);
  afterEach(closeTask);

  const place = () => {
    const { bucket, prefix } = { ...recordPlaceOf(task.record) };
    return { bucket, prefix: journalPrefix({ bucket, prefix }, '1', 0) };
  };

  const open = (holdMs = 1_000) => leaseJournal(stage.objects, place(), holdMs, noPause);
  const INTENT = 'intent,0,2025-08-22T12:00:00.000Z\n';

  test('one whose holder was killed is taken over when the holder cannot live any more', async () => {
    await (await open(60_000)).append(INTENT);
    const { parts } = functionParts(stage, task);
    const [held] = await invoke(parts, eventOf(task));
    expect(held).toMatchObject({ resultCode: 'TemporaryFailure', resultString: 'LEASE_HELD' });
    expect(markers()).toBeLessThan(KEYS);
    stage.sandbox.clock.advance(66);
    const [taken] = await invoke(parts, eventOf(task));
    expect(taken?.resultCode).toBe('Succeeded');
  });

  test('of two that begin at the same moment one announces, and the other can announce nothing', async () => {
    const [left, right] = await Promise.all([open(), open()]);
    const ended = await Promise.allSettled([left.append(INTENT), right.append(INTENT)]);
    expect(ended.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const loser = ended[0]?.status === 'rejected' ? left : right;
    await expect(loser.append(INTENT)).rejects.toThrow(/another invocation/);
    await loser.release();
    await expect(open()).rejects.toThrow(/holds the lease/);
  });

  test('one that another finished meanwhile can announce nothing', async () => {
    const slow = await open();
    const quick = await open();
    await quick.append(`${INTENT}outcome,0,done,v,,,,,\nend,1\n`);
    await quick.close();
    await expect(slow.append(INTENT)).rejects.toThrow(/another invocation/);
  });

  test('a holder that was taken for dead cannot write once another announces, so it cannot act', async () => {
    const first = await open();
    await first.append(INTENT);
    stage.sandbox.clock.advance(10);
    const second = await open();
    expect(await second.read()).toMatch(/^hold,[^\n]+\nintent,0,[^\n]+\n$/);
    await second.append('outcome,0,done,v,,,,,\n');
    await expect(first.append(INTENT)).rejects.toThrow(/another invocation/);
    await first.release();
    await expect(open()).rejects.toThrow(/holds the lease/);
    await second.release();
    const third = await open();
    expect(await third.read()).toMatch(/^hold,.*\nintent,0.*\nhold,.*\noutcome,0.*\nfree\n$/);
  });

  test('a holder that was taken for dead and announces first stops the one that took over', async () => {
    const first = await open();
    await first.append(INTENT);
    stage.sandbox.clock.advance(10);
    const second = await open();
    await first.append(INTENT);
    await expect(second.append(INTENT)).rejects.toThrow(/another invocation/);
  });

  test('the end gives the lease back', async () => {
    const first = await open();
    await first.append('end,0\n');
    await first.close();
    expect(await (await open()).read()).toMatch(/^hold,[^\n]+\nend,0\n$/);
  });

  test('answers that are lost change nothing', async () => {
    stage.sandbox.faults.add({
      bucket: 'record',
      operation: 'PutObject',
      probability: 0.5,
      effect: 'reset-after',
    });
    const journal = await open();
    for (const line of ['a\n', 'b\n', 'c\n', 'd\n', 'e\n', 'f\n']) {
      await journal.append(line).catch((error) => {
        expect(error instanceof S3CallError || error instanceof LeaseLostError).toBe(true);
      });
    }
    stage.sandbox.faults.clear();
    await journal.release();
    stage.sandbox.clock.advance(10);
    const next = await open();
    expect(await next.read()).toMatch(/^(hold,[^\n]+\n)?(a\n)?(b\n)?(c\n)?(d\n)?(e\n)?(f\n)?(free\n)?$/);
  });
});

describe('hostile invocations touch nothing', () => {
  // One for all of them, for none may change it.
  beforeAll(openTask);
  afterAll(closeTask);

  const event = () => eventOf(task);
  const range = (value: unknown) => encodeURIComponent(JSON.stringify(value));
  const first = () => event().tasks.slice(0, 1);
  const withKey = (s3Key: unknown) => ({ ...event(), tasks: first().map((one) => ({ ...one, s3Key })) });
  const withArguments = (change: Record<string, unknown>) => {
    const { job, ...rest } = event();
    return { ...rest, job: { ...job, userArguments: { ...(job.userArguments as object), ...change } } };
  };
  const manifest = (change: object) => ({ manifest: JSON.stringify({ ...task.manifest, ...change }) });

  const cases: [name: string, event: () => unknown][] = [
    ['a key that is no JSON', () => withKey('data/file.txt')],
    ['a key that is not encoded', () => withKey('%zz')],
    ['a key that is missing', () => withKey(undefined)],
    ['a key of 2,000 characters', () => withKey('x'.repeat(2_000))],
    ['a range beyond the manifest', () => withKey(range({ split: 0, start: 0, end: 10 ** 9 }))],
    ['a range that is not that of the split', () => withKey(range({ split: 1, start: 0, end: 100 }))],
    ['a split that is not there', () => withKey(range({ split: 99, start: 0, end: 1 }))],
    ['a negative split', () => withKey(range({ split: -1, start: 0, end: 1 }))],
    ['numbers as text', () => withKey(range({ split: '0', start: 0, end: 1 }))],
    ['more than a range', () => withKey(range({ split: 0, start: 0, end: 1, bucket: 'other' }))],
    ['a list', () => withKey(range([0, 0, 1]))],
    ['null', () => withKey(range(null))],
    ['another bucket', () => ({ ...event(), tasks: first().map((one) => ({ ...one, s3Bucket: 'other' })) })],
    ['another digest', () => withArguments({ digest: `sha256:${'0'.repeat(64)}` })],
    ['no digest', () => withArguments({ digest: '' })],
    ['another record', () => withArguments({ record: 's3://other/rb-test/' })],
    ['a record that is no place', () => withArguments({ record: 's3://record/../other/' })],
    ['another bucket in the arguments', () => withArguments({ bucket: 'other' })],
    ['another bucket to write to', () => withArguments({ writtenBucket: 'other' })],
    ['no operation', () => withArguments({ operation: '' })],
    ['an unknown operation', () => withArguments({ operation: 'delete-everything' })],
    ['the operation of another scenario', () => withArguments({ operation: 'copy' })],
    ['an unknown scenario', () => withArguments({ scenario: '9' })],
    ['a manifest outside of the record', () => withArguments(manifest({ path: '../other/x.csv' }))],
    ['a manifest of another size', () => withArguments(manifest({ bytes: task.manifest.bytes + 5 }))],
    [
      'a manifest that has not the size of its splits',
      () => eventOf({ ...task, manifest: { ...task.manifest, bytes: task.manifest.bytes + 5 } }),
    ],
    ['a manifest of another version', () => withArguments(manifest({ versionId: 'none' }))],
    ['a manifest without a version', () => withArguments(manifest({ versionId: '' }))],
    ['no arguments', () => ({ ...event(), job: { id: 'job-1' } })],
    ['schema 1.0', () => ({ ...event(), invocationSchemaVersion: '1.0' })],
  ];

  test.each(cases)('%s', async (_name, make) => {
    const entries = stage.bucket.entryCount;
    const results = await invoke(functionParts(stage, task).parts, make());
    expect(results.length).toBeGreaterThan(0);
    for (const { resultCode, resultString } of results) {
      expect(resultCode).toBe('PermanentFailure');
      expect(resultString.length).toBeLessThanOrEqual(1_024);
    }
    expect(stage.bucket.entryCount).toBe(entries);
    expect(stage.sandbox.requests.count('DeleteObjects')).toBe(0);
  });

  test('an invocation of something else is an error of the function', async () => {
    const { parts } = functionParts(stage, task);
    for (const other of [null, {}, { Records: [] }, { ...event(), tasks: [{}] }]) {
      await expect(invoke(parts, other)).rejects.toThrow(/S3 Batch Operations/);
    }
    expect(writes()).toBe(0);
  });
});
