import { type EstimateInput, isCopy, type PlannedScenario, targetClasses } from './estimate-input.ts';
import * as rates from './estimate-rates.ts';
import { addWork, bookkeeping, guardWays, operations, type Work, writeUsd } from './estimate-work.ts';
import type { PriceTable } from './prices.ts';

/** Cost of one executor by service, in US dollars, with its tasks and its time. */
export type ServiceEstimate = {
  /** Batch Operations tasks, or requests of the runner. */
  tasks: number;
  requestsUsd: number;
  batchOperationsUsd: number;
  lambdaUsd: number;
  /** Seconds until the first operation, which executions started together wait side by side. */
  startSeconds: number;
  /** Seconds of the operations, which share S3's request rates and so add up. */
  runSeconds: number;
};

export const NOTHING: ServiceEstimate = {
  tasks: 0,
  requestsUsd: 0,
  batchOperationsUsd: 0,
  lambdaUsd: 0,
  startSeconds: 0,
  runSeconds: 0,
};

/** What a job that invokes a Lambda function sends, and how long its invocations are billed for altogether. */
type LambdaWork = { tasks: number; work: Work; lambdaSeconds: number };

/**
 * One S3 Batch Operations job that invokes a Lambda function.
 * @param rowsPerTask rows that a task serves; 1 is the method of one task a key: no split to read, no guard, one
 *   DELETE or one copy
 * @param concurrency invocations at a time, of all jobs together: see `splitConcurrency`
 */
export function estimateBatch(
  scenario: PlannedScenario,
  input: EstimateInput,
  prices: PriceTable,
  rowsPerTask: number,
  concurrency: number,
): ServiceEstimate {
  if (scenario.rows === 0) return NOTHING;
  return lambdaJob(lambdaWork(scenario, input, prices, rowsPerTask), concurrency, prices);
}

/**
 * Task functions at a time that bring the scenarios to S3's request rates, within what `deploy` reserves by itself.
 * More would wait for S3, and Lambda bills waiting; where bytes decide and not requests, more would be quicker.
 * @param scenarios those that split tasks carry out, all of whose jobs share the one function
 */
export function splitConcurrency(
  scenarios: readonly PlannedScenario[],
  input: EstimateInput,
  prices: PriceTable,
): number {
  const needed = scenarios
    .filter(({ rows }) => rows > 0)
    .map((scenario) => {
      const { tasks, work, lambdaSeconds } = lambdaWork(scenario, input, prices, rates.ROWS_PER_TASK);
      return Math.min(tasks, Math.ceil(lambdaSeconds / s3Seconds(work)));
    });
  return Math.min(rates.RESERVED_CONCURRENCY_MOST, Math.max(rates.RESERVED_CONCURRENCY_LEAST, ...needed));
}

function lambdaWork(
  scenario: PlannedScenario,
  input: EstimateInput,
  prices: PriceTable,
  rowsPerTask: number,
): LambdaWork {
  const tasks = Math.ceil(scenario.rows / rowsPerTask);
  const work = operations(scenario, input, tasks, prices);
  if (rowsPerTask === 1) {
    const copySeconds = isCopy(scenario.scenario) ? work.parallelSeconds : 0;
    return { tasks, work, lambdaSeconds: tasks * rates.TASK_A_KEY_SECONDS + copySeconds };
  }
  const inFlight = Math.min(rates.TASK_REQUESTS_IN_FLIGHT, rowsPerTask);
  const lambdaSeconds = (part: Work) => part.sequentialSeconds + part.parallelSeconds / inFlight;
  const guard = cheapest(guardWays(scenario, input, tasks, prices), (way) => {
    return way.usd + computeUsd(lambdaSeconds(way), prices);
  });
  const all = addWork(bookkeeping(scenario, tasks, prices), guard, work);
  return { tasks, work: all, lambdaSeconds: tasks * rates.TASK_START_SECONDS + lambdaSeconds(all) };
}

/** The runner sends the requests of the split tasks itself: their price, and no other. */
export function estimateDirect(
  scenario: PlannedScenario,
  input: EstimateInput,
  prices: PriceTable,
): ServiceEstimate {
  if (scenario.rows === 0) return NOTHING;
  const tasks = Math.ceil(scenario.rows / rates.ROWS_PER_TASK);
  const guard = cheapest(guardWays(scenario, input, tasks, prices), (way) => way.usd);
  // Its journal is a file.
  const work = addWork(guard, operations(scenario, input, tasks, prices));
  const latencies =
    work.sequentialSeconds + work.parallelSeconds + work.requests * rates.DIRECT_EXTRA_SECONDS;
  const inFlight = Math.min(rates.DIRECT_REQUESTS_IN_FLIGHT, work.requests);
  return {
    ...NOTHING,
    tasks: work.requests,
    requestsUsd: work.usd,
    startSeconds: rates.DIRECT_START_SECONDS,
    runSeconds: Math.max(latencies / inFlight, s3Seconds(work)),
  };
}

/**
 * S3PutObjectCopy jobs, one task a key, without the guard. Such a job gives all its copies one storage class, so
 * copies that keep their source's class take a job a class. Where the plan has asked for them, start-jobs lists the
 * keys afterwards, by pages of all entries in scope or key by key, to learn which versions the copies became.
 */
export function estimateNativeCopy(
  scenario: PlannedScenario,
  input: EstimateInput,
  prices: PriceTable,
): ServiceEstimate {
  if (scenario.rows === 0) return NOTHING;
  const classes = targetClasses(scenario, input.storageClass).filter((share) => share.keys > 0);
  const pages =
    Math.ceil(input.entriesInScope / rates.LIST_PAGE_ENTRIES) +
    Math.ceil(scenario.rows / rates.LIST_PAGE_ENTRIES);
  const listings = input.copyWith === undefined ? 0 : Math.min(pages, scenario.rows);
  const jobs = Math.max(1, new Set(classes.map((share) => share.storageClass)).size);
  return {
    tasks: scenario.rows,
    requestsUsd:
      scenario.rows * writeUsd(scenario, input, prices) +
      (listings * prices.listUsdPerThousandRequests) / 1_000,
    batchOperationsUsd: jobsUsd(jobs, scenario.rows, prices),
    lambdaUsd: 0,
    startSeconds: rates.JOB_START_SECONDS,
    runSeconds:
      scenario.rows / rates.NATIVE_COPY_TASKS_PER_SECOND +
      (listings * rates.LIST_PAGE_SECONDS) / (listings === pages ? 1 : rates.TASK_REQUESTS_IN_FLIGHT),
  };
}

/** Fee of Batch Operations for jobs with so many tasks altogether, in US dollars. */
export function jobsUsd(jobs: number, tasks: number, prices: PriceTable): number {
  return (
    jobs * prices.batchOperationsUsdPerJob + (tasks * prices.batchOperationsUsdPerMillionTasks) / 1_000_000
  );
}

function lambdaJob(
  { tasks, work, lambdaSeconds }: LambdaWork,
  concurrency: number,
  prices: PriceTable,
): ServiceEstimate {
  // A task that runs into the time limit is invoked again for the rest; Batch Operations charges it once.
  const invocations = Math.max(tasks, lambdaSeconds / rates.LAMBDA_STOP_SECONDS);
  return {
    tasks,
    requestsUsd: work.usd,
    batchOperationsUsd: jobsUsd(1, tasks, prices),
    lambdaUsd:
      (invocations * prices.lambdaUsdPerMillionRequests) / 1_000_000 + computeUsd(lambdaSeconds, prices),
    startSeconds: rates.JOB_START_SECONDS,
    runSeconds: Math.max(lambdaSeconds / Math.min(tasks, concurrency), s3Seconds(work)),
  };
}

function computeUsd(lambdaSeconds: number, prices: PriceTable): number {
  return lambdaSeconds * rates.LAMBDA_MEMORY_GIGABYTES * prices.lambdaUsdPerGigabyteSecond;
}

/** Seconds that S3's request rates allow at least, whoever sends. */
function s3Seconds(work: Work): number {
  return Math.max(work.reads / rates.S3_READS_PER_SECOND, work.writes / rates.S3_WRITES_PER_SECOND);
}

function cheapest([first, ...others]: [Work, ...Work[]], costOf: (way: Work) => number): Work {
  return others.reduce((best, way) => (costOf(way) < costOf(best) ? way : best), first);
}
