import { RunbookError } from '../../errors.ts';
import {
  estimateBatch,
  estimateDirect,
  jobsUsd,
  type ServiceEstimate,
  splitConcurrency,
} from '../../plan/estimate-executors.ts';
import { type EstimateInput, type PlannedScenario, sum } from '../../plan/estimate-input.ts';
import { ROWS_PER_TASK } from '../../plan/estimate-rates.ts';
import { GIGABYTE, isArchived, restoreRequestsUsd } from '../../plan/estimate-storage.ts';
import type { PlanInputs } from '../../plan/plan-file.ts';
import type { PriceTable } from '../../plan/prices.ts';
import {
  type ArchiveKind,
  isDeep,
  longestUnseenHours,
  type RestoredCopyChoice,
  type RestoreTier,
  restoreWait,
  takesDays,
} from '../../s3/restore.ts';
import { readEndedRows } from '../outcome-rows.ts';
import type { PlanRecord } from '../record.ts';
import type { RunOutcome } from '../run-files.ts';
import { isRestorable } from './restorable.ts';

/**
 * The archived rows of a run, by storage class; null: the plan does not know it. `listed`: those of 3a and 5a, which jobs
 * of S3's own can ask for.
 */
export type ArchivedShare = { storageClass: string | null; rows: number; bytes: number; listed: number };

/** How it is asked to go. */
export type AskedRestore = {
  tier: RestoreTier;
  /** null: as agreed before, or else enough, and a week at least */
  days: number | null;
  /** what was agreed to before, and is not agreed to anew; null: nothing */
  agreedDays: number | null;
  /** whether jobs of S3's own ask for the restores of 3a and 5a */
  asks: boolean;
  /** whether tasks copy, rather than this machine */
  copies: boolean;
};

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
  /** who asks for the restores; jobs that do, and what S3 Batch Operations takes for them, by the job and by the object */
  restoreWith: 'direct' | 's3-batch-restore';
  restoreJobs: number;
  restoreJobsUsd: number;
  /** US dollars of the temporary copies, for all their days */
  storageUsd: number;
  copyWith: RestoredCopyChoice;
  /** US dollars of a look at every row and of its copy, with jobs and tasks where they copy; without storage and transfer */
  copyUsd: number;
  /** hours that copying takes once everything can be read */
  copyHours: number;
  prices: string;
};

/** Days that restored copies stay where nothing else is asked for. */
const USUAL_DAYS = 7;
const MOST_DAYS = 365;
/** A look is a HEAD of the version and one of the key. */
const HEADS_PER_LOOK = 2;
/** RestoreObject's limit in an account and Region ("Restore objects with Batch Operations"). */
const JOB_RESTORES_PER_SECOND = 1_000;
/** Left to whoever has to start the next run, which may take another approval. */
const SLACK_HOURS = 24;

/** Counts the archived rows of a run, by the class that the plan knows. @throws RunbookError OUTCOMES_DAMAGED */
export async function readArchivedShares(record: PlanRecord, run: RunOutcome): Promise<ArchivedShare[]> {
  const shares = new Map<string | null, ArchivedShare>();
  for (const manifest of record.plan.manifests) {
    const ended = run.scenarios.find(({ scenario }) => scenario === manifest.scenario);
    if (ended === undefined || !isRestorable(ended)) continue;
    for await (const { row, result } of readEndedRows(record, manifest, ended.path)) {
      if (result.outcome !== 'archived') continue;
      const known = row.storageClass === 'INTELLIGENT_TIERING' || isArchived(row.storageClass ?? '');
      const storageClass = known ? row.storageClass : null;
      const share = shares.get(storageClass) ?? { storageClass, rows: 0, bytes: 0, listed: 0 };
      share.rows += 1;
      share.bytes += row.size ?? 0;
      if (manifest.operation === 'copy-after-restore') share.listed += 1;
      shares.set(storageClass, share);
    }
  }
  return [...shares.values()].sort((left, right) =>
    String(left.storageClass).localeCompare(String(right.storageClass), 'en'),
  );
}

/**
 * What restoring would cost and take, before anyone agrees to it.
 * @throws RunbookError RESTORE_TIER_UNAVAILABLE, RESTORE_WINDOW_TOO_SHORT
 */
export function offerRestore(
  shares: readonly ArchivedShare[],
  asked: AskedRestore,
  inputs: Pick<PlanInputs, 'mode' | 'storageClass'>,
  prices: PriceTable,
): RestoreOffer {
  const { tier, asks, copies } = asked;
  if (tier === 'Expedited' && shares.some(({ storageClass }) => storageClass === 'DEEP_ARCHIVE')) {
    throw new RunbookError(
      'RESTORE_TIER_UNAVAILABLE',
      'Versions in DEEP_ARCHIVE cannot be restored with the tier Expedited.',
      { hint: 'use --tier Standard (12 hours) or --tier Bulk (48 hours)' },
    );
  }
  const rows = sum(shares, (share) => share.rows);
  const bytes = sum(shares, (share) => share.bytes);
  const listed = asks ? sum(shares, (share) => share.listed) : 0;
  const restoreJobs = asks ? shares.filter((share) => share.listed > 0).length : 0;
  const copying = estimateCopies(shares, copies, inputs, prices);
  const copyHours = (copying.startSeconds + copying.runSeconds) / 3_600;
  const askHours = listed / JOB_RESTORES_PER_SECOND / 3_600;
  const days = windowOf(shares, asked, askHours, copyHours);
  const classes = shares.map((share) => offerClass(share, tier, prices));
  const temporary = shares.filter(({ storageClass }) => isArchived(storageClass ?? ''));
  const temporaryBytes = sum(temporary, (share) => share.bytes);
  const isKnown = classes.every(({ restoreUsd }) => restoreUsd !== null);
  return {
    tier,
    days,
    classes,
    rows,
    bytes,
    restoreUsd: isKnown ? classes.reduce((total, { restoreUsd }) => total + (restoreUsd ?? 0), 0) : null,
    restoreWith: asks ? 's3-batch-restore' : 'direct',
    restoreJobs,
    restoreJobsUsd: jobsUsd(restoreJobs, listed, prices),
    storageUsd: (temporaryBytes / GIGABYTE) * prices.storageUsdPerGigabyteMonthByClass.STANDARD * (days / 30),
    copyWith: copies ? 's3-batch-task' : 'direct',
    copyUsd:
      (rows * HEADS_PER_LOOK * prices.readUsdPerThousandRequests) / 1_000 +
      copying.requestsUsd +
      copying.batchOperationsUsd +
      copying.lambdaUsd,
    copyHours,
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

/** What copying costs and takes, by the assumptions of the estimates: with split tasks, or from this machine. */
function estimateCopies(
  shares: readonly ArchivedShare[],
  copies: boolean,
  { mode, storageClass }: Pick<PlanInputs, 'mode' | 'storageClass'>,
  prices: PriceTable,
): ServiceEstimate {
  const rows = sum(shares, (share) => share.rows);
  const scenario: PlannedScenario = {
    scenario: mode === 'copy-to-bucket' ? '5a' : '3a',
    keys: rows,
    rows,
    bytes: sum(shares, (share) => share.bytes),
    byStorageClass: shares.map((share) => ({
      storageClass: share.storageClass ?? 'STANDARD',
      keys: share.rows,
      bytes: share.bytes,
    })),
  };
  const input: EstimateInput = {
    ...{ mode, storageClass, crossRegion: null, scenarios: [scenario], inventoryBytes: 0 },
    ...{ entries: rows, entriesInScope: rows, keysInScope: rows },
  };
  return copies
    ? estimateBatch(scenario, input, prices, ROWS_PER_TASK, splitConcurrency([scenario], input, prices))
    : estimateDirect(scenario, input, prices);
}

/**
 * How long restored copies stay, in days. S3 counts them from the request ("Restoring an archived object"), so the
 * shortest that is taken covers the usual time of the restore and the longest until it is looked at; the time that jobs
 * take to ask, as a job says of none when it did; a day for whoever starts the next run; and the copying.
 */
function windowOf(
  shares: readonly ArchivedShare[],
  { tier, days, agreedDays }: AskedRestore,
  hoursOfAsking: number,
  hoursOfCopies: number,
): number {
  if (days === null && agreedDays !== null) return agreedDays;
  const kinds = shares.flatMap(({ storageClass }) => kindsOf(storageClass)).filter(takesDays);
  const unseen = Math.max(
    0,
    ...kinds.map((kind) =>
      longestUnseenHours(kind, isDeep(kind) && tier === 'Expedited' ? 'Standard' : tier),
    ),
  );
  const least =
    kinds.length === 0 ? 1 : Math.ceil((unseen + hoursOfAsking + SLACK_HOURS + hoursOfCopies) / 24);
  if (days === null) return Math.max(USUAL_DAYS, least);
  if (days >= least && days <= Math.max(MOST_DAYS, least)) return days;
  throw new RunbookError(
    'RESTORE_WINDOW_TOO_SHORT',
    days < least
      ? `Restored copies that stay for ${days} days may expire before they are copied: it takes up to ${Math.ceil(unseen + hoursOfAsking)} hours until one is restored and looked at, ${SLACK_HOURS} for the next run to be started, and ${Math.ceil(hoursOfCopies)} to copy.`
      : `Restored copies need not stay for ${days} days, which are billed as STANDARD.`,
    { hint: `give --days from ${least} to ${Math.max(MOST_DAYS, least)}, or leave it out` },
  );
}
