import { type EndedKey, type EndedRow, exposedByRemoval, readEndedKeys } from '../execute/outcome-rows.ts';
import { type PlanRecord, writtenBucket } from '../execute/record.ts';
import type { RunOutcome } from '../execute/run-files.ts';
import type { PlanManifest } from '../plan/plan-file.ts';
import { compareKeys } from '../s3/key-order.ts';
import type { PlannedRow } from '../s3/manifest.ts';
import { MAX_COPY_OBJECT_BYTES, type Operation } from '../s3/rollback.ts';
import { ARCHIVED_STORAGE_CLASSES } from '../s3/storage-class.ts';

/** The scenarios that an undo is made of. */
export const UNDO_SCENARIOS = ['1', '2', '3a', '3b', '3c'] as const;
export type UndoScenario = (typeof UNDO_SCENARIOS)[number];

/** What takes back one key: the row of a plan like any other, whose guard is the entry that the run left on top. */
export type UndoRow = { scenario: UndoScenario; row: PlannedRow };

/**
 * What takes a key back to what it was before the run (semantics, section 6), or null where nothing was done to it.
 * @param bucket the bucket that the run wrote to
 */
export function undoOf(operation: Operation, bucket: string, ended: EndedKey): UndoRow | null {
  const { key, rows } = ended;
  const done = rows.filter(({ result }) => result.outcome === 'done');
  const [first] = done;
  if (first === undefined) return null;
  switch (operation) {
    case 'add-delete-marker':
      return undoAdded(bucket, key, first);
    case 'remove-delete-markers':
      return undoRemoved(bucket, key, exposedByRemoval(ended));
    case 'copy-to-bucket':
      return undoCopied(bucket, key, first, true);
    case 'copy-after-restore':
      return undoCopied(bucket, key, first, first.row.bucket !== bucket);
    case 'copy':
    case 'copy-multipart':
      return undoCopied(bucket, key, first, false);
  }
}

function undoAdded(bucket: string, key: string, { row, result }: EndedRow): UndoRow | null {
  const markerId = result.newVersionId;
  if (markerId === null) return null;
  const exposed = row.currentVersionId === null ? {} : { exposedVersionId: row.currentVersionId };
  const fields = { versionId: markerId, currentVersionId: markerId, ...exposed };
  return { scenario: '2', row: plannedRow(bucket, key, fields) };
}

/** However many markers were removed, one takes the exposed version away again. */
function undoRemoved(bucket: string, key: string, exposed: string | null): UndoRow | null {
  if (exposed === null) return null;
  return { scenario: '1', row: plannedRow(bucket, key, { currentVersionId: exposed }) };
}

function undoCopied(
  bucket: string,
  key: string,
  { row, result }: EndedRow,
  isToBucket: boolean,
): UndoRow | null {
  const { newVersionId: copyId, before } = result;
  if (copyId === null) return null;
  // In a destination: with `overwrite`, or by a copy without a guard. Then it is named.
  const isOverVersion = before?.kind === 'version' && (!isToBucket || before.versionId !== undefined);
  if (!isOverVersion) {
    const fields = { currentVersionId: copyId, size: row.size, storageClass: row.storageClass };
    return { scenario: '1', row: plannedRow(bucket, key, fields) };
  }
  const { size, storageClass } = before;
  // A copy without a guard may hide what was written after the plan.
  const versionId = before.versionId ?? row.currentVersionId;
  const fields = { versionId, currentVersionId: copyId, size, storageClass };
  return { scenario: copyScenario(size, storageClass), row: plannedRow(bucket, key, fields) };
}

function copyScenario(size: number, storageClass: string): UndoScenario {
  if (ARCHIVED_STORAGE_CLASSES.some((archived) => archived === storageClass)) return '3a';
  return size > MAX_COPY_OBJECT_BYTES ? '3c' : '3b';
}

function plannedRow(bucket: string, key: string, fields: Partial<PlannedRow>): PlannedRow {
  return { bucket, key, versionId: null, currentVersionId: null, size: null, storageClass: null, ...fields };
}

/** The undo rows of one scenario in key order: those of each manifest are, so merging them suffices. */
export async function* undoRows(
  record: PlanRecord,
  run: RunOutcome,
  scenario: UndoScenario,
): AsyncGenerator<PlannedRow> {
  const bucket = writtenBucket(record.plan);
  const sources = record.plan.manifests.map((manifest) => rowsOf(record, run, manifest, bucket, scenario));
  const heads = await Promise.all(sources.map((source) => source.next()));
  for (;;) {
    let least = -1;
    for (const [index, head] of heads.entries()) {
      const other = heads[least];
      if (head.done) continue;
      if (other === undefined || other.done || compareKeys(head.value.key, other.value.key) < 0)
        least = index;
    }
    const [head, source] = [heads[least], sources[least]];
    if (head === undefined || source === undefined || head.done) return;
    yield head.value;
    heads[least] = await source.next();
  }
}

async function* rowsOf(
  record: PlanRecord,
  run: RunOutcome,
  manifest: PlanManifest,
  bucket: string,
  scenario: UndoScenario,
): AsyncGenerator<PlannedRow, undefined> {
  const ended = run.scenarios.find((other) => other.scenario === manifest.scenario);
  if (ended === undefined) return;
  for await (const key of readEndedKeys(record, manifest, ended.path)) {
    const undo = undoOf(manifest.operation, bucket, key);
    if (undo?.scenario === scenario) yield undo.row;
  }
}
