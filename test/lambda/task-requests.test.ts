import { expect, test } from 'vitest';
import {
  BOOKKEEPING_LISTINGS,
  BOOKKEEPING_READS,
  BOOKKEEPING_WRITES,
} from '../../src/plan/estimate-rates.ts';
import { openJobStage, publish } from '../batch/job-stage.ts';
import { BEFORE_P } from '../execute/harness.ts';
import { row, writeRecord } from '../execute/written-record.ts';
import { eventOf, functionParts, invoke } from './function-stage.ts';

const TASKS = 3;

test('a task makes the requests that the estimate counts', async () => {
  const stage = await openJobStage();
  try {
    const rows = Array.from({ length: TASKS * 1_000 }, (_, index) => {
      const key = `k/${String(index).padStart(5, '0')}`;
      const { versionId } = stage.bucket.put(key, { body: 'x', lastModified: BEFORE_P });
      return row(key, { currentVersionId: versionId, size: 1, storageClass: 'STANDARD' });
    });
    const task = await publish(stage, await writeRecord(stage.folder, { '1': rows }), '1');
    const { parts } = functionParts(stage, task);
    stage.sandbox.requests.reset();
    const event = eventOf(task);
    expect(event.tasks).toHaveLength(TASKS);
    await invoke(parts, event);
    const counts = stage.sandbox.requests.counts();
    expect({
      reads: (counts.GetObject ?? 0) + (counts.GetBucketVersioning ?? 0),
      listings: counts.ListObjectsV2,
      writes: counts.PutObject,
    }).toEqual({
      reads: TASKS * BOOKKEEPING_READS,
      listings: TASKS * BOOKKEEPING_LISTINGS,
      writes: TASKS * BOOKKEEPING_WRITES,
    });
    expect(counts.DeleteObjects).toBe(TASKS);
  } finally {
    await stage.end();
  }
});
