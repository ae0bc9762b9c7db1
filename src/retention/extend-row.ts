import { backoffDelay, isHopeless, isPassing, type Sleep } from '../execute/backoff.ts';
import type { RowHistory, RowOutcome } from '../execute/journal.ts';
import { describeFailure } from '../execute/requests.ts';
import { S3CallError } from '../s3/call-error.ts';
import type { PlannedRow } from '../s3/manifest.ts';
import type { Retention } from '../s3/retention.ts';
import type { RetentionCalls } from './retention-calls.ts';
import { retentionOutcome } from './retention-outcomes.ts';
import { modeAfter } from './rule.ts';
import type { RetentionRule } from './settings.ts';

/** How often a row is tried while the store struggles. */
const MAX_ATTEMPTS = 8;
/** By these stores say that the version ID is that of a delete marker. */
export const NOT_A_VERSION = ['MethodNotAllowed', 'ObjectIsDeleteMarker'];

export type RowTask = {
  calls: Pick<RetentionCalls, 'readCurrentVersionId' | 'readRetention' | 'putRetention'>;
  rule: RetentionRule;
  /** the frozen date of the run */
  target: Date;
  history: RowHistory;
  /** Notes durably that the row is about to be acted on. */
  announce(): Promise<void>;
  pause: Sleep;
};

/** Whether a request may have been carried out, and the lock before it where that is known. */
type Acted = { before: Retention | null; isAnnounced: boolean };

/**
 * Extends the retention of one version. The guard runs again before every attempt: the version is still current, and
 * what it has now is looked at right before the PUT. So no date is ever made earlier, whoever else writes; where
 * someone is faster than that, S3 refuses the request, because nothing is bypassed.
 * @throws S3CallError where no other row can succeed either
 */
export async function extendRow(row: PlannedRow & { versionId: string }, task: RowTask): Promise<RowOutcome> {
  const acted: Acted = { before: null, isAnnounced: task.history.intents.length > 0 };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptRow(row, task, acted);
    } catch (error) {
      if (!(error instanceof S3CallError) || isHopeless(error)) throw error;
      if (!isPassing(error)) return failedOutcome(error);
      if (attempt >= MAX_ATTEMPTS) {
        // An endpoint that has gone away says nothing of the row: it stays open for the next run.
        if (error.failure === 'network') throw error;
        return failedOutcome(error);
      }
      await task.pause(backoffDelay(attempt));
    }
  }
}

async function attemptRow(
  row: PlannedRow & { versionId: string },
  task: RowTask,
  acted: Acted,
): Promise<RowOutcome> {
  const { calls, rule, target } = task;
  const currentId = await calls.readCurrentVersionId(row.bucket, row.key);
  const before = await calls.readRetention(row);
  const after: Retention = { mode: modeAfter(before?.mode ?? null, rule), retainUntil: target };
  if (before !== null && before.retainUntil >= target) {
    // A request of ours whose answer was lost, by a kill or on the way.
    const isOwn = acted.isAnnounced && before.retainUntil.getTime() === target.getTime();
    if (isOwn && before.mode !== after.mode) return unconverted(acted.before, before);
    return isOwn
      ? retentionOutcome('done', { before: acted.before, after: before })
      : retentionOutcome('already', { before, after: before });
  }
  if (currentId !== row.versionId) {
    const detail = currentId === null ? 'the key has no current version' : `${currentId} is current`;
    return retentionOutcome('drifted', { before, after: before, detail });
  }
  await task.announce();
  acted.isAnnounced = true;
  acted.before = before;
  try {
    await calls.putRetention(row, after);
  } catch (error) {
    if (!(error instanceof S3CallError) || isPassing(error) || isHopeless(error)) throw error;
    // Someone may have locked it for longer since we looked, which stores answer in the same way, each in its words.
    const now = await calls.readRetention(row);
    if (now !== null && now.retainUntil >= target)
      return retentionOutcome('already', { before: now, after: now });
    if (now?.mode !== 'GOVERNANCE' || after.mode !== 'COMPLIANCE') throw error;
    // Without a bypass no store makes it COMPLIANCE. The version stays immutable for as long as was asked.
    const kept: Retention = { mode: now.mode, retainUntil: target };
    await calls.putRetention(row, kept);
    return rule.convertGovernance
      ? unconverted(now, kept)
      : retentionOutcome('done', { before: now, after: kept });
  }
  return retentionOutcome('done', { before, after });
}

function unconverted(before: Retention | null, after: Retention): RowOutcome {
  return retentionOutcome('denied', { before, after, detail: 'extended; it stays GOVERNANCE' });
}

function failedOutcome(error: S3CallError): RowOutcome {
  const detail = describeFailure(error);
  if (NOT_A_VERSION.includes(error.code)) return retentionOutcome('refused', { detail });
  if (error.failure === 'not-found') return retentionOutcome('missing', { detail });
  return retentionOutcome(error.failure === 'denied' ? 'denied' : 'failed', { detail });
}
