import { isBatchCopied } from '../s3/rollback.ts';
import {
  estimateBatch,
  estimateDirect,
  estimateNativeCopy,
  NOTHING,
  type ServiceEstimate,
  splitConcurrency,
} from './estimate-executors.ts';
import { estimateExtras } from './estimate-extras.ts';
import { type EstimateInput, isListedOnly, type PlannedScenario } from './estimate-input.ts';
import * as rates from './estimate-rates.ts';
import type { Estimate } from './plan-file.ts';
import type { PriceTable } from './prices.ts';

export type { EstimateInput } from './estimate-input.ts';

type EstimateOptions = {
  /** Rows that a Batch Operations task serves: 1,000; 1 is the method of one task a key, without guards. */
  rowsPerTask?: number;
};

/** Cost by service, in US dollars. */
export type CostByService = {
  athenaUsd: number;
  requestsUsd: number;
  batchOperationsUsd: number;
  lambdaUsd: number;
};

type ScenarioServices = {
  scenario: PlannedScenario;
  batch: ServiceEstimate;
  direct: ServiceEstimate;
  nativeCopy: ServiceEstimate | null;
};

/**
 * Cost (US dollars) and time (seconds) of a plan on both executors and with the native copy job. Nothing is rounded.
 * The totals are the sums over the scenarios, but for the time that a job takes to start: jobs are started together,
 * then share S3's request rates. They leave out `query`, which costs nothing where this machine plans, and `extras`.
 * docs/estimates.md explains the method.
 * @throws RangeError where rowsPerTask is not a whole number from 1
 */
export function estimatePlan(
  input: EstimateInput,
  prices: PriceTable,
  options: EstimateOptions = {},
): Estimate {
  const { concurrency, scenarios } = estimateScenarios(input, prices, options);
  const hasNativeCopy = scenarios.some(({ nativeCopy }) => nativeCopy !== null);
  const total = (pick: (services: ScenarioServices) => ServiceEstimate) =>
    withCost(addServices(scenarios.map(pick)));
  return {
    prices: { name: prices.name, region: prices.region, asOf: prices.asOf },
    query: estimateQuery(input, prices),
    scenarios: scenarios.map(({ scenario, batch, direct, nativeCopy }) => ({
      scenario: scenario.scenario,
      batch: withCost(batch),
      direct: withCost(direct),
      nativeCopy: nativeCopy === null ? null : withCost(nativeCopy),
    })),
    totals: {
      batch: total(({ batch }) => batch),
      direct: total(({ direct }) => direct),
      nativeCopy: hasNativeCopy ? total(({ batch, nativeCopy }) => nativeCopy ?? batch) : null,
    },
    concurrency,
    extras: estimateExtras(input, prices),
  };
}

/**
 * The same costs as `estimatePlan`, by service: the query on Athena, and the total of one executor. Their sum is
 * `query.costUsd` plus that total.
 * @param executor `nativeCopy`: scenario 3b as a native copy job, the rest as `batch`
 * @throws RangeError where rowsPerTask is not a whole number from 1
 */
export function breakDownCosts(
  input: EstimateInput,
  prices: PriceTable,
  executor: 'batch' | 'direct' | 'nativeCopy',
  options: EstimateOptions = {},
): CostByService {
  const total = addServices(
    estimateScenarios(input, prices, options).scenarios.map(
      (services) => services[executor] ?? services.batch,
    ),
  );
  return {
    athenaUsd: estimateQuery(input, prices).costUsd,
    requestsUsd: total.requestsUsd,
    batchOperationsUsd: total.batchOperationsUsd,
    lambdaUsd: total.lambdaUsd,
  };
}

function estimateScenarios(
  input: EstimateInput,
  prices: PriceTable,
  { rowsPerTask = rates.ROWS_PER_TASK }: EstimateOptions,
): { concurrency: number; scenarios: ScenarioServices[] } {
  if (!Number.isInteger(rowsPerTask) || rowsPerTask < 1) {
    throw new RangeError(`rowsPerTask must be a whole number from 1, not ${rowsPerTask}`);
  }
  const split = input.scenarios.filter(
    ({ scenario }) => !isListedOnly(scenario) && !isBatchCopied(input.copyWith, scenario),
  );
  const concurrency = rowsPerTask === 1 ? rates.LAMBDA_CONCURRENCY : splitConcurrency(split, input, prices);
  const scenarios = input.scenarios.map((scenario) => {
    if (isListedOnly(scenario.scenario)) {
      return { scenario, batch: NOTHING, direct: NOTHING, nativeCopy: null };
    }
    const isBatchCopy = isBatchCopied(input.copyWith, scenario.scenario);
    const nativeCopy =
      isBatchCopy || scenario.scenario === '3b' ? estimateNativeCopy(scenario, input, prices) : null;
    return {
      scenario,
      // What the plan asks for is what its figures are of.
      batch:
        isBatchCopy && nativeCopy !== null
          ? nativeCopy
          : estimateBatch(scenario, input, prices, rowsPerTask, concurrency),
      direct: estimateDirect(scenario, input, prices),
      nativeCopy,
    };
  });
  return { concurrency, scenarios };
}

/**
 * The plan's query on Athena: it reads the whole inventory once, and the rows of each scenario once more to write
 * its manifest.
 */
function estimateQuery(input: EstimateInput, prices: PriceTable): Estimate['query'] {
  const bytesPerEntry = input.entries === 0 ? 0 : input.inventoryBytes / input.entries;
  const statements = [input.inventoryBytes, ...input.scenarios.map(({ rows }) => rows * bytesPerEntry)];
  const bytesScanned = statements.reduce(
    (sum, bytes) => sum + Math.max(rates.ATHENA_MINIMUM_BYTES, Math.ceil(bytes)),
    0,
  );
  return {
    bytesScanned,
    costUsd: (bytesScanned * prices.athenaUsdPerTerabyteScanned) / 1e12,
    seconds:
      statements.length * rates.ATHENA_STATEMENT_SECONDS + bytesScanned / rates.ATHENA_BYTES_PER_SECOND,
  };
}

function addServices(parts: ServiceEstimate[]): ServiceEstimate {
  return parts.reduce(
    (sum, part) => ({
      tasks: sum.tasks + part.tasks,
      requestsUsd: sum.requestsUsd + part.requestsUsd,
      batchOperationsUsd: sum.batchOperationsUsd + part.batchOperationsUsd,
      lambdaUsd: sum.lambdaUsd + part.lambdaUsd,
      startSeconds: Math.max(sum.startSeconds, part.startSeconds),
      runSeconds: sum.runSeconds + part.runSeconds,
    }),
    NOTHING,
  );
}

function withCost(services: ServiceEstimate): { tasks: number; costUsd: number; seconds: number } {
  const { tasks, requestsUsd, batchOperationsUsd, lambdaUsd, startSeconds, runSeconds } = services;
  return { tasks, costUsd: requestsUsd + batchOperationsUsd + lambdaUsd, seconds: startSeconds + runSeconds };
}
