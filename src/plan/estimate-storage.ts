import { ARCHIVED_STORAGE_CLASSES } from '../s3/storage-class.ts';
import { jobsUsd } from './estimate-executors.ts';
import { type ClassShare, sum } from './estimate-input.ts';
import { MINIMUM_BILLED_BYTES } from './estimate-rates.ts';
import type { PriceTable } from './prices.ts';

/** Bytes of a gigabyte as S3 bills storage, retrieval and transfer. */
export const GIGABYTE = 2 ** 30;

const INFREQUENT_CLASSES = ['STANDARD_IA', 'ONEZONE_IA', 'GLACIER_IR'] as const;

/** Storage a month in US dollars, at least: a small object in an infrequent class is billed as 128 KiB. */
export function storageUsd(shares: ClassShare[], prices: PriceTable): number {
  return sum(shares, ({ storageClass, keys, bytes }) => {
    const billed = isInfrequent(storageClass) ? Math.max(bytes, keys * MINIMUM_BILLED_BYTES) : bytes;
    const monitoring =
      storageClass === 'INTELLIGENT_TIERING'
        ? (keys / 1_000) * prices.intelligentTieringUsdPerThousandObjectsMonth
        : 0;
    return (billed / GIGABYTE) * prices.storageUsdPerGigabyteMonthByClass[storageClass] + monitoring;
  });
}

/** Retrieval fee in US dollars of reading versions that are not archived. */
export function retrievalUsd(shares: ClassShare[], prices: PriceTable): number {
  return sum(shares, ({ storageClass, bytes }) =>
    isInfrequent(storageClass) ? (bytes / GIGABYTE) * prices.retrievalUsdPerGigabyteByClass[storageClass] : 0,
  );
}

/**
 * Restoring in US dollars: S3InitiateRestoreObject jobs, one a class, restore requests, and gigabytes.
 * Intelligent-Tiering's own archive tiers are restored free of charge, but not in the same job as the others: they take
 * no number of days.
 */
export function restoreUsd(shares: ClassShare[], tier: 'bulk' | 'standard', prices: PriceTable): number {
  const jobs = new Set(shares.map(({ storageClass }) => storageClass)).size;
  return (
    sum(shares, (share) => restoreRequestsUsd(share, tier, prices)) +
    jobsUsd(
      jobs,
      sum(shares, ({ keys }) => keys),
      prices,
    )
  );
}

/** Requests and gigabytes of restoring, in US dollars. Intelligent-Tiering is free of charge, except for Expedited. */
export function restoreRequestsUsd(
  { storageClass, keys, bytes }: ClassShare,
  tier: 'bulk' | 'standard' | 'expedited',
  prices: PriceTable,
): number {
  const gigabytes = bytes / GIGABYTE;
  if (tier === 'expedited') {
    const { expeditedRestoreUsdPerThousandRequests, expeditedRestoreUsdPerGigabyte } = prices;
    return (
      (keys / 1_000) * expeditedRestoreUsdPerThousandRequests + gigabytes * expeditedRestoreUsdPerGigabyte
    );
  }
  if (!isArchived(storageClass)) return 0;
  const [request, gigabyte] =
    tier === 'bulk'
      ? [prices.bulkRestoreUsdPerThousandRequestsByClass, prices.bulkRestoreUsdPerGigabyteByClass]
      : [prices.standardRestoreUsdPerThousandRequestsByClass, prices.standardRestoreUsdPerGigabyteByClass];
  return (keys / 1_000) * request[storageClass] + gigabytes * gigabyte[storageClass];
}

/** Classes with a fee for reading and a least billed size. */
export function isInfrequent(storageClass: string): storageClass is (typeof INFREQUENT_CLASSES)[number] {
  return INFREQUENT_CLASSES.some((known) => known === storageClass);
}

/** Classes that are read only after RestoreObject. */
export function isArchived(storageClass: string): storageClass is (typeof ARCHIVED_STORAGE_CLASSES)[number] {
  return ARCHIVED_STORAGE_CLASSES.some((known) => known === storageClass);
}
