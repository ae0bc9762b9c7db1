import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { breakDownCosts, type EstimateInput } from '../../src/plan/estimate.ts';
import {
  BOOKKEEPING_LISTINGS,
  BOOKKEEPING_READS,
  BOOKKEEPING_WRITES,
} from '../../src/plan/estimate-rates.ts';
import { builtInPrices } from '../../src/plan/prices.ts';
import type { PlannedRow } from '../../src/s3/manifest.ts';
import { type JobStage, openJobStage, publish } from '../batch/job-stage.ts';
import { BEFORE_P } from '../execute/harness.ts';
import { row, writeRecord } from '../execute/written-record.ts';
import { plan } from '../plan/estimate-inputs.ts';
import { eventOf, functionParts, invoke } from './function-stage.ts';

type Counted = '1' | '2' | '3b';

const prices = builtInPrices();
const READS = ['GetObject', 'HeadObject', 'GetBucketVersioning'];
const LISTINGS = ['ListObjectsV2', 'ListObjectVersions'];
const WRITES = ['PutObject', 'CopyObject'];

let stage: JobStage;
beforeEach(async () => {
  stage = await openJobStage();
});
afterEach(() => stage.end());

const put = (key: string) => stage.bucket.put(key, { body: 'x', lastModified: BEFORE_P }).versionId;

/** A key as a scenario finds it, and its row. */
const MAKE: Record<Counted, (key: string) => PlannedRow> = {
  1: (key) => row(key, { currentVersionId: put(key), size: 1, storageClass: 'STANDARD' }),
  2(key) {
    const exposedVersionId = put(key);
    const { versionId } = stage.bucket.addDeleteMarker(key);
    return row(key, { versionId, currentVersionId: versionId, exposedVersionId });
  },
  '3b'(key) {
    const versionId = put(key);
    return row(key, { versionId, currentVersionId: put(key), size: 1, storageClass: 'STANDARD' });
  },
};

/** Runs the task function on every split of a scenario. @returns how often it sent each request */
async function countRequests(scenario: Counted, rows: number, entriesBetween: number) {
  const planned: PlannedRow[] = [];
  for (let index = 0; index < rows; index += 1) {
    const key = `k/${String(index).padStart(5, '0')}`;
    planned.push(MAKE[scenario](key));
    for (let other = 0; other < entriesBetween; other += 1) put(`${key}/untouched`);
  }
  const task = await publish(stage, await writeRecord(stage.folder, { [scenario]: planned }), scenario);
  const { parts } = functionParts(stage, task);
  const event = eventOf(task);
  stage.sandbox.requests.reset();
  const results = await invoke(parts, event);
  expect(results.map(({ resultCode }) => resultCode)).toEqual(event.tasks.map(() => 'Succeeded'));
  const counts = stage.sandbox.requests.counts();
  const sum = (names: readonly string[]) => names.reduce((total, name) => total + (counts[name] ?? 0), 0);
  return { counts, reads: sum(READS), listings: sum(LISTINGS), writes: sum(WRITES) };
}

test('a task makes the requests beside its rows that the estimate counts', async () => {
  const tasks = 3;
  const { counts } = await countRequests('1', tasks * 1_000, 0);
  expect({
    reads: (counts.GetObject ?? 0) + (counts.GetBucketVersioning ?? 0),
    listings: counts.ListObjectsV2,
    writes: counts.PutObject,
  }).toEqual({
    reads: tasks * BOOKKEEPING_READS,
    listings: tasks * BOOKKEEPING_LISTINGS,
    writes: tasks * BOOKKEEPING_WRITES,
  });
  expect(counts.DeleteObjects).toBe(tasks);
});

describe('a task costs in requests what the estimate says', () => {
  test.each([
    ['adds markers, dense', '1', 1_000, 0],
    ['adds markers, sparse', '1', 350, 100],
    ['removes markers, dense', '2', 1_000, 0],
    ['removes markers, sparse', '2', 350, 100],
  ] as const)('%s', async (_name, scenario, rows, entriesBetween) => {
    const { reads, listings, writes } = await countRequests(scenario, rows, entriesBetween);
    const counted =
      (reads * prices.readUsdPerThousandRequests +
        listings * prices.listUsdPerThousandRequests +
        writes * prices.writeUsdPerThousandRequestsByClass.STANDARD) /
      1_000;
    const input: EstimateInput = plan(
      { scenario, keys: rows, rows },
      { entriesInScope: stage.bucket.entryCount + (scenario === '1' ? -rows : rows) },
    );
    const { requestsUsd } = breakDownCosts(input, prices, 'batch');
    // The estimate has the worst of it: every task ends within a page, and a page that is tried in vain settles no key.
    expect(counted / requestsUsd).toBeGreaterThan(0.8);
    expect(counted / requestsUsd).toBeLessThanOrEqual(1.001);
  });

  test('copies: two HEADs and a copy a row; its announcements are no more than its rows', async () => {
    const rows = 300;
    const { counts } = await countRequests('3b', rows, 0);
    expect([counts.HeadObject, counts.CopyObject]).toEqual([2 * rows, rows]);
    expect(counts.PutObject).toBeLessThan(rows);
  });
});
