import type { RestoreRequest } from '../s3/restore.ts';
import type { StorageClassChoice } from '../s3/storage-class.ts';
import type { Restorer } from './archived/restorer.ts';
import type { Sleep } from './backoff.ts';
import type { RowHistory, RowOutcome } from './journal.ts';
import type { S3Calls } from './s3-calls.ts';
import type { SplitRow } from './split.ts';

/** What the operations of all rows share. */
export type OperationTarget = {
  /** the bucket that the manifest names */
  bucket: string;
  /** the bucket that is written to: the same, or the destination of the copies */
  writtenBucket: string;
  /** whether copies to another bucket go over the objects that it has */
  overwrite: boolean;
  storageClass: StorageClassChoice;
  kmsKeyArn: string | null;
};

/** Conditions that the store turned down as unknown to it; they are not sent again. */
export type RefusedConditions = { onDelete: boolean; onCopy: boolean };

/** What an operation is given to carry out the rows of a task. */
export type TaskContext = {
  calls: S3Calls;
  target: OperationTarget;
  refusedConditions: RefusedConditions;
  /** Throws where versioning of the written bucket is not enabled now. */
  assertVersioned(): Promise<void>;
  /** Sends a request that changes nothing, again where it has to be. */
  read<T>(request: () => Promise<T>): Promise<T>;
  /** Notes durably that these rows are about to be acted on. */
  announce(rows: readonly SplitRow[]): Promise<void>;
  recordUpload(row: SplitRow, uploadId: string | null): Promise<void>;
  /** What restores archived versions; null: they are left alone. */
  restorer: Restorer | null;
  /** Leaves the copy of a version that can be read now to another; null: it is made here. */
  handOver: (() => void) | null;
  /** Notes durably that S3 took a request to restore the version of a row. */
  recordRestore(row: SplitRow, request: RestoreRequest): Promise<void>;
  settle(row: SplitRow, outcome: RowOutcome): void;
  /** Leaves a row for the next round, with the reason. @throws what makes every other row hopeless too */
  postpone(row: SplitRow, error: unknown): void;
  isSettled(row: SplitRow): boolean;
  history(row: SplitRow): RowHistory;
  isOutOfTime(): boolean;
  /** Waits until a request of an earlier, killed run can no longer be under way. */
  waitForStragglers(): Promise<void>;
  pause: Sleep;
};

/** The rows of one key, in the order of the manifest. */
export type KeyRows = {
  key: string;
  rows: SplitRow[];
  /** how many rows the plan has for the key; those that have ended are not among `rows` */
  planned: number;
};

/** One round over rows without an outcome: settles what it can, postpones the rest. */
export type OperationRound = (context: TaskContext, keys: readonly KeyRows[]) => Promise<void>;

/** An outcome with nothing to add. */
export function outcomeOf(outcome: RowOutcome['outcome'], fields: Partial<RowOutcome> = {}): RowOutcome {
  return { outcome, newVersionId: null, eTag: null, before: null, detail: '', ...fields };
}

/** A request that a killed run had sent may still be carried out for this long, in seconds. */
const REQUEST_SECONDS = 900;
const CLOCK_SLACK_SECONDS = 2;

/** Whether a request for the row was announced and may have been carried out. */
export function isUnclear({ intents }: Pick<RowHistory, 'intents'>): boolean {
  return intents.length > 0;
}

/**
 * Whether an entry can be the work of a request that was announced: S3 stamped it no earlier than the announcement,
 * and no later than a request can last. Both times are the store's own.
 */
export function isOwnWork(lastModified: Date, history: RowHistory): boolean {
  return history.intents.some((intent) => {
    const seconds = (lastModified.getTime() - intent.getTime()) / 1000;
    return seconds >= -CLOCK_SLACK_SECONDS && seconds <= REQUEST_SECONDS;
  });
}
