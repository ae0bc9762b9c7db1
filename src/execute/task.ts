import { RunbookError } from '../errors.ts';
import { S3CallError } from '../s3/call-error.ts';
import { noOutcomes, type Outcome, type OutcomeCounts } from '../s3/outcome.ts';
import type { Operation } from '../s3/rollback.ts';
import { addMarkersRound } from './add-markers.ts';
import type { Restorer } from './archived/restorer.ts';
import { backoffDelay, isHopeless, isPassing, isRefusal, readPatiently, type Sleep } from './backoff.ts';
import { copiesRound } from './copies.ts';
import {
  endsClosed,
  foldJournal,
  formatEnd,
  formatIntents,
  formatOutcome,
  formatRestore,
  formatUpload,
  formatVoid,
  type Journal,
  newHistory,
  type RowHistory,
} from './journal.ts';
import { type JournalWriter, journalWriter } from './journal-writer.ts';
import { listedRound } from './listed.ts';
import { removeMarkersRound } from './remove-markers.ts';
import { describeFailure } from './requests.ts';
import type { S3Calls } from './s3-calls.ts';
import { type ManifestBytes, readSplit, type Split, type SplitRow } from './split.ts';
import type {
  KeyRows,
  OperationRound,
  OperationTarget,
  RefusedConditions,
  TaskContext,
} from './task-context.ts';
import { outcomeOf } from './task-context.ts';

/** Times that a row is tried before it counts as failed; the delays between them add up to about a minute. */
const MAX_ROUNDS = 10;
/** A request whose client was killed is carried out within this time or not at all. */
const STRAGGLER_MS = 2_000;

const ROUNDS: Record<Operation, OperationRound> = {
  'add-delete-marker': addMarkersRound,
  'remove-delete-markers': removeMarkersRound,
  copy: copiesRound,
  'copy-multipart': copiesRound,
  'copy-to-bucket': copiesRound,
  'copy-after-restore': listedRound,
};

export type TaskOptions = {
  calls: S3Calls;
  manifest: ManifestBytes;
  split: Split;
  /** what the rows are for: from the plan, never from the shape of a row */
  operation: Operation;
  target: OperationTarget;
  journal: Journal;
  /** of the journal, for messages */
  name: string;
  assertVersioned: () => Promise<void>;
  refusedConditions: RefusedConditions;
  /** Whether to stop, leaving the rest to another run. */
  isOutOfTime: () => boolean;
  pause: Sleep;
  /** Outcomes that are tried once more. */
  retries: readonly Outcome[];
  /** The rows that are this run's; default: all. Others are left as they are, with an outcome or without. */
  takes?: (row: SplitRow, history: RowHistory | undefined) => boolean;
  /** Told of a row whose archived version can be copied now, by another; left out: it is copied here. */
  handOver?: () => void;
  /** Restores archived versions, and says which rows that have ended are tried once more for it. */
  restorer?: Restorer;
};

export type TaskAnswer = { rows: number; counts: OutcomeCounts; isComplete: boolean };

/**
 * Carries out one split of a manifest: reads its rows, proves their guards, acts, and leaves one outcome a row in the
 * journal. Safe to stop at any moment and to call again, as src/execute/journal.ts argues. What calls it, a Lambda
 * handler or the direct executor, is of no concern here.
 * @returns complete, or the rows that were settled before it ran out of time
 * @throws RunbookError RECORD_*, OUTCOMES_DAMAGED, VERSIONING_NOT_ENABLED, DISK_FULL; S3CallError where every other
 *   request is bound to fail too
 */
export async function runTask(options: TaskOptions): Promise<TaskAnswer> {
  const all = await readSplit(options.manifest, options.split);
  for (const row of all) assertOwnBucket(options, row);
  const text = await options.journal.read();
  const histories = foldJournal(options.name, text);
  const rows = all.filter((row) => options.takes?.(row, histories.get(row.index)) ?? true);
  if (rows.length === 0 && all.length > 0) return { rows: 0, counts: noOutcomes(), isComplete: true };
  const isOpen = (row: SplitRow) => {
    const history = histories.get(row.index);
    const outcome = history?.outcome;
    if (!history || !outcome) return true;
    if (options.retries.includes(outcome.outcome)) return true;
    return options.restorer?.isDue(outcome.outcome, history.restore) ?? false;
  };
  const open = rows.filter(isOpen);
  const wasClosed = endsClosed(text, rows.length);
  const writer = journalWriter(options.journal);
  const left = open.length > 0 ? await settleRows(options, writer, { rows, open }, histories) : 0;
  const counts = noOutcomes();
  for (const row of rows) {
    const outcome = histories.get(row.index)?.outcome?.outcome;
    if (outcome !== undefined) counts[outcome] += 1;
  }
  const isComplete = left === 0 && rows.every((row) => histories.get(row.index)?.outcome);
  if (isComplete && (open.length > 0 || !wasClosed)) {
    // The last outcomes are still waiting: they and the end are one write.
    await writer.write(formatEnd(rows.length));
    await options.journal.close();
  } else await writer.flush();
  return { rows: rows.length, counts, isComplete };
}

function assertOwnBucket({ manifest, target }: TaskOptions, row: SplitRow): void {
  if (row.bucket === target.bucket) return;
  throw new RunbookError(
    'RECORD_FOREIGN_BUCKET',
    `${manifest.name} names the bucket '${row.bucket}'; the plan is for '${target.bucket}'.`,
    { hint: 'a manifest is never edited by hand: plan again from the inventory of the right bucket' },
  );
}

/** Leaves the outcomes of its last round to the caller to write. @returns how many rows it had no time for */
async function settleRows(
  options: TaskOptions,
  writer: JournalWriter,
  { rows, open }: { rows: readonly SplitRow[]; open: readonly SplitRow[] },
  histories: ReturnType<typeof foldJournal>,
): Promise<number> {
  const settled = new Set<number>();
  const planned = new Map<string, number>();
  for (const { key } of rows) planned.set(key, (planned.get(key) ?? 0) + 1);
  const reasons = new Map<number, unknown>();
  const historyOf = (row: SplitRow) => {
    const history = histories.get(row.index) ?? newHistory();
    histories.set(row.index, history);
    return history;
  };
  /** rows whose last intent is of a request that has not been answered yet */
  const sent = new Set<number>();
  const takeBack = (row: SplitRow) => {
    if (!sent.delete(row.index)) return;
    historyOf(row).intents.pop();
    writer.add(formatVoid(row.index));
  };
  let stragglers: Promise<unknown> | null = null;
  const context: TaskContext = {
    calls: options.calls,
    target: options.target,
    refusedConditions: options.refusedConditions,
    assertVersioned: options.assertVersioned,
    pause: options.pause,
    isOutOfTime: options.isOutOfTime,
    read: (request) => readPatiently(request, options.pause),
    async announce(rows) {
      const at = options.calls.serverTime();
      await writer.write(formatIntents(rows, at));
      for (const row of rows) {
        historyOf(row).intents.push(at);
        sent.add(row.index);
      }
    },
    async recordUpload(row, uploadId) {
      const at = options.calls.serverTime();
      historyOf(row).upload = uploadId === null ? null : { id: uploadId, createdAt: at };
      await writer.write(formatUpload(row.index, at, uploadId));
    },
    restorer: options.restorer ?? null,
    handOver: options.handOver ?? null,
    async recordRestore(row, request) {
      historyOf(row).restore = request;
      await writer.write(formatRestore(row.index, request));
    },
    settle(row, outcome) {
      if (outcome.outcome === 'denied') takeBack(row);
      historyOf(row).outcome = outcome;
      settled.add(row.index);
      // It goes with the next announcement, or the end. One that a kill keeps from the journal is found by its intent.
      writer.add(formatOutcome(row.index, outcome));
    },
    postpone(row, error) {
      if (isHopeless(error)) throw error;
      reasons.set(row.index, error);
      if (isRefusal(error)) takeBack(row);
      sent.delete(row.index);
    },
    isSettled: (row) => settled.has(row.index),
    history: historyOf,
    async waitForStragglers() {
      stragglers ??= options.pause(STRAGGLER_MS);
      await stragglers;
    },
  };
  const round = ROUNDS[options.operation];
  for (let attempt = 1; ; attempt += 1) {
    const left = open.filter((row) => !settled.has(row.index));
    if (left.length === 0 || options.isOutOfTime()) break;
    if (attempt > MAX_ROUNDS) {
      giveUp(context, left, reasons);
      break;
    }
    try {
      await round(context, groupByKey(left, planned));
    } catch (error) {
      await flushAnyway(writer.flush);
      if (!isPassing(error)) {
        if (!(error instanceof S3CallError) || isHopeless(error)) throw error;
        // A listing that is not allowed, or that the store cannot answer, fails every row that needs it.
        const outcome = error.failure === 'denied' ? 'denied' : 'failed';
        for (const row of left) {
          if (!settled.has(row.index))
            context.settle(row, outcomeOf(outcome, { detail: describeFailure(error) }));
        }
      } else for (const row of left) reasons.set(row.index, error);
    }
    if (open.every((row) => settled.has(row.index))) break;
    await writer.flush();
    await options.pause(backoffDelay(attempt));
  }
  return open.filter((row) => !settled.has(row.index)).length;
}

/** The error that comes first is the one to report; a journal that fails as well fails again at the next write. */
async function flushAnyway(flush: () => Promise<void>): Promise<void> {
  await flush().catch(() => {});
}

function giveUp(
  context: TaskContext,
  rows: readonly SplitRow[],
  reasons: ReadonlyMap<number, unknown>,
): void {
  // An endpoint that has gone away says nothing of the rows: they stay open for the next run.
  const unanswered = rows.map((row) => reasons.get(row.index));
  const gone = unanswered.find((error) => error instanceof S3CallError && error.failure === 'network');
  if (
    gone !== undefined &&
    unanswered.every((error) => error instanceof S3CallError && error.failure === 'network')
  ) {
    throw gone;
  }
  for (const row of rows) {
    const detail = describeFailure(reasons.get(row.index) ?? 'tried too often');
    context.settle(row, outcomeOf('failed', { detail }));
  }
}

/** Rows of a key stand together in a manifest. */
function groupByKey(rows: readonly SplitRow[], planned: ReadonlyMap<string, number>): KeyRows[] {
  const keys = new Map<string, KeyRows>();
  for (const row of rows) {
    const group = keys.get(row.key);
    if (group === undefined) {
      keys.set(row.key, { key: row.key, rows: [row], planned: planned.get(row.key) ?? 1 });
    } else group.rows.push(row);
  }
  return [...keys.values()];
}
