import { RunbookError } from '../../errors.ts';
import * as rates from '../../plan/estimate-rates.ts';
import { GIGABYTE, isArchived, restoreRequestsUsd } from '../../plan/estimate-storage.ts';
import type { PriceTable } from '../../plan/prices.ts';
import {
  type ArchiveKind,
  isDeep,
  longestUnseenHours,
  type RestoreTier,
  restoreWait,
  takesDays,
} from '../../s3/restore.ts';
import { readEndedRows } from '../outcome-rows.ts';
import type { PlanRecord } from '../record.ts';
import type { RunOutcome } from '../run-files.ts';
import { isRestorable } from './restorable.ts';

/** The archived rows of a run, by storage class; null: the plan does not know it. */
export type ArchivedShare = { storageClass: string | null; rows: number; bytes: number };

/** What restoring a class costs and takes. */
export type OfferedClass = ArchivedShare & {
  /** US dollars, of requests and bytes; null where the class is not known */
  restoreUsd: number | null;
  /** hours until the data can be read: not before, and usually by then; for Intelligent-Tiering of its slowest tier */
  fromHours: number;
  toHours: number;
};

export type RestoreOffer = {
  tier: RestoreTier;
  days: number;
  classes: OfferedClass[];
  rows: number;
  bytes: number;
  restoreUsd: number | null;
  /** US dollars of the temporary copies, for all their days */
  storageUsd: number;
  /** US dollars of a look at every row and of its copy, without storage and transfer */
  copyUsd: number;
  prices: string;
};

/** Days that restored copies stay where nothing else is asked for. */
const USUAL_DAYS = 7;
const MOST_DAYS = 365;
/** Left to whoever has to start the next run, which may take another approval. */
const SLACK_HOURS = 24;

/** Counts the archived rows of a run, by the class that the plan knows. @throws RunbookError OUTCOMES_DAMAGED */
export async function readArchivedShares(record: PlanRecord, run: RunOutcome): Promise<ArchivedShare[]> {
  const shares = new Map<string | null, ArchivedShare>();
  for (const manifest of record.plan.manifests) {
    const ended = run.scenarios.find(({ scenario }) => scenario === manifest.scenario);
    if (ended === undefined || !isRestorable(record.plan, ended)) continue;
    for await (const { row, result } of readEndedRows(record, manifest, ended.path)) {
      if (result.outcome !== 'archived') continue;
      const known = row.storageClass === 'INTELLIGENT_TIERING' || isArchived(row.storageClass ?? '');
      const storageClass = known ? row.storageClass : null;
      const share = shares.get(storageClass) ?? { storageClass, rows: 0, bytes: 0 };
      shares.set(storageClass, { ...share, rows: share.rows + 1, bytes: share.bytes + (row.size ?? 0) });
    }
  }
  return [...shares.values()].sort((left, right) =>
    String(left.storageClass).localeCompare(String(right.storageClass), 'en'),
  );
}

/**
 * What restoring would cost and take, before anyone agrees to it.
 * @param days as asked for; null: enough, and a week at least
 * @throws RunbookError RESTORE_TIER_UNAVAILABLE, RESTORE_WINDOW_TOO_SHORT
 */
export function offerRestore(
  shares: readonly ArchivedShare[],
  asked: { tier: RestoreTier; days: number | null },
  prices: PriceTable,
): RestoreOffer {
  const { tier } = asked;
  if (tier === 'Expedited' && shares.some(({ storageClass }) => storageClass === 'DEEP_ARCHIVE')) {
    throw new RunbookError(
      'RESTORE_TIER_UNAVAILABLE',
      'Versions in DEEP_ARCHIVE cannot be restored with the tier Expedited.',
      { hint: 'use --tier Standard (12 hours) or --tier Bulk (48 hours)' },
    );
  }
  const rows = shares.reduce((total, share) => total + share.rows, 0);
  const bytes = shares.reduce((total, share) => total + share.bytes, 0);
  const days = windowOf(shares, asked, copyHours(rows, bytes));
  const classes = shares.map((share) => offerClass(share, tier, prices));
  const temporary = shares.filter(({ storageClass }) => isArchived(storageClass ?? ''));
  const temporaryBytes = temporary.reduce((total, share) => total + share.bytes, 0);
  const isKnown = classes.every(({ restoreUsd }) => restoreUsd !== null);
  return {
    tier,
    days,
    classes,
    rows,
    bytes,
    restoreUsd: isKnown ? classes.reduce((total, { restoreUsd }) => total + (restoreUsd ?? 0), 0) : null,
    storageUsd: (temporaryBytes / GIGABYTE) * prices.storageUsdPerGigabyteMonthByClass.STANDARD * (days / 30),
    copyUsd:
      (rows * (prices.writeUsdPerThousandRequestsByClass.STANDARD + 2 * prices.readUsdPerThousandRequests)) /
      1_000,
    prices: `${prices.name}, ${prices.asOf}`,
  };
}

function offerClass(share: ArchivedShare, tier: RestoreTier, prices: PriceTable): OfferedClass {
  const kinds = kindsOf(share.storageClass).map((kind) => restoreWait(kind, tier));
  const priced = { storageClass: pricedClass(share.storageClass), keys: share.rows, bytes: share.bytes };
  return {
    ...share,
    restoreUsd:
      share.storageClass === null
        ? null
        : restoreRequestsUsd(priced, tier.toLowerCase() as Lowercase<RestoreTier>, prices),
    fromHours: Math.min(...kinds.map(({ firstLookHours }) => firstLookHours)),
    toHours: Math.max(...kinds.map(({ usualHours }) => usualHours)),
  };
}

function pricedClass(storageClass: string | null): 'GLACIER' | 'DEEP_ARCHIVE' | 'INTELLIGENT_TIERING' {
  return storageClass === 'GLACIER' || storageClass === 'DEEP_ARCHIVE' ? storageClass : 'INTELLIGENT_TIERING';
}

/** The archives that versions of a class can lie in. */
function kindsOf(storageClass: string | null): ArchiveKind[] {
  if (storageClass === 'GLACIER' || storageClass === 'DEEP_ARCHIVE') return [storageClass];
  if (storageClass === 'INTELLIGENT_TIERING') return ['ARCHIVE_ACCESS', 'DEEP_ARCHIVE_ACCESS'];
  return ['GLACIER', 'DEEP_ARCHIVE'];
}

/** Hours that copying takes from one machine, by the assumptions of the estimates. */
function copyHours(rows: number, bytes: number): number {
  const latency = rates.COPY_SECONDS + 2 * rates.HEAD_SECONDS + 3 * rates.DIRECT_EXTRA_SECONDS;
  const seconds = rows * latency + bytes / rates.COPY_BYTES_PER_SECOND;
  return seconds / rates.DIRECT_REQUESTS_IN_FLIGHT / 3_600;
}

/**
 * How long restored copies stay, in days. The shortest that is taken covers the longest time that one lies there until
 * it is looked at, a day for whoever starts the next run, and the copying.
 */
function windowOf(
  shares: readonly ArchivedShare[],
  { tier, days }: { tier: RestoreTier; days: number | null },
  hoursOfCopies: number,
): number {
  const kinds = shares.flatMap(({ storageClass }) => kindsOf(storageClass)).filter(takesDays);
  const unseen = Math.max(
    0,
    ...kinds.map((kind) =>
      longestUnseenHours(kind, isDeep(kind) && tier === 'Expedited' ? 'Standard' : tier),
    ),
  );
  const least = kinds.length === 0 ? 1 : Math.ceil((unseen + SLACK_HOURS + hoursOfCopies) / 24);
  if (days === null) return Math.max(USUAL_DAYS, least);
  if (days >= least && days <= Math.max(MOST_DAYS, least)) return days;
  throw new RunbookError(
    'RESTORE_WINDOW_TOO_SHORT',
    days < least
      ? `Restored copies that stay for ${days} days may expire before they are copied: it takes up to ${Math.ceil(unseen)} hours until one is looked at, ${SLACK_HOURS} for the next run to be started, and ${Math.ceil(hoursOfCopies)} to copy.`
      : `Restored copies need not stay for ${days} days, which are billed as STANDARD.`,
    { hint: `give --days from ${least} to ${Math.max(MOST_DAYS, least)}, or leave it out` },
  );
}
