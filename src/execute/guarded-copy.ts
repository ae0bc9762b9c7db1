import type { ObjectHead } from '../s3/version-entry.ts';
import type { RowOutcome } from './journal.ts';
import { type CurrentEntry, currentFromHead } from './key-proof.ts';
import { listKey } from './prove-keys.ts';
import { isConditionUnknown } from './requests.ts';
import type { CopySettings, WriteCondition } from './s3-calls.ts';
import type { SplitRow } from './split.ts';
import { type OperationTarget, outcomeOf, type TaskContext } from './task-context.ts';
import { NULL_VERSION_ID, versioningLost } from './versioning.ts';

/** A row that passed its guards, with all that the copy needs. */
export type GuardedCopy = { row: SplitRow; source: ObjectHead; current: CurrentEntry };

/** Whether the copies go to another bucket than the one they come from. */
export function copiesToBucket({ bucket, writtenBucket }: OperationTarget): boolean {
  return bucket !== writtenBucket;
}

/** Whether a copy to another bucket goes over whatever is current there (semantics, section 5). */
export function overwritesDestination(target: OperationTarget): boolean {
  return target.overwrite && copiesToBucket(target);
}

/** The current entry of the key that is written. */
export async function readCurrent(context: TaskContext, row: SplitRow): Promise<CurrentEntry> {
  const bucket = context.target.writtenBucket;
  const answer = await context.read(() => context.calls.headObject({ bucket, key: row.key }));
  // In a destination it is enough that no object version is current; here the entry has to be named.
  if (answer.kind === 'absent' && copiesToBucket(context.target)) return { kind: 'none' };
  return currentFromHead(answer) ?? (await listKey(context, bucket, { key: row.key, rows: [row] })).current;
}

/** Records a copy. @throws RunbookError VERSIONING_NOT_ENABLED where it became no version of its own */
export function settleCopied(
  context: TaskContext,
  { row, current }: GuardedCopy,
  answer: { versionId: string | null; eTag: string },
): void {
  const before = beforeOf(context.target, row, current);
  context.settle(row, outcomeOf('done', { newVersionId: answer.versionId, eTag: answer.eTag, before }));
  if (answer.versionId === null || answer.versionId === NULL_VERSION_ID)
    throw versioningLost(context.target.writtenBucket);
}

/**
 * What a copy went over: by its ID where that is not the version that the plan expected, as undo brings it back. In a
 * destination it never is: what the row expects is a version of the source, whatever its ID, which can be `null` in both.
 */
export function beforeOf(target: OperationTarget, row: SplitRow, entry: CurrentEntry): RowOutcome['before'] {
  if (entry.kind !== 'version') return { kind: entry.kind };
  const { kind, size, storageClass, versionId } = entry;
  const isPlanned = !copiesToBucket(target) && versionId === row.currentVersionId;
  return { kind, size, storageClass, ...(!isPlanned && { versionId }) };
}

/** Storage class as asked or as the source's, encryption as asked or the bucket's default. */
export function copySettings({ target }: TaskContext, source: ObjectHead): CopySettings {
  const storageClass = target.storageClass === 'as-source' ? source.storageClass : target.storageClass;
  return { storageClass, kmsKeyArn: target.kmsKeyArn };
}

/** Sends a write under the condition that fits the current entry, or without it where the store knows none. */
export async function withCondition<T>(
  context: TaskContext,
  current: CurrentEntry,
  send: (condition: WriteCondition) => Promise<T>,
): Promise<T> {
  if (context.refusedConditions.onCopy) return await send(null);
  try {
    return await send(current.kind === 'version' ? { ifMatch: current.eTag } : { ifNoneMatch: '*' });
  } catch (error) {
    if (isConditionUnknown(error)) context.refusedConditions.onCopy = true;
    throw error;
  }
}
