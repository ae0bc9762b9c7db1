/**
 * What RestoreObject takes and how long it lasts, in S3's words ("Understanding archive retrieval options",
 * API_RestoreObject). A tier is named as the API spells it.
 */
export const RESTORE_TIERS = ['Bulk', 'Standard', 'Expedited'] as const;
export type RestoreTier = (typeof RESTORE_TIERS)[number];

/** Who copies restored versions: this machine, or the task function of the plan's stack. */
export const RESTORED_COPY_CHOICES = ['direct', 's3-batch-task'] as const;
export type RestoredCopyChoice = (typeof RESTORED_COPY_CHOICES)[number];

/** Where data lies that has to be restored: a storage class, or an archive tier of Intelligent-Tiering. */
export const ARCHIVE_KINDS = ['GLACIER', 'DEEP_ARCHIVE', 'ARCHIVE_ACCESS', 'DEEP_ARCHIVE_ACCESS'] as const;
export type ArchiveKind = (typeof ARCHIVE_KINDS)[number];

/** A restore that was asked for: by the store's clock, and as it was asked for. */
export type RestoreRequest = { at: Date; tier: RestoreTier; kind: ArchiveKind };

/** What S3 answers to RestoreObject; the last two to a version that needs no request any more. */
export type RestoreAnswer = 'requested' | 'under-way' | 'restored';

/** Hours: before the first a look is in vain, by the second it is usually over. */
type Wait = { firstLookHours: number; usualHours: number };

const MINUTE = 1 / 60;
/** Flexible Retrieval, and Intelligent-Tiering's Archive Access. */
const FLEXIBLE: Record<RestoreTier, Wait> = {
  Expedited: { firstLookHours: MINUTE, usualHours: 5 * MINUTE },
  Standard: { firstLookHours: 3, usualHours: 5 },
  Bulk: { firstLookHours: 5, usualHours: 12 },
};
/**
 * Deep Archive, and Intelligent-Tiering's Deep Archive Access. S3 publishes the longest usual time alone for Bulk; half
 * of it is our choice for the first look.
 */
const DEEP: Record<Exclude<RestoreTier, 'Expedited'>, Wait> = {
  Standard: { firstLookHours: 9, usualHours: 12 },
  Bulk: { firstLookHours: 24, usualHours: 48 },
};

export function isDeep(kind: ArchiveKind): boolean {
  return kind === 'DEEP_ARCHIVE' || kind === 'DEEP_ARCHIVE_ACCESS';
}

/** Whether RestoreObject takes a number of days: Intelligent-Tiering moves the object back for good, and takes none. */
export function takesDays(kind: ArchiveKind): boolean {
  return kind === 'GLACIER' || kind === 'DEEP_ARCHIVE';
}

/** The tier that a version is restored with: what was asked for, where its archive has it. Deep archives have no Expedited. */
export function tierFor(kind: ArchiveKind, asked: RestoreTier): RestoreTier {
  return asked === 'Expedited' && isDeep(kind) ? 'Standard' : asked;
}

/** How long a restore lasts. */
export function restoreWait(kind: ArchiveKind, tier: RestoreTier): Wait {
  return isDeep(kind) ? DEEP[tier === 'Expedited' ? 'Standard' : tier] : FLEXIBLE[tier];
}

const HOUR_MS = 3_600_000;
/** Looks lie so far apart, as a share of the time since the request. */
const GAP_SHARE = 0.25;
const LEAST_GAP_HOURS = MINUTE;

/**
 * When to look next whether a restore is over: not before S3 says that it can be, then at intervals that grow with the
 * time that it has taken, so that a version is asked about a dozen times a week at most.
 * @param after looks up to this moment were made
 */
export function nextLook({ at, tier, kind }: RestoreRequest, after: Date): Date {
  let hours = restoreWait(kind, tier).firstLookHours;
  const look = () => at.getTime() + Math.round(hours * HOUR_MS);
  while (look() <= after.getTime()) hours += Math.max(LEAST_GAP_HOURS, hours * GAP_SHARE);
  return new Date(look());
}

/** The longest, in hours, that it usually takes from a request until its restored copy is looked at. */
export function longestUnseenHours(kind: ArchiveKind, tier: RestoreTier): number {
  return restoreWait(kind, tier).usualHours * (1 + GAP_SHARE);
}
