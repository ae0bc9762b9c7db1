import type { HeadAnswer, ListedEntry, ObjectHead } from '../s3/version-entry.ts';
import { beforeOf } from './guarded-copy.ts';
import type { RowOutcome } from './journal.ts';
import { type CurrentEntry, currentFromListing } from './key-proof.ts';
import { listKey } from './prove-keys.ts';
import type { SplitRow } from './split.ts';
import { isOwnWork, isUnclear, outcomeOf, type TaskContext } from './task-context.ts';

/**
 * Whether the current version is the copy that was wanted: `done` where a request of ours had been announced and its
 * time fits, so that undo knows it; `already` where the data is the same without it.
 * @returns null where it is something else
 */
export async function ownCopyOutcome(
  context: TaskContext,
  row: SplitRow,
  current: CurrentEntry,
  source: HeadAnswer,
): Promise<RowOutcome | null> {
  if (current.kind !== 'version' || source.kind !== 'version') return null;
  const bucket = context.target.writtenBucket;
  const copy = await context.read(() =>
    context.calls.headObject({ bucket, key: row.key, versionId: current.versionId }),
  );
  if (copy.kind !== 'version') return null;
  const same = haveSameData(source, copy);
  const history = context.history(row);
  const isAnnounced = isOwnWork(copy.lastModified, history) || isOfOwnUpload(copy, history.upload?.createdAt);
  if (same === false || (same === null && !isAnnounced)) return null;
  const { versionId, eTag } = current;
  if (!isAnnounced) {
    return outcomeOf('already', {
      detail: `current version ${versionId} holds the data of ${row.versionId}`,
    });
  }
  const { stack } = await listKey(context, bucket, { key: row.key, rows: [row] });
  return foundDone(context, row, { versionId, eTag }, stack?.[1]);
}

/**
 * Looks for the copy that a request of ours made, anywhere in the stack. Where a copy may go over whatever is current,
 * what is on top tells nothing: an entry that someone put on our copy since would make it be copied again.
 * @returns `done`, with what the copy went over, or null where there is none
 */
export async function findOwnCopy(
  context: TaskContext,
  row: SplitRow,
  source: HeadAnswer,
): Promise<RowOutcome | null> {
  const history = context.history(row);
  if (source.kind !== 'version' || !isUnclear(history)) return null;
  const bucket = context.target.writtenBucket;
  const isOurTime = (entry: Pick<ListedEntry, 'lastModified'>) =>
    isOwnWork(entry.lastModified, history) || isOfOwnUpload(entry, history.upload?.createdAt);
  const since = Math.min(
    ...[...history.intents, ...(history.upload === null ? [] : [history.upload.createdAt])].map((at) =>
      at.getTime(),
    ),
  );
  const isSince = (entry: ListedEntry | undefined) =>
    entry !== undefined && entry.lastModified.getTime() >= since - 2_000;
  const { stack } = await listKey(
    context,
    bucket,
    { key: row.key, rows: [row] },
    // With what lies below the oldest of them: the copy may have gone over it.
    (entry, above) => isSince(entry) || isSince(above),
  );
  for (const [index, entry] of (stack ?? []).entries()) {
    if (entry.isDeleteMarker || !isOurTime(entry)) continue;
    const { versionId } = entry;
    const copy = await context.read(() => context.calls.headObject({ bucket, key: row.key, versionId }));
    if (copy.kind !== 'version' || haveSameData(source, copy) === false) continue;
    return foundDone(context, row, { versionId, eTag: copy.eTag }, stack?.[index + 1]);
  }
  return null;
}

function foundDone(
  { target }: TaskContext,
  row: SplitRow,
  { versionId, eTag }: { versionId: string; eTag: string },
  below: ListedEntry | undefined,
): RowOutcome {
  return outcomeOf('done', {
    newVersionId: versionId,
    eTag,
    before: beforeOf(target, row, below === undefined ? { kind: 'none' } : currentFromListing(below)),
    detail: 'found done after an interruption',
  });
}

/** S3 stamps a multipart upload with its beginning ("Multipart upload overview"). */
function isOfOwnUpload(copy: Pick<ObjectHead, 'lastModified'>, createdAt: Date | undefined): boolean {
  return createdAt !== undefined && Math.abs(copy.lastModified.getTime() - createdAt.getTime()) <= 2_000;
}

/**
 * Whether two versions hold the same data, by size and checksums or ETags. ETags of uploads by parts and of objects
 * under KMS are no digest of the data (API_Object, ETag), and composite checksums depend on the parts.
 * @returns null where nothing but the size can be compared
 */
export function haveSameData(left: ObjectHead, right: ObjectHead): boolean | null {
  if (left.size !== right.size) return false;
  for (const [algorithm, checksum] of Object.entries(left.checksums)) {
    const other = right.checksums[algorithm];
    if (other !== undefined && isWhole(left) && isWhole(right)) return checksum === other;
  }
  if (left.eTag === right.eTag) return true;
  const areDigests = [left, right].every(
    ({ eTag, isEncryptedWithKms }) => !eTag.includes('-') && !isEncryptedWithKms,
  );
  return areDigests ? false : null;
}

function isWhole({ checksumType, eTag }: ObjectHead): boolean {
  return checksumType === 'FULL_OBJECT' || (checksumType === null && !eTag.includes('-'));
}
