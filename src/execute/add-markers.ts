import type { ListedEntry } from '../s3/version-entry.ts';
import type { RowOutcome } from './journal.ts';
import { type CurrentEntry, describeEntry, type KeyProof } from './key-proof.ts';
import { proveKeys } from './prove-keys.ts';
import { DELETE_REQUEST_KEYS, isConditionUnknown, settleDenied } from './requests.ts';
import type { SplitRow } from './split.ts';
import { isOwnWork, isUnclear, type KeyRows, outcomeOf, type TaskContext } from './task-context.ts';
import { NULL_VERSION_ID, versioningLost } from './versioning.ts';

type Action = { row: SplitRow; eTag: string; before: RowOutcome['before'] };

/**
 * Adds a delete marker to each key whose current entry is the expected one (semantics, section 5).
 *
 * The listing right before the request is the guard, by version ID. The ETag that travels along closes the moment
 * between the two, where the store honours it: S3 evaluates it on the current version, so that a key that was
 * written or deleted meanwhile is left alone. A store that ignores conditions does so silently, which is why nothing
 * rests on them alone.
 */
export async function addMarkersRound(context: TaskContext, keys: readonly KeyRows[]): Promise<void> {
  for (let start = 0; start < keys.length && !context.isOutOfTime(); start += DELETE_REQUEST_KEYS) {
    const chunk = keys.slice(start, start + DELETE_REQUEST_KEYS);
    if (chunk.some(({ rows }) => rows.some((row) => isUnclear(context.history(row))))) {
      await context.waitForStragglers();
    }
    const proofs = await proveKeys(context, context.target.writtenBucket, chunk);
    const actions = chunk.flatMap((key) => decide(context, key, proofs.get(key.key)));
    if (actions.length > 0) await act(context, actions);
  }
}

function decide(context: TaskContext, key: KeyRows, proof: KeyProof | undefined): Action[] {
  const [row, ...more] = key.rows;
  for (const extra of more) {
    context.settle(extra, outcomeOf('refused', { detail: 'the key is in the manifest more than once' }));
  }
  if (row === undefined || proof === undefined) return [];
  const { current } = proof;
  if (row.versionId !== null || row.currentVersionId === null) {
    const detail = 'a row that adds a delete marker names the current entry and no version ID';
    context.settle(row, outcomeOf('refused', { detail }));
  } else if (current.kind === 'marker') {
    context.settle(row, markerOnTop(context, row, current, proof.stack));
  } else if (current.kind !== 'version' || current.versionId !== row.currentVersionId) {
    const detail = `current is ${describeEntry(current)}, not ${row.currentVersionId}`;
    context.settle(row, outcomeOf('drifted', { detail }));
  } else {
    const { size, storageClass } = current;
    return [{ row, eTag: current.eTag, before: { kind: 'version', size, storageClass } }];
  }
  return [];
}

/**
 * A marker is on top. If we had announced to add one, and it lies right above the expected entry, and its time fits
 * the announcement, then it is ours and undo has to know it; otherwise someone else deleted the key.
 */
function markerOnTop(
  context: TaskContext,
  row: SplitRow,
  current: Extract<CurrentEntry, { kind: 'marker' }>,
  stack: readonly ListedEntry[] | null,
): RowOutcome {
  const below = stack?.[1];
  const isOurs =
    below?.versionId === row.currentVersionId &&
    !below.isDeleteMarker &&
    current.lastModified !== null &&
    isOwnWork(current.lastModified, context.history(row));
  if (!isOurs) return outcomeOf('already', { detail: `delete marker ${current.versionId} was on top` });
  return outcomeOf('done', {
    newVersionId: current.versionId,
    before: { kind: 'version', size: below.size ?? 0, storageClass: below.storageClass || 'STANDARD' },
    detail: 'found done after an interruption',
  });
}

async function act(context: TaskContext, actions: readonly Action[]): Promise<void> {
  const rows = actions.map(({ row }) => row);
  await context.assertVersioned();
  await context.announce(rows);
  const withConditions = !context.refusedConditions.onDelete;
  const entries = actions.map(({ row, eTag }) => ({ key: row.key, ifMatch: withConditions ? eTag : null }));
  let answers: Awaited<ReturnType<TaskContext['calls']['addMarkers']>>;
  try {
    answers = await context.calls.addMarkers(context.target.writtenBucket, entries);
  } catch (error) {
    if (withConditions && isConditionUnknown(error)) context.refusedConditions.onDelete = true;
    for (const row of rows) if (!settleDenied(context, row, error)) context.postpone(row, error);
    return;
  }
  for (const [index, { row, before }] of actions.entries()) {
    const answer = answers[index];
    const failure =
      answer?.failure ?? (answer === undefined ? new Error('S3 gave no answer for the key') : null);
    if (failure !== null) {
      if (withConditions && isConditionUnknown(failure)) context.refusedConditions.onDelete = true;
      // A condition that did not hold shows in the next round's listing.
      if (!settleDenied(context, row, failure)) context.postpone(row, failure);
    } else {
      context.settle(row, outcomeOf('done', { newVersionId: answer?.addedMarkerId ?? null, before }));
    }
  }
  // Versioning was suspended between the look at it and the request: no further one may follow.
  if (answers.some(({ addedMarkerId }) => addedMarkerId === NULL_VERSION_ID)) {
    throw versioningLost(context.target.writtenBucket);
  }
}
