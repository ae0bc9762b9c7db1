import type { PriceTable } from '../plan/prices.ts';
import { MAX_RETENTION_DAYS } from '../s3/retention.ts';
import type { RetentionEstimate } from './retention-plan-file.ts';
import type { RetentionSettings } from './settings.ts';

/**
 * What an extension costs. A PutObjectRetention is billed as a PUT of S3 Standard, whatever the class of the object.
 */

const DAYS_PER_MONTH = 365 / 12;
/** Athena bills at least 10 MB a query, of a terabyte of 10^12 bytes (Amazon Athena pricing). */
const ATHENA_MINIMUM_TERABYTES = 0.00001;
/** Steps of the table, in intervals of the schedule: 7, 28, 91, 182, 280 and 364 days of a weekly one. */
const STEPS = [1, 4, 13, 26, 40, 52];
/** The guard before each PUT: is the version still current, and what is its retention now. */
const READS_PER_VERSION = 2;

/**
 * Estimates a run and what comes after it, month by month.
 * @param versions current versions under each rule, in the order of the rules
 * @param manifests how many versions each manifest of this run holds
 */
export function estimateRetention(
  settings: RetentionSettings,
  versions: readonly number[],
  manifests: readonly number[],
  prices: PriceTable,
): RetentionEstimate {
  const tasks = manifests.reduce((total, rows) => total + rows, 0);
  const readUsd = (tasks * READS_PER_VERSION * prices.readUsdPerThousandRequests) / 1000;
  const rules = settings.rules.map((rule, index) => {
    const own = versions[index] ?? 0;
    const monthly = (frequency: number) => monthlyUsd(own, frequency, settings.scheduleIntervalDays, prices);
    const frequencies = [
      rule.extensionFrequencyDays,
      ...STEPS.map((step) => step * settings.scheduleIntervalDays),
    ];
    const steps = [...new Set(frequencies)]
      .filter((frequency) => rule.minimumRetentionDays + frequency <= MAX_RETENTION_DAYS)
      .toSorted((left, right) => left - right)
      .map((frequency) => ({
        extensionFrequencyDays: frequency,
        longestLockDays: rule.minimumRetentionDays + frequency,
        monthlyUsd: monthly(frequency),
      }));
    return { rule: index + 1, versions: own, monthlyUsd: monthly(rule.extensionFrequencyDays), steps };
  });
  const { name, region, asOf } = prices;
  return {
    prices: { name, region, asOf },
    run: {
      tasks,
      directUsd: putUsd(tasks, prices) + readUsd,
      batchUsd:
        putUsd(tasks, prices) + taskUsd(tasks, prices) + manifests.length * prices.batchOperationsUsdPerJob,
    },
    monthlyUsd: rules.reduce((total, rule) => total + rule.monthlyUsd, 0),
    rules,
  };
}

/** Each version is extended once a frequency; each interval has one job, one report and one query. */
function monthlyUsd(versions: number, frequency: number, interval: number, prices: PriceTable): number {
  if (versions === 0) return 0;
  const extensions = (versions * DAYS_PER_MONTH) / frequency;
  const perRun =
    prices.batchOperationsUsdPerJob +
    (versions * prices.inventoryUsdPerMillionObjects) / 1_000_000 +
    ATHENA_MINIMUM_TERABYTES * prices.athenaUsdPerTerabyteScanned;
  return putUsd(extensions, prices) + taskUsd(extensions, prices) + (DAYS_PER_MONTH / interval) * perRun;
}

function putUsd(requests: number, prices: PriceTable): number {
  return (requests * prices.writeUsdPerThousandRequestsByClass.STANDARD) / 1000;
}

function taskUsd(tasks: number, prices: PriceTable): number {
  return (tasks * prices.batchOperationsUsdPerMillionTasks) / 1_000_000;
}
