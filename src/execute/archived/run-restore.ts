import type { Progress } from '../../progress.ts';
import { formatInstant } from '../../s3/point-in-time.ts';
import type { RestoreTier } from '../../s3/restore.ts';
import type { Sleep } from '../backoff.ts';
import { DEFAULT_REQUESTS_IN_FLIGHT, runDirect } from '../direct.ts';
import { callPace } from '../paced-calls.ts';
import { assertStartable } from '../preflight.ts';
import { type PlanRecord, writtenBucket } from '../record.ts';
import { refusalOf } from '../refusals.ts';
import type { RunOutcome } from '../run-files.ts';
import { folderStore, type RunStore } from '../run-store.ts';
import type { S3Calls } from '../s3-calls.ts';
import { countRestorable, isRestorable } from './restorable.ts';
import type { RestoreJob, RestoreState } from './restore-file.ts';
import { openRestorer, type RestoreCalls, type RestoreTally } from './restorer.ts';

/** Looks are at least so far apart: versions whose restores were asked for one after another are looked at together. */
const LEAST_PAUSE_MS = 15 * 60_000;
const LEAST_PAUSE_EXPEDITED_MS = 60_000;
/** A wait is slept in pieces, so that a signal ends it soon. */
const SLEEP_MS = 2_000;

export type RestoreOptions = {
  record: PlanRecord;
  /** how the run ended before */
  earlier: RunOutcome;
  /** how far it is; null: nothing was asked for yet */
  state: RestoreState | null;
  /** what someone agrees to now; null: to go on as was agreed before */
  agreed: { tier: RestoreTier; days: number } | null;
  calls: S3Calls;
  restore: RestoreCalls;
  progress: Progress;
  pause: Sleep;
  isStopped: () => boolean;
  /** Whether to end after one pass, or before it where it is too early. */
  once: boolean;
  concurrency?: number;
  store?: RunStore;
  /** Left out: every restore is asked for by a pass itself. */
  askByJobs?: AskByJobs;
};

/**
 * Has jobs of S3's own ask for restores before the first pass, which finds the versions on their way then, and asks for
 * what the jobs did not.
 * @param note writes the jobs into restore.json
 * @returns restores that the jobs asked for
 */
export type AskByJobs = (
  state: RestoreState,
  earlier: RunOutcome,
  note: (jobs: RestoreJob[]) => Promise<void>,
) => Promise<number>;

/**
 * How it stands: `copied`: nothing waits any more; `waiting`: S3 is at work, come back at `nextLookAt`; `expired`:
 * restored copies have gone, and asking again takes a new approval.
 */
export type RestoreEnd = {
  status: 'copied' | 'waiting' | 'expired';
  nextLookAt: string | null;
  /** restores that S3 took in this run of the command */
  requested: number;
  waiting: number;
  expired: number;
  outcome: RunOutcome;
};

/**
 * Restores the archived versions of a run that has ended, and copies each behind the same guards as any other row.
 *
 * A pass looks at every row that is due: the guards first, so that nothing is paid for a key that drifted; then the
 * version is copied if it can be read, or S3 is asked to restore it. What was asked for is in the journal of the split,
 * so a pass can be killed at any moment and repeated: asking twice is answered with 409 or 200 and bills nothing more
 * than the request.
 * @throws RunbookError as runDirect
 */
export async function runRestore(options: RestoreOptions): Promise<RestoreEnd> {
  const { record, calls, pause, once, isStopped } = options;
  const store = options.store ?? folderStore(record);
  let outcome = options.earlier;
  let requested = 0;
  try {
    await assertStartable(record.plan, calls, pause);
    let state = await noteAgreement(options, store);
    const note = async (jobs: RestoreJob[]) => {
      state = { ...state, jobs };
      await store.writeRestore(state);
    };
    if (options.askByJobs !== undefined) requested += await options.askByJobs(state, outcome, note);
    for (;;) {
      if (!outcome.scenarios.some((ended) => isRestorable(record.plan, ended)))
        return endOf('copied', state, requested, outcome);
      const isEarly = state.nextLookAt !== null && new Date(state.nextLookAt) > calls.serverTime();
      if (!isEarly) {
        const begun = calls.serverTime();
        const restorer = openRestorer({
          calls: pacedRestores(options),
          terms: { tier: state.tier, days: state.days, approvedAt: new Date(state.approvedAt) },
          lastLookAt: state.lastLookAt === null ? null : new Date(state.lastLookAt),
          serverTime: calls.serverTime,
        });
        outcome = await runDirect({ ...options, store, archived: { restorer, earlier: outcome } });
        const tally = restorer.tally();
        requested += tally.requested;
        state = nextState(state, countRestorable(record.plan, outcome), tally, begun, calls.serverTime());
        await store.writeRestore(state);
      }
      if (countRestorable(record.plan, outcome) === 0) return endOf('copied', state, requested, outcome);
      if (state.nextLookAt === null) return endOf('expired', state, requested, outcome);
      if (once || isStopped()) return endOf('waiting', state, requested, outcome);
      await waitUntil(options, state.nextLookAt);
      if (isStopped()) return endOf('waiting', state, requested, outcome);
    }
  } catch (error) {
    throw refusalOf(error, writtenBucket(record.plan));
  }
}

/** What was agreed to is in the record before anything is asked of S3. */
async function noteAgreement(
  { record, state, agreed, calls }: RestoreOptions,
  store: RunStore,
): Promise<RestoreState> {
  if (agreed === null) {
    if (state === null) throw new TypeError('a first run takes an agreement');
    return state;
  }
  const approved: RestoreState = {
    schemaVersion: 1,
    planDigest: record.plan.digest,
    ...agreed,
    approvedAt: formatInstant(calls.serverTime()),
    lastLookAt: state?.lastLookAt ?? null,
    nextLookAt: null,
    waiting: state?.waiting ?? 0,
    expired: state?.expired ?? 0,
    turnedAway: state?.turnedAway ?? 0,
    ...(state?.jobs !== undefined && { jobs: state.jobs }),
  };
  await store.writeRestore(approved);
  return approved;
}

function pacedRestores({ restore, concurrency = DEFAULT_REQUESTS_IN_FLIGHT }: RestoreOptions): RestoreCalls {
  const pace = callPace(concurrency);
  return {
    restoreObject: (version, request) => pace.run(() => restore.restoreObject(version, request)),
  };
}

function nextState(
  state: RestoreState,
  archived: number,
  tally: RestoreTally,
  begun: Date,
  now: Date,
): RestoreState {
  // Rows that are neither on their way nor expired take another look soon: S3 turned them away, or changed its mind.
  const others = archived - tally.waiting - tally.expired;
  const least = state.tier === 'Expedited' ? LEAST_PAUSE_EXPEDITED_MS : LEAST_PAUSE_MS;
  const soon = new Date(now.getTime() + least);
  let next = tally.nextLookAt;
  if (others > 0 || (next !== null && next < soon)) next = soon;
  return {
    ...state,
    lastLookAt: formatInstant(begun),
    nextLookAt: next === null ? null : formatInstant(next),
    waiting: Math.max(0, archived - tally.expired),
    expired: tally.expired,
    turnedAway: tally.turnedAway,
  };
}

async function waitUntil({ calls, progress, pause, isStopped }: RestoreOptions, at: string): Promise<void> {
  while (!isStopped() && calls.serverTime() < new Date(at)) {
    progress(`S3 is restoring; the next look is at ${at}`, null);
    await pause(SLEEP_MS);
  }
}

function endOf(
  status: RestoreEnd['status'],
  { nextLookAt, waiting, expired }: RestoreState,
  requested: number,
  outcome: RunOutcome,
): RestoreEnd {
  const isOver = status === 'copied';
  return {
    status,
    nextLookAt: isOver ? null : nextLookAt,
    requested,
    waiting: isOver ? 0 : waiting,
    expired: isOver ? 0 : expired,
    outcome,
  };
}
