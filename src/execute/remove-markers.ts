import { forEachConcurrently } from './concurrently.ts';
import { currentFromHead, describeEntry, exposedEntry, type KeyProof } from './key-proof.ts';
import { listKey, proveKeys } from './prove-keys.ts';
import { markerFromHead, type ProvenMarker } from './proven-marker.ts';
import { DELETE_REQUEST_KEYS, settleDenied } from './requests.ts';
import type { SplitRow } from './split.ts';
import { isUnclear, type KeyRows, outcomeOf, type TaskContext } from './task-context.ts';
import { NULL_VERSION_ID } from './versioning.ts';

type Removal = { row: SplitRow; marker: ProvenMarker };
type KeyRemovals = { key: KeyRows; proof: KeyProof; removals: Removal[] };

const LOOKUPS_IN_FLIGHT = 32;

/**
 * Removes the planned delete markers of each key whose top is one of them (semantics, section 5).
 *
 * An entry never turns from a delete marker into an object version, so the proof from the listing right before the
 * request holds. The one exception is `null`: while versioning is suspended, an object version can take the place of
 * a marker under the same ID; such a marker is proven once more, alone, right before its own request. Conditions are
 * of no use here: S3 evaluates them on the current version, whichever version is named.
 *
 * Stopping between the markers of a key is safe: as long as one is left, the key stays deleted, and the next run
 * finds a planned marker on top.
 */
export async function removeMarkersRound(context: TaskContext, keys: readonly KeyRows[]): Promise<void> {
  for (const chunk of chunksOf(keys)) {
    if (context.isOutOfTime()) return;
    const proofs = await proveKeys(context, context.target.writtenBucket, chunk);
    const work: KeyRemovals[] = [];
    for (const key of chunk) {
      const proof = proofs.get(key.key);
      if (proof === undefined) continue;
      const removals = decide(context, key, proof);
      if (removals.length > 0) work.push({ key, proof, removals });
    }
    if (work.length > 0) await act(context, work);
  }
}

/** Chunks of keys whose rows fit into one request; a key with more rows is a chunk of its own. */
function* chunksOf(keys: readonly KeyRows[]): Generator<KeyRows[]> {
  let chunk: KeyRows[] = [];
  let rows = 0;
  for (const key of keys) {
    if (chunk.length > 0 && rows + key.rows.length > DELETE_REQUEST_KEYS) {
      yield chunk;
      chunk = [];
      rows = 0;
    }
    chunk.push(key);
    rows += key.rows.length;
  }
  if (chunk.length > 0) yield chunk;
}

function decide(context: TaskContext, key: KeyRows, proof: KeyProof): Removal[] {
  const planned = new Set(key.rows.flatMap(({ versionId }) => versionId ?? []));
  const { current } = proof;
  const isPlannedOnTop = current.kind === 'marker' && planned.has(current.versionId);
  const removals: Removal[] = [];
  for (const row of key.rows) {
    const marker = row.versionId === null ? undefined : proof.markers.get(row.versionId);
    if (row.versionId === null) {
      context.settle(row, outcomeOf('refused', { detail: 'the row names no version ID' }));
    } else if (proof.versions.has(row.versionId)) {
      const detail = 'the version is an object version, not a delete marker';
      context.settle(row, outcomeOf('refused', { detail }));
    } else if (marker === undefined) {
      const isOurs = isUnclear(context.history(row));
      const newVersionId = isOurs ? exposedBefore(context, row, proof, planned) : null;
      const detail = isOurs ? 'found done after an interruption' : 'the delete marker was gone';
      context.settle(row, outcomeOf(isOurs ? 'done' : 'already', { newVersionId, detail }));
    } else if (!isPlannedOnTop) {
      const detail = `current is ${describeEntry(current)}, not a planned delete marker`;
      context.settle(row, outcomeOf('drifted', { detail }));
    } else {
      removals.push({ row, marker });
    }
  }
  return removals;
}

async function act(context: TaskContext, work: readonly KeyRemovals[]): Promise<void> {
  await context.assertVersioned();
  await context.announce(work.flatMap(({ removals }) => removals.map(({ row }) => row)));
  const removed = new Set<SplitRow>();
  const all = work.flatMap(({ removals }) => removals);
  const sure = all.filter(({ marker }) => marker.versionId !== NULL_VERSION_ID);
  for (let start = 0; start < sure.length; start += DELETE_REQUEST_KEYS) {
    await send(context, sure.slice(start, start + DELETE_REQUEST_KEYS), removed);
  }
  const replaceable = all.filter(({ marker }) => marker.versionId === NULL_VERSION_ID);
  await forEachConcurrently(replaceable, LOOKUPS_IN_FLIGHT, async (removal) => {
    if (await isStillMarker(context, removal)) await send(context, [removal], removed);
  });
  // Undo has to know what came to the top.
  await forEachConcurrently(work, LOOKUPS_IN_FLIGHT, (key) => settleKey(context, key, removed));
}

async function send(
  context: TaskContext,
  removals: readonly Removal[],
  removed: Set<SplitRow>,
): Promise<void> {
  const markers = removals.map(({ marker }) => marker);
  try {
    const answers = await context.calls.removeMarkers(context.target.writtenBucket, markers);
    for (const [index, { row }] of removals.entries()) {
      const failure =
        answers[index] === undefined ? new Error('S3 gave no answer for the key') : answers[index].failure;
      if (failure === null) removed.add(row);
      else if (!settleDenied(context, row, failure)) context.postpone(row, failure);
    }
  } catch (error) {
    for (const { row } of removals) if (!settleDenied(context, row, error)) context.postpone(row, error);
  }
}

async function isStillMarker(context: TaskContext, { row, marker }: Removal): Promise<boolean> {
  const { key, versionId } = marker;
  const bucket = context.target.writtenBucket;
  const answer = await context.read(() => context.calls.headObject({ bucket, key, versionId }));
  if (markerFromHead(key, versionId, answer) !== null) return true;
  if (answer.kind === 'absent') {
    const proof = await listKey(context, bucket, { key, rows: [row] });
    if (proof.markers.has(versionId)) return true;
  }
  context.postpone(row, new Error('the delete marker changed while it was looked at'));
  return false;
}

async function settleKey(
  context: TaskContext,
  work: KeyRemovals,
  removed: ReadonlySet<SplitRow>,
): Promise<void> {
  const rows = work.removals.map(({ row }) => row).filter((row) => removed.has(row));
  if (rows.length === 0) return;
  const gone = new Set(rows.flatMap(({ versionId }) => versionId ?? []));
  const listed = exposedEntry(work.proof, gone);
  let exposed = listed?.versionId ?? null;
  // What a HEAD proved shows nothing of what lies below. The plan does where every planned marker went just now, and
  // nothing can get in between, as new entries come to the top; one that was denied before may be on top. Should the
  // planned entry itself be gone, verify finds it missing and undo leaves the key alone.
  if (listed === undefined) {
    const planned = rows.length === work.key.planned ? rows[0]?.exposedVersionId : undefined;
    const [first] = rows;
    exposed = planned ?? (first === undefined ? null : await exposedNow(context, work.key, first, gone));
  }
  for (const row of rows) context.settle(row, outcomeOf('done', { newVersionId: exposed }));
}

async function exposedNow(
  context: TaskContext,
  key: KeyRows,
  row: SplitRow,
  gone: ReadonlySet<string>,
): Promise<string | null> {
  const bucket = context.target.writtenBucket;
  const current = currentFromHead(
    await context.read(() => context.calls.headObject({ bucket, key: key.key })),
  );
  if (current?.kind === 'version' && isFromBefore(context, row, current.lastModified))
    return current.versionId;
  return exposedBefore(context, row, await listKey(context, bucket, key), gone);
}

/**
 * What the removal brought to the top, asked after it: what was written since lies above that, and undo, which acts on
 * this entry alone, would bury it.
 */
function exposedBefore(
  context: TaskContext,
  row: SplitRow,
  proof: KeyProof,
  gone: ReadonlySet<string>,
): string | null {
  const left = proof.stack?.filter(({ versionId }) => !gone.has(versionId)) ?? [];
  const exposed = left.find(({ lastModified }) => isFromBefore(context, row, lastModified));
  // A planned marker that is still there lies above the version that the plan names.
  return (exposed?.isDeleteMarker ? exposed.versionId : row.exposedVersionId) ?? exposed?.versionId ?? null;
}

/** Whether an entry is older than the request to remove a row's marker: what came to the top is, by more than a plan takes. */
function isFromBefore(context: TaskContext, row: SplitRow, lastModified: Date): boolean {
  const [announced] = context.history(row).intents;
  return announced === undefined || lastModified.getTime() < Math.floor(announced.getTime() / 1000) * 1000;
}
