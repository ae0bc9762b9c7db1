import { estimateBatch } from './estimate-executors.ts';
import {
  type ClassShare,
  type EstimateInput,
  isCopy,
  isListedOnly,
  type PlannedScenario,
  sourceClasses,
  sum,
  targetClasses,
} from './estimate-input.ts';
import * as rates from './estimate-rates.ts';
import {
  GIGABYTE,
  isArchived,
  isInfrequent,
  restoreUsd,
  retrievalUsd,
  storageUsd,
} from './estimate-storage.ts';
import type { Estimate } from './plan-file.ts';
import type { PriceTable } from './prices.ts';

type Extra = Estimate['extras'][number];

/**
 * What a plan costs beside its totals: computed where the plan knows enough, named with a null cost where it does
 * not. Costs are US dollars, once or a month.
 */
export function estimateExtras(input: EstimateInput, prices: PriceTable): Extra[] {
  const planned = input.scenarios.filter(({ rows }) => rows > 0);
  const executed = planned.filter(({ scenario }) => !isListedOnly(scenario));
  const copied = executed.filter(({ scenario }) => isCopy(scenario));
  const listed = planned.filter(({ scenario }) => isListedOnly(scenario));
  return [
    ...(copied.length > 0 ? copyExtras(copied, input, prices) : []),
    ...(listed.length > 0 ? restoreExtras(listed, input, prices) : []),
    ...(executed.length > 0 ? operationExtras(executed, prices) : []),
  ];
}

function copyExtras(copied: PlannedScenario[], input: EstimateInput, prices: PriceTable): Extra[] {
  const targets = copied.flatMap((scenario) => targetClasses(scenario, input.storageClass));
  const sources = copied.flatMap(sourceClasses);
  const extras: Extra[] = [
    {
      code: 'copies-storage',
      text: `Storage of the copies (${classNames(targets)}) for as long as they are kept, at list price without volume discount.`,
      costUsd: storageUsd(targets, prices),
      per: 'month',
    },
  ];
  const retrieved = sources.filter(({ storageClass, keys }) => keys > 0 && isInfrequent(storageClass));
  if (retrieved.length > 0) {
    extras.push({
      code: 'retrieval',
      text: `Retrieval of the versions that are copied from ${classNames(retrieved)}, by the gigabyte.`,
      costUsd: retrievalUsd(retrieved, prices),
      per: 'once',
    });
  }
  extras.push(...interRegionTransfer('inter-region-transfer', copied, input, prices));
  const copies = sum(copied, ({ rows }) => rows);
  extras.push({
    code: 'kms-requests',
    text: `Requests to AWS KMS, where versions or copies are encrypted with KMS keys: up to two for each of ${count(copies)} copies, fewer with bucket keys, at ${money(prices.kmsUsdPerTenThousandRequests)} per 10,000.`,
    costUsd: null,
    per: 'once',
  });
  return extras;
}

/** None within a bucket or a Region; without a cost where the plan does not know the destination's Region. */
function interRegionTransfer(
  code: string,
  copied: PlannedScenario[],
  { mode, crossRegion }: EstimateInput,
  prices: PriceTable,
): Extra[] {
  if (mode !== 'copy-to-bucket' || crossRegion === false) return [];
  const gigabytes = sum(copied, ({ bytes }) => bytes) / GIGABYTE;
  const size = `${gigabytes.toLocaleString('en-US', { maximumFractionDigits: 1 })} GiB`;
  const price = `${money(prices.interRegionUsdPerGigabyte)} per gigabyte`;
  return [
    {
      code,
      text: crossRegion
        ? `Transfer of ${size} to the destination bucket in another Region, at ${price}.`
        : `Transfer of ${size} to the destination bucket, if it is in another Region, at ${price}.`,
      costUsd: crossRegion ? gigabytes * prices.interRegionUsdPerGigabyte : null,
      per: 'once',
    },
  ];
}

function restoreExtras(listed: PlannedScenario[], input: EstimateInput, prices: PriceTable): Extra[] {
  const archived = listed.flatMap(sourceClasses);
  // A listed version whose class the plan does not know may be of any archive class: no figure is better than a low one.
  const isKnown = archived.every(({ storageClass }) => storageClass !== 'STANDARD');
  const keys = sum(archived, (share) => share.keys);
  const restored = archived.filter(({ storageClass }) => isArchived(storageClass));
  const extras: Extra[] = (['bulk', 'standard'] as const).map((tier) => ({
    code: `restore-${tier}`,
    text: `Restoring the ${count(keys)} archived versions (restore-archived), ${tier === 'bulk' ? 'Bulk' : 'Standard'} retrieval.`,
    costUsd: isKnown ? restoreUsd(archived, tier, prices) : null,
    per: 'once',
  }));
  extras.push(
    {
      code: 'restored-storage',
      text: 'Storage of the temporary copies that a restore makes, in STANDARD, for as long as was asked for.',
      costUsd: isKnown
        ? (sum(restored, ({ bytes }) => bytes) / GIGABYTE) * prices.storageUsdPerGigabyteMonthByClass.STANDARD
        : null,
      per: 'month',
    },
    {
      code: 'copy-after-restore',
      text: `Copying the ${count(keys)} restored versions, with split tasks.`,
      costUsd: sum(listed, (scenario) => copyAfterRestoreUsd(scenario, input, prices)),
      per: 'once',
    },
    {
      code: 'copies-after-restore-storage',
      text: 'Storage of these copies for as long as they are kept, at list price without volume discount.',
      costUsd:
        isKnown || input.storageClass !== 'as-source'
          ? storageUsd(
              listed.flatMap((scenario) => targetClasses(scenario, input.storageClass)),
              prices,
            )
          : null,
      per: 'month',
    },
    ...interRegionTransfer('inter-region-transfer-after-restore', listed, input, prices),
  );
  return extras;
}

function copyAfterRestoreUsd(scenario: PlannedScenario, input: EstimateInput, prices: PriceTable): number {
  const batch = estimateBatch(scenario, input, prices, rates.ROWS_PER_TASK, rates.RESERVED_CONCURRENCY_LEAST);
  return batch.requestsUsd + batch.batchOperationsUsd + batch.lambdaUsd;
}

function operationExtras(executed: PlannedScenario[], prices: PriceTable): Extra[] {
  const rows = sum(executed, (scenario) => scenario.rows);
  const extras: Extra[] = [
    {
      code: 'record-storage',
      text: 'Storage of the record (manifests and outcomes), in STANDARD, until its retention ends.',
      costUsd:
        ((rows * rates.RECORD_BYTES_PER_ROW) / GIGABYTE) * prices.storageUsdPerGigabyteMonthByClass.STANDARD,
      per: 'month',
    },
    {
      code: 'events',
      text: `Event notifications and EventBridge events, where the bucket sends them: up to ${count(rows)}, and whatever they start.`,
      costUsd: null,
      per: 'once',
    },
    {
      code: 'cloudtrail-data-events',
      text: `CloudTrail data events, where a trail logs them for the bucket: at ${money(prices.cloudTrailUsdPerHundredThousandDataEvents)} per 100,000, about one for each of ${count(rows)} rows and more for the guards.`,
      costUsd: null,
      per: 'once',
    },
  ];
  const replicated = executed.filter(({ scenario }) => isCopy(scenario) || scenario === '1');
  if (replicated.length > 0) {
    extras.push({
      code: 'replication',
      text: `Replication, where a rule of the bucket covers the copies and the added delete markers: requests, transfer and storage of up to ${count(sum(replicated, (scenario) => scenario.rows))} entries.`,
      costUsd: null,
      per: 'once',
    });
  }
  return extras;
}

function classNames(shares: ClassShare[]): string {
  return [...new Set(shares.filter(({ keys }) => keys > 0).map(({ storageClass }) => storageClass))].join(
    ', ',
  );
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** A unit price as people read it: at least cents, and no digit of the price lost. */
function money(price: number): string {
  return price.toLocaleString('en-US', { style: 'currency', currency: 'USD', maximumFractionDigits: 10 });
}
