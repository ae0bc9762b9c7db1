import { type EstimateInput, isCopy, type PlannedScenario, sum, targetClasses } from './estimate-input.ts';
import * as rates from './estimate-rates.ts';
import type { PriceTable } from './prices.ts';

/** Requests to S3 and what they take, before anyone is chosen to send them. */
export type Work = {
  requests: number;
  usd: number;
  /** Sum of the latencies of requests that a task sends one after another, in seconds. */
  sequentialSeconds: number;
  /** Sum of the latencies of requests that a task sends side by side, in seconds. */
  parallelSeconds: number;
  /** What counts against S3's rate of reads, and of writes: each key of a DeleteObjects request is a write. */
  reads: number;
  writes: number;
};

const NO_WORK: Work = {
  requests: 0,
  usd: 0,
  sequentialSeconds: 0,
  parallelSeconds: 0,
  reads: 0,
  writes: 0,
};

/** Adds up work. */
export function addWork(...parts: Work[]): Work {
  return parts.reduce(
    (total, part) => ({
      requests: total.requests + part.requests,
      usd: total.usd + part.usd,
      sequentialSeconds: total.sequentialSeconds + part.sequentialSeconds,
      parallelSeconds: total.parallelSeconds + part.parallelSeconds,
      reads: total.reads + part.reads,
      writes: total.writes + part.writes,
    }),
    NO_WORK,
  );
}

/**
 * The ways to prove the guards of a scenario; the executors take the cheaper one.
 *
 * By LIST: changed keys are taken to be spread evenly over the scope, the worst case, so that the tasks together list
 * every entry in scope, and each ends within a page. By HEAD: one a row, because each delete marker must be seen to be
 * one, and the pages that a task tries in vain. A copy looks at its source and at its key by HEAD in any case.
 */
export function guardWays(
  scenario: PlannedScenario,
  input: EstimateInput,
  tasks: number,
  prices: PriceTable,
): [Work, ...Work[]] {
  if (isCopy(scenario.scenario)) return [lookUps(2 * scenario.rows, 0, prices)];
  const triedPages = tasks * rates.SPARSE_PAGE_ROWS.filter((rows) => scenario.rows / tasks >= rows).length;
  const pages = Math.ceil(input.entriesInScope / rates.LIST_PAGE_ENTRIES) + tasks;
  return [lookUps(0, pages, prices), lookUps(scenario.rows, triedPages, prices)];
}

function lookUps(heads: number, pages: number, prices: PriceTable): Work {
  return {
    ...NO_WORK,
    requests: heads + pages,
    usd: (heads * prices.readUsdPerThousandRequests + pages * prices.listUsdPerThousandRequests) / 1_000,
    sequentialSeconds: pages * rates.LIST_PAGE_SECONDS,
    parallelSeconds: heads * rates.HEAD_SECONDS,
    reads: heads + pages,
  };
}

/**
 * What a task of S3 Batch Operations does beside its rows, as test/lambda/task-requests.test.ts counts it: it reads its
 * part of the manifest and the bucket's versioning, lists its journal, and writes it twice: what is about to be done,
 * and the outcomes. Copies are announced as they get ready, some at a time.
 */
export function bookkeeping(scenario: PlannedScenario, tasks: number, prices: PriceTable): Work {
  const announcements = isCopy(scenario.scenario)
    ? Math.max(0, Math.ceil(scenario.rows / rates.COPIES_PER_ANNOUNCEMENT) - tasks)
    : 0;
  const reads = tasks * rates.BOOKKEEPING_READS + announcements;
  const listings = tasks * rates.BOOKKEEPING_LISTINGS;
  const writes = tasks * rates.BOOKKEEPING_WRITES + announcements;
  return {
    ...NO_WORK,
    requests: reads + listings + writes,
    usd:
      (reads * prices.readUsdPerThousandRequests +
        listings * prices.listUsdPerThousandRequests +
        writes * prices.writeUsdPerThousandRequestsByClass.STANDARD) /
      1_000,
    // Announcements are under way beside the copies. The record is another bucket than the one that is rolled back, so
    // its rate does not count here.
    sequentialSeconds: (reads + listings + writes - 2 * announcements) * rates.SMALL_REQUEST_SECONDS,
  };
}

/** The operations themselves: DeleteObjects, which S3 does not charge for, or copies. */
export function operations(
  scenario: PlannedScenario,
  input: EstimateInput,
  tasks: number,
  prices: PriceTable,
): Work {
  if (isCopy(scenario.scenario)) return copies(scenario, input, prices);
  // A task never shares a request with another one, so there are at least as many requests as tasks.
  const requests = Math.max(tasks, Math.ceil(scenario.rows / rates.DELETE_REQUEST_KEYS));
  return {
    ...NO_WORK,
    requests,
    sequentialSeconds: (scenario.rows / rates.DELETE_REQUEST_KEYS) * rates.DELETE_REQUEST_SECONDS,
    writes: scenario.rows,
  };
}

function copies(scenario: PlannedScenario, input: EstimateInput, prices: PriceTable): Work {
  const { keys: large, bytes: largeBytes } = multipartShare(scenario);
  const parts =
    large === 0 ? 0 : Math.max(large, Math.ceil(largeBytes / rates.MULTIPART_PART_BYTES) + large - 1);
  // Over 5 GiB: HeadObject and GetObjectTagging, because a multipart copy inherits nothing; create; parts; complete.
  const reads = 2 * large;
  const writes = Math.max(0, scenario.rows - large) + parts + 2 * large;
  const bytesPerSecond = input.crossRegion
    ? rates.CROSS_REGION_COPY_BYTES_PER_SECOND
    : rates.COPY_BYTES_PER_SECOND;
  return {
    requests: reads + writes,
    usd: (reads * prices.readUsdPerThousandRequests) / 1_000 + writes * writeUsd(scenario, input, prices),
    sequentialSeconds: 0,
    parallelSeconds:
      reads * rates.HEAD_SECONDS + writes * rates.COPY_SECONDS + scenario.bytes / bytesPerSecond,
    reads,
    writes,
  };
}

function multipartShare(scenario: PlannedScenario): { keys: number; bytes: number } {
  if (scenario.multipart !== undefined) return scenario.multipart;
  return scenario.scenario === '3c' ? scenario : { keys: 0, bytes: 0 };
}

/** US dollars of one write request, on average over the classes that the copies will have. */
export function writeUsd(scenario: PlannedScenario, input: EstimateInput, prices: PriceTable): number {
  const shares = targetClasses(scenario, input.storageClass);
  const keys = sum(shares, (share) => share.keys);
  if (keys === 0) return prices.writeUsdPerThousandRequestsByClass.STANDARD / 1_000;
  const weighted = sum(
    shares,
    (share) => share.keys * prices.writeUsdPerThousandRequestsByClass[share.storageClass],
  );
  return weighted / keys / 1_000;
}
