import type { Progress } from '../../progress.ts';
import { formatInstant } from '../../s3/point-in-time.ts';
import type { RestoreTier } from '../../s3/restore.ts';
import type { Scenario } from '../../s3/rollback.ts';
import type { Sleep } from '../backoff.ts';
import type { JobApproval } from '../batch/watch-job.ts';
import { DEFAULT_REQUESTS_IN_FLIGHT, runDirect } from '../direct.ts';
import { callPace } from '../paced-calls.ts';
import { assertStartable } from '../preflight.ts';
import { type PlanRecord, writtenBucket } from '../record.ts';
import { refusalOf } from '../refusals.ts';
import type { RunOutcome } from '../run-files.ts';
import { folderStore, type RunStore } from '../run-store.ts';
import type { S3Calls } from '../s3-calls.ts';
import { collectOutcomes } from './collect-outcomes.ts';
import { countRestorable, isRestorable } from './restorable.ts';
import type { RestoredCopyJob, RestoreJob, RestoreState } from './restore-file.ts';
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
  agreed: RestoreAgreement | null;
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
  /** Left out: a pass copies what it finds restored. */
  copyByTasks?: CopyByTasks;
};

/** What someone agrees to. `approval`: what jobs bear of the proof; null: there are no jobs. */
export type RestoreAgreement = { tier: RestoreTier; days: number; approval: JobApproval | null };

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

/** Splits with versions that can be copied, by scenario. */
export type ReadySplits = ReadonlyMap<Scenario, readonly number[]>;

/**
 * Has the task function of the plan's stack copy restored versions, and stays until it has. Jobs that an earlier run
 * left under way are brought to their end first.
 * @param note writes the jobs into restore.json
 * @returns the scenarios that were worked on
 */
export type CopyByTasks = (
  state: RestoreState,
  ready: ReadySplits,
  note: (copies: RestoredCopyJob[]) => Promise<void>,
) => Promise<ReadonlySet<Scenario>>;

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
    const copy = async (ready: ReadySplits) => {
      const noteCopies = async (copies: RestoredCopyJob[]) => {
        state = { ...state, copies };
        await store.writeRestore(state);
      };
      const worked = (await options.copyByTasks?.(state, ready, noteCopies)) ?? new Set();
      if (worked.size > 0)
        outcome = await collectOutcomes(record, outcome, worked, store, calls.serverTime());
    };
    if (options.askByJobs !== undefined) requested += await options.askByJobs(state, outcome, note);
    if (state.copies?.some(({ end }) => end === null)) await copy(new Map());
    for (;;) {
      if (!outcome.scenarios.some(isRestorable)) return endOf('copied', state, requested, outcome);
      const isEarly = state.nextLookAt !== null && new Date(state.nextLookAt) > calls.serverTime();
      if (!isEarly) {
        const begun = calls.serverTime();
        const restorer = openRestorer({
          calls: pacedRestores(options),
          terms: { tier: state.tier, days: state.days, approvedAt: new Date(state.approvedAt) },
          lastLookAt: state.lastLookAt === null ? null : new Date(state.lastLookAt),
          serverTime: calls.serverTime,
        });
        const ready = new Map<Scenario, Set<number>>();
        const handOver = (scenario: Scenario, split: number) =>
          void ready.set(scenario, (ready.get(scenario) ?? new Set()).add(split));
        const archived = {
          ...{ restorer, earlier: outcome },
          handOver: options.copyByTasks === undefined ? null : handOver,
        };
        outcome = await runDirect({ ...options, store, archived });
        // Only once they are copied does the pass count: until then the next run looks at the same rows again.
        if (ready.size > 0)
          await copy(new Map([...ready].map(([name, found]) => [name, [...found].toSorted(byNumber)])));
        const tally = restorer.tally();
        requested += tally.requested;
        state = nextState(state, countRestorable(outcome), tally, begun, calls.serverTime());
        await store.writeRestore(state);
      }
      if (countRestorable(outcome) === 0) return endOf('copied', state, requested, outcome);
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
    tier: agreed.tier,
    days: agreed.days,
    approvedAt: formatInstant(calls.serverTime()),
    lastLookAt: state?.lastLookAt ?? null,
    nextLookAt: null,
    waiting: state?.waiting ?? 0,
    expired: state?.expired ?? 0,
    turnedAway: state?.turnedAway ?? 0,
    ...(agreed.approval !== null && { approval: agreed.approval }),
    ...(state?.jobs !== undefined && { jobs: state.jobs }),
    ...(state?.copies !== undefined && { copies: state.copies }),
  };
  await store.writeRestore(approved);
  return approved;
}

function byNumber(left: number, right: number): number {
  return left - right;
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
