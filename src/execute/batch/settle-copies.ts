import type { S3CallError } from '../../s3/call-error.ts';
import { encodeKey, type PlannedRow } from '../../s3/manifest.ts';
import type { ListedEntry } from '../../s3/version-entry.ts';
import { forEachConcurrently } from '../concurrently.ts';
import type { RowOutcome } from '../journal.ts';
import { currentFromListing, describeEntry } from '../key-proof.ts';
import { haveSameData } from '../own-copy.ts';
import { type Prover, proveKeys } from '../prove-keys.ts';
import { describeFailure } from '../requests.ts';
import { outcomeOf } from '../task-context.ts';
import { type CopyReport, taskName } from './copy-report.ts';

/** Keys that are looked at together: about as many as a page of a listing shows. */
const KEYS_AT_A_TIME = 1_000;
const LOOKS_IN_FLIGHT = 32;
/** Both times are the store's own. */
const CLOCK_SLACK_MS = 2_000;
/** S3 gives a job its end once its last task has ended. */
const END_SLACK_MS = 60_000;

/** How the copies of a native job are told from other versions, and what is known of its tasks. */
export type CopyEvidence = {
  /** the bucket that was written to */
  writtenBucket: string;
  /** whether that is the bucket of the sources */
  isInPlace: boolean;
  /** whether what a destination has is to be copied over */
  overwrite: boolean;
  report: CopyReport;
  /** Whether the report holds every row: one that did not fail has succeeded. */
  isWhole: boolean;
  /** the first start of the plan, and the end of the last job */
  from: Date;
  to: Date | null;
};

/**
 * How the rows of a native copy job ended. The report of S3 says which copies succeeded, but not which versions they
 * became; what stands in the bucket says that, and what they hide. Where no report tells, a version of the time of the
 * run with the data of the source counts as its copy.
 */
export async function* settleCopies(
  prover: Pick<Prover<PlannedRow>, 'calls' | 'read'>,
  rows: AsyncIterable<PlannedRow>,
  evidence: CopyEvidence,
): AsyncGenerator<{ row: PlannedRow; result: RowOutcome }> {
  let waiting: PlannedRow[] = [];
  for await (const row of rows) {
    waiting.push(row);
    if (waiting.length < KEYS_AT_A_TIME) continue;
    yield* settleRows(prover, waiting, evidence);
    waiting = [];
  }
  yield* settleRows(prover, waiting, evidence);
}

async function* settleRows(
  { calls, read }: Pick<Prover<PlannedRow>, 'calls' | 'read'>,
  rows: readonly PlannedRow[],
  evidence: CopyEvidence,
): AsyncGenerator<{ row: PlannedRow; result: RowOutcome }> {
  // Something was done to every key, as far as one knows: so each is listed, never only looked up.
  const prover = { calls, read, history: () => ({ intents: [evidence.from] }) };
  const keys = rows.map((row) => ({ key: row.key, rows: [row] }));
  const proofs = await proveKeys(prover, evidence.writtenBucket, keys);
  const results = new Map<PlannedRow, RowOutcome>();
  await forEachConcurrently(rows, LOOKS_IN_FLIGHT, async (row) => {
    const stack = proofs.get(row.key)?.stack ?? [];
    results.set(row, await settleRow(prover, row, stack, evidence));
  });
  for (const row of rows) {
    const result = results.get(row);
    if (result !== undefined) yield { row, result };
  }
}

async function settleRow(
  prover: Pick<Prover<PlannedRow>, 'calls' | 'read'>,
  row: PlannedRow,
  stack: readonly ListedEntry[],
  evidence: CopyEvidence,
): Promise<RowOutcome> {
  const failure = evidence.report.failed.get(taskName(encodeKey(row.key), row.versionId ?? ''));
  const hasSucceeded = evidence.isWhole && failure === undefined;
  const copies: ListedEntry[] = [];
  for (const entry of stack) {
    if (!isCandidate(row, entry, evidence)) continue;
    if (hasSucceeded || (await holdsData(prover, row, entry, stack, evidence))) copies.push(entry);
  }
  const [copy] = copies;
  if (copy !== undefined) return copied(row, copy, copies, stack, evidence);
  if (hasSucceeded) {
    return outcomeOf('done', {
      detail: 'S3 reports the copy; its version is not among the newest of the key',
    });
  }
  return notCopied(row, failure, stack, evidence);
}

/** A version of the time of the run, of the size of the source, that the plan did not know. */
function isCandidate(row: PlannedRow, entry: ListedEntry, { from, to }: CopyEvidence): boolean {
  if (entry.isDeleteMarker || entry.size !== row.size) return false;
  if (entry.versionId === row.versionId || entry.versionId === row.currentVersionId) return false;
  const at = entry.lastModified.getTime();
  return at >= from.getTime() - CLOCK_SLACK_MS && (to === null || at <= to.getTime() + END_SLACK_MS);
}

async function holdsData(
  { calls, read }: Pick<Prover<PlannedRow>, 'calls' | 'read'>,
  row: PlannedRow,
  { eTag, versionId }: ListedEntry,
  stack: readonly ListedEntry[],
  { writtenBucket, isInPlace }: CopyEvidence,
): Promise<boolean> {
  const source = isInPlace ? stack.find((entry) => entry.versionId === row.versionId) : undefined;
  if (source !== undefined && source.eTag === eTag && eTag !== null) return true;
  const [original, copy] = await Promise.all([
    read(() => calls.headObject({ bucket: row.bucket, key: row.key, versionId: row.versionId ?? '' })),
    read(() => calls.headObject({ bucket: writtenBucket, key: row.key, versionId })),
  ]);
  return original.kind === 'version' && copy.kind === 'version' && haveSameData(original, copy) === true;
}

/** @param copies newest first: S3 delivers a task once or more */
function copied(
  row: PlannedRow,
  copy: ListedEntry,
  copies: readonly ListedEntry[],
  stack: readonly ListedEntry[],
  { isInPlace }: CopyEvidence,
): RowOutcome {
  const last = copies.at(-1) ?? copy;
  const below = stack[stack.indexOf(last) + 1];
  const current = stack[0];
  const details: string[] = [];
  const isPlanned = isInPlace ? below?.versionId === row.currentVersionId : below?.isDeleteMarker !== false;
  if (below !== undefined && !isPlanned) {
    details.push(`no guard: it went over ${describeEntry(currentFromListing(below))}`);
  }
  if (current !== undefined && !copies.includes(current)) {
    details.push(`${describeEntry(currentFromListing(current))} was written over it`);
  }
  const { versionId, eTag } = copy;
  return outcomeOf('done', {
    newVersionId: versionId,
    eTag,
    before: beforeOf(below, isPlanned),
    detail: details.join('; '),
  });
}

function beforeOf(below: ListedEntry | undefined, isPlanned: boolean): RowOutcome['before'] {
  if (below === undefined) return { kind: 'none' };
  const entry = currentFromListing(below);
  if (entry.kind !== 'version') return { kind: entry.kind };
  const { kind, size, storageClass, versionId } = entry;
  return { kind, size, storageClass, ...(isPlanned ? {} : { versionId }) };
}

/** Denied and failed rows are tried again, unless the key was written since: then the plan is no longer right. */
function notCopied(
  row: PlannedRow,
  failure: S3CallError | undefined,
  [top]: readonly ListedEntry[],
  { isInPlace, overwrite }: CopyEvidence,
): RowOutcome {
  const detail = failure === undefined ? 'no task of the job has copied it' : describeFailure(failure);
  if (failure?.failure === 'not-found') return outcomeOf('missing', { detail });
  if (failure?.failure === 'archived') return outcomeOf('archived', { detail });
  const current = top === undefined ? ({ kind: 'none' } as const) : currentFromListing(top);
  const isExpected = isInPlace
    ? current.kind !== 'none' && current.versionId === row.currentVersionId
    : overwrite || current.kind !== 'version';
  if (!isExpected) {
    return outcomeOf('drifted', { detail: `current is ${describeEntry(current)}; ${detail}` });
  }
  return outcomeOf(failure?.failure === 'denied' ? 'denied' : 'failed', { detail });
}
