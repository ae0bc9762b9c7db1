import { S3CallError } from '../s3/call-error.ts';
import { MAX_COPY_OBJECT_BYTES } from '../s3/rollback.ts';
import { settleArchived } from './archived/settle-archived.ts';
import { forEachConcurrently } from './concurrently.ts';
import {
  copiesToBucket,
  copySettings,
  type GuardedCopy,
  overwritesDestination,
  readCurrent,
  settleCopied,
  withCondition,
} from './guarded-copy.ts';
import { describeEntry } from './key-proof.ts';
import { abandonUpload, copyByParts } from './multipart.ts';
import { findOwnCopy, ownCopyOutcome } from './own-copy.ts';
import { describeFailure, isConditionUnknown, settleDenied } from './requests.ts';
import type { SplitRow } from './split.ts';
import { isUnclear, type KeyRows, outcomeOf, type TaskContext } from './task-context.ts';

const COPIES_IN_FLIGHT = 32;

/**
 * Copies the planned version of each key over it, or to the destination bucket (semantics, section 5).
 *
 * The guard is a HEAD of the key just before, side by side with the HEAD of the source that a copy needs anyway: it
 * compares version IDs, costs a twelfth of the copy, and no waiting. A condition travels along and closes the moment
 * between the two where the store honours it; whether it does cannot be seen, as a store that does not know a
 * condition ignores it silently, so nothing rests on it.
 */
export async function copiesRound(context: TaskContext, keys: readonly KeyRows[]): Promise<void> {
  const firsts = keys.flatMap(({ rows: [row, ...more] }) => {
    for (const extra of more) {
      context.settle(extra, outcomeOf('refused', { detail: 'the key is in the manifest more than once' }));
    }
    return row === undefined ? [] : [row];
  });
  await forEachConcurrently(firsts, COPIES_IN_FLIGHT, async (row) => {
    if (context.isSettled(row) || context.isOutOfTime()) return;
    try {
      await copyRow(context, row);
    } catch (error) {
      if (!(error instanceof S3CallError)) throw error;
      settleFailure(context, row, error);
    }
  });
}

async function copyRow(context: TaskContext, row: SplitRow): Promise<void> {
  const guarded = await guard(context, row);
  if (guarded === null) return;
  if (guarded.source.size > MAX_COPY_OBJECT_BYTES) {
    await copyByParts(context, guarded);
    return;
  }
  const { source } = guarded;
  if (isUnclear(context.history(row))) await context.waitForStragglers();
  await context.assertVersioned();
  await context.announce([row]);
  const answer = await withCondition(context, guarded.current, (condition) =>
    context.calls.copyObject({
      source: { bucket: row.bucket, key: row.key, versionId: row.versionId ?? '' },
      sourceETag: source.eTag,
      websiteRedirect: source.websiteRedirect,
      ...copySettings(context, source),
      bucket: context.target.writtenBucket,
      key: row.key,
      condition,
    }),
  );
  settleCopied(context, guarded, answer);
}

/** Looks at the source and at the key. @returns null where the row is settled already */
async function guard(context: TaskContext, row: SplitRow): Promise<GuardedCopy | null> {
  const { calls, target } = context;
  if (row.versionId === null) {
    context.settle(row, outcomeOf('refused', { detail: 'the row names no version to copy' }));
    return null;
  }
  const source = { bucket: row.bucket, key: row.key, versionId: row.versionId };
  const isOverwriting = overwritesDestination(target);
  // Nothing but its own copy stops such a row, so a request that may still be under way has to have come to its end.
  if (isOverwriting && isUnclear(context.history(row))) await context.waitForStragglers();
  const [current, head] = await Promise.all([
    readCurrent(context, row),
    context.read(() => calls.headObject(source)),
  ]);
  const found = isOverwriting ? await findOwnCopy(context, row, head) : null;
  const isToBucket = copiesToBucket(target);
  const isExpected = isToBucket
    ? isOverwriting || current.kind !== 'version'
    : current.kind !== 'none' && current.versionId === row.currentVersionId;
  if (found !== null) {
    context.settle(row, found);
  } else if (!isExpected) {
    const own = await ownCopyOutcome(context, row, current, head);
    const detail = `current is ${describeEntry(current)}, not ${isToBucket ? 'nothing' : row.currentVersionId}`;
    if (own === null) await abandonUpload(context, row);
    context.settle(row, own ?? outcomeOf('drifted', { detail }));
  } else if (head.kind === 'marker') {
    context.settle(row, outcomeOf('refused', { detail: 'the version to copy is a delete marker' }));
  } else if (head.kind === 'absent') {
    context.settle(row, outcomeOf('missing', { detail: `version ${row.versionId} is gone` }));
  } else if (!head.isReadable) {
    await settleArchived(context, row, head);
  } else if (context.handOver !== null) {
    context.handOver();
    context.settle(row, outcomeOf('archived', { detail: 'can be read now; a task is to copy it' }));
  } else {
    return { row, source: head, current };
  }
  return null;
}

/** Settles what a failure decides by itself; the rest is tried again after a fresh look at the key. */
export function settleFailure(context: TaskContext, row: SplitRow, error: S3CallError): void {
  if (settleDenied(context, row, error)) return;
  if (error.failure === 'archived') {
    context.settle(row, outcomeOf('archived', { detail: describeFailure(error) }));
  } else if (error.failure === 'other' && !isConditionUnknown(error)) {
    context.settle(row, outcomeOf('failed', { detail: describeFailure(error) }));
  } else {
    context.postpone(row, error);
  }
}
