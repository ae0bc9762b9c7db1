import type { KeyClass, Mode, UncertainClass } from '../../src/s3/rollback.ts';
import { DAY, type Entry, type Stack } from './stacks.ts';

/**
 * The contract once more, key by key: what semantics, sections 2 and 3, say about one stack, written without a look
 * at the SQL. Where the contract leaves the choice between entries of one second, every choice is an answer.
 */

/** What a plan goes by, besides the stacks. */
export type Settings = {
  mode: Mode;
  markers: 'remove' | 'copy';
  isOrderCarried: boolean;
  /** whether the source reports encryption and access tiers */
  detailColumns: boolean;
  windowSeconds: number;
  expirationDays: number | null;
  /** when the inventory was taken, in seconds from P */
  takenAt: number;
  included: readonly UncertainClass[];
};

/** What the plan has to say about a stack; `wouldBe` is the natural class where the key is left alone. */
type Answer = { class: KeyClass; rows: string[]; undo: string[]; wouldBe: string };

const NOTHING = { rows: [], undo: [], wouldBe: '' };

/** All answers that the contract allows for a stack; one, where no tie is left. */
export function foldStack(stack: Stack, settings: Settings): Answer[] {
  const ranks = rankEntries(stack, settings.isOrderCarried);
  return settings.mode === 'delete-marker-removal'
    ? foldRemoval(ranks, settings)
    : foldState(ranks, settings);
}

/** Entries newest first; those that nothing tells apart share a rank. */
function rankEntries(stack: Stack, isOrderCarried: boolean): Entry[][] {
  if (isOrderCarried) return stack.map((entry) => [entry]);
  const current = stack.filter((entry) => entry.isLatest);
  const rest = Map.groupBy(
    stack.filter((entry) => !entry.isLatest),
    (entry) => entry.at,
  );
  return [current, ...[...rest].toSorted(([left], [right]) => right - left).map(([, rank]) => rank)];
}

/** Bucket Rollback and Copy to Bucket, which go by the entry at P. */
function foldState(ranks: readonly Entry[][], settings: Settings): Answer[] {
  const entries = ranks.flat();
  const [current] = entries;
  if (current === undefined) return [];
  const candidates = ranks.find((rank) => rank.every((entry) => entry.at <= 0)) ?? [];
  const after = ranks.flatMap((rank) => sortById(rank).filter((entry) => entry.at > 0));
  const natural = (atP: Entry | undefined) =>
    settings.mode === 'copy-to-bucket'
      ? naturalCopyToBucket(atP, settings)
      : naturalRollback(atP, current, after, settings);
  return choices(candidates).map((atP) => {
    const wouldBe = natural(atP);
    const uncertain = uncertainClass(wouldBe, atP, candidates, after, settings);
    if (uncertain !== null) return { ...NOTHING, class: uncertain, wouldBe };
    return { class: wouldBe, ...rowsOf(wouldBe, atP, current, after), wouldBe: '' };
  });
}

function naturalRollback(
  atP: Entry | undefined,
  current: Entry,
  after: readonly Entry[],
  settings: Settings,
): KeyClass {
  if (after.length === 0) return 'unchanged';
  if (atP === undefined || atP.isMarker) return current.isMarker ? 'already-absent' : 'add-delete-marker';
  if (settings.markers === 'remove' && after.every((entry) => entry.isMarker)) return 'remove-delete-markers';
  return copyClass(atP, settings);
}

function naturalCopyToBucket(atP: Entry | undefined, settings: Settings): KeyClass {
  return atP === undefined || atP.isMarker ? 'absent' : copyClass(atP, settings);
}

function copyClass(version: Entry, settings: Settings): KeyClass {
  const isArchivedTier = settings.detailColumns && ['ARCHIVE', 'DEEP_ARCHIVE'].includes(version.accessTier);
  if (isArchivedTier || ['GLACIER', 'DEEP_ARCHIVE'].includes(version.storageClass))
    return 'copy-after-restore';
  return settings.mode !== 'copy-to-bucket' && version.size > 5 * 1024 ** 3 ? 'copy-multipart' : 'copy';
}

function uncertainClass(
  natural: KeyClass,
  wanted: Entry | undefined,
  candidates: readonly Entry[],
  after: readonly Entry[],
  settings: Settings,
): UncertainClass | null {
  const { included, expirationDays } = settings;
  const isRemoval = settings.mode === 'delete-marker-removal';
  const isCopied = ['copy', 'copy-multipart', 'copy-after-restore'].includes(natural);
  const isActedOn = isCopied || ['add-delete-marker', 'remove-delete-markers'].includes(natural);
  const oldestAfter = Math.min(...after.map((entry) => entry.at));
  const found: Record<UncertainClass, boolean> = {
    ambiguous: candidates.length > 1 && candidates.some((entry) => !entry.isMarker),
    'suspect-multipart': !isRemoval && wanted?.isMultipart === true && wanted.at >= -settings.windowSeconds,
    'uncertain-expired':
      !isRemoval &&
      isActedOn &&
      expirationDays !== null &&
      after.length > 0 &&
      oldestAfter < settings.takenAt - expirationDays * DAY,
    uncopyable: isCopied && settings.detailColumns && wanted?.isCustomerKey === true,
  };
  const inOrder = ['ambiguous', 'suspect-multipart', 'uncertain-expired', 'uncopyable'] as const;
  return inOrder.find((name) => found[name] && !included.includes(name)) ?? null;
}

/** Delete Marker Removal, which goes by the markers on top. */
function foldRemoval(ranks: readonly Entry[][], settings: Settings): Answer[] {
  const current = ranks[0]?.[0];
  if (current === undefined) return [];
  if (!current.isMarker || current.at <= 0) return [{ ...NOTHING, class: 'unchanged' }];
  const top = ranks.findIndex((rank) => rank.some((entry) => !entry.isMarker));
  const run = ranks.slice(0, top === -1 ? ranks.length : top);
  const removed = run.flatMap((rank) => sortById(rank).filter((entry) => entry.at > 0));
  const topRank = ranks[top] ?? [];
  const kept = run.find((rank) => rank.some((entry) => entry.at <= 0));
  const exposed = kept ?? topRank.filter((entry) => !entry.isMarker || entry.at <= 0);
  const isTied = topRank.some((entry) => entry.isMarker && entry.at > 0);

  return choices(exposed).map((entry) => {
    if (settings.markers === 'remove') {
      const wouldBe = 'remove-delete-markers';
      if (isTied && !settings.included.includes('ambiguous'))
        return { ...NOTHING, class: 'ambiguous', wouldBe };
      return { class: wouldBe, ...rowsOf(wouldBe, entry, current, removed), wouldBe: '' };
    }
    const wouldBe = entry === undefined || entry.isMarker ? 'unchanged' : copyClass(entry, settings);
    const uncertain = uncertainClass(wouldBe, entry, exposed, [], settings);
    if (uncertain !== null) return { ...NOTHING, class: uncertain, wouldBe };
    return { class: wouldBe, ...rowsOf(wouldBe, entry, current, []), wouldBe: '' };
  });
}

/** Of entries of one second each object version may be the one that counts; a delete marker only among its like. */
function choices(candidates: readonly Entry[]): (Entry | undefined)[] {
  const versions = candidates.filter((entry) => !entry.isMarker);
  if (versions.length > 0) return versions;
  return candidates.length === 0 ? [undefined] : [...candidates];
}

/** Rows without bucket and key: version ID, current version ID, size, storage class. */
function rowsOf(
  name: KeyClass,
  wanted: Entry | undefined,
  current: Entry,
  markers: readonly Entry[],
): { rows: string[]; undo: string[] } {
  const kind = (entry: Entry | undefined) =>
    entry === undefined || entry.isMarker ? ',' : `${entry.size},${entry.storageClass || 'STANDARD'}`;
  switch (name) {
    case 'add-delete-marker':
      return { rows: [`,${current.versionId},${kind(current)}`], undo: [] };
    case 'remove-delete-markers':
      return {
        rows: markers.map((marker) => `${marker.versionId},${current.versionId},,`),
        undo: [`,${wanted?.versionId ?? ''},${kind(wanted)}`],
      };
    case 'copy':
    case 'copy-multipart':
    case 'copy-after-restore':
      return { rows: [`${wanted?.versionId ?? ''},${current.versionId},${kind(wanted)}`], undo: [] };
    default:
      return { rows: [], undo: [] };
  }
}

/** Rows of one second come in the order of their version IDs. */
function sortById(rank: readonly Entry[]): Entry[] {
  return rank.toSorted((left, right) => (left.versionId < right.versionId ? -1 : 1));
}
