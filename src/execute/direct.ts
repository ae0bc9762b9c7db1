import { RunbookError } from '../errors.ts';
import { sha256OfFile } from '../inventory/checksum.ts';
import type { PlanManifest } from '../plan/plan-file.ts';
import type { Progress } from '../progress.ts';
import { addOutcomes, noOutcomes, type OutcomeCounts, RETRIED_OUTCOMES } from '../s3/outcome.ts';
import { formatInstant } from '../s3/point-in-time.ts';
import { isBatchCopied, SCENARIO_ACTIONS, type Scenario } from '../s3/rollback.ts';
import { shellWord } from '../s3/shell-word.ts';
import { collectScenario } from './archived/collect-outcomes.ts';
import { readLeftRows } from './archived/left-rows.ts';
import { isRestorable } from './archived/restorable.ts';
import type { Restorer } from './archived/restorer.ts';
import type { Sleep } from './backoff.ts';
import { forEachConcurrently } from './concurrently.ts';
import { journalGone } from './journal-file.ts';
import { outcomePath } from './outcome-file.ts';
import { callPace, pacedCalls } from './paced-calls.ts';
import { assertStartable } from './preflight.ts';
import { copySourceOf, openManifest, type PlanRecord, writtenBucket } from './record.ts';
import { atDestination, refusalOf } from './refusals.ts';
import { type EndedScenario, type RunOutcome, readRunOutcome } from './run-files.ts';
import { folderStore, outcomeFile, type RunStore } from './run-store.ts';
import type { S3Calls } from './s3-calls.ts';
import { type ManifestBytes, type Split, splitAt, splitsOf } from './split.ts';
import { runTask, type TaskAnswer } from './task.ts';
import type { OperationTarget, RefusedConditions } from './task-context.ts';
import { watchVersioning } from './versioning.ts';

/** Splits at work at once: enough to fill the requests in flight, few enough to keep memory flat. */
const SPLITS_IN_FLIGHT = 8;
/** One process, one thread, well below the limits of a runner. */
export const DEFAULT_REQUESTS_IN_FLIGHT = 64;

export type DirectOptions = {
  record: PlanRecord;
  calls: S3Calls;
  progress: Progress;
  pause: Sleep;
  /** Whether to stop: work under way is finished, the rest stays for the next run. */
  isStopped: () => boolean;
  /** Most requests in flight. */
  concurrency?: number;
  /** Where the run keeps its journals and outcomes; default: the record's folder. */
  store?: RunStore;
  /** Goes on with a run that has ended: restores its archived versions and copies them. */
  archived?: ArchivedPass;
};

/** A pass over the archived rows of a run that has ended. */
export type ArchivedPass = {
  restorer: Restorer;
  /** how the run ended before: what is not touched stays so */
  earlier: RunOutcome;
  /** Told of a split with a version that can be copied now, by a task; null: this machine copies. */
  handOver: ((scenario: Scenario, split: number) => void) | null;
};

type Run = Omit<DirectOptions, 'store'> & {
  store: RunStore;
  target: OperationTarget;
  assertVersioned: () => Promise<void>;
  refusedConditions: RefusedConditions;
  totalRows: number;
  settledRows: number;
  /** Whether an earlier run came to its end, so that every split has its journal. */
  hasEnded: boolean;
};

/**
 * Runs a plan from this machine: every split of every manifest, some at a time, with as many requests in flight as
 * the store takes. Whatever stopped an earlier run, this one goes on where that ended; rows that ended `denied` or
 * `failed` are tried again, the others keep their outcome.
 * @throws RunbookError RECORD_*, OUTCOMES_DAMAGED, CHECKS_BLOCK, VERSIONING_NOT_ENABLED, INTERRUPTED and what
 *   src/execute/refusals.ts makes of failed calls
 */
export async function runDirect(options: DirectOptions): Promise<RunOutcome> {
  const { record, pause, concurrency = DEFAULT_REQUESTS_IN_FLIGHT } = options;
  const { plan } = record;
  const bucket = writtenBucket(plan);
  const calls = pacedCalls(options.calls, callPace(concurrency));
  try {
    if (options.archived === undefined) assertCopiesHere(record);
    await assertStartable(plan, calls, pause).catch((error) => {
      const refusal = refusalOf(error, bucket);
      throw copySourceOf(plan) === null ? refusal : atDestination(refusal);
    });
    const store = options.store ?? folderStore(record);
    const earlier = options.archived?.earlier ?? null;
    const startedAt = earlier?.startedAt ?? (await noteStart(record, store, calls));
    const run: Run = {
      ...options,
      calls,
      store,
      target: {
        bucket: plan.inputs.bucket,
        writtenBucket: bucket,
        overwrite: plan.inputs.overwrite === true,
        storageClass: plan.inputs.storageClass,
        kmsKeyArn: plan.inputs.kmsKeyArn,
      },
      assertVersioned: watchVersioning(calls, bucket, pause),
      refusedConditions: { onDelete: false, onCopy: false },
      totalRows: plan.manifests.reduce((total, { rows }) => total + rows, 0),
      settledRows: 0,
      hasEnded: options.archived === undefined && (await readRunOutcome(record)) !== null,
    };
    const scenarios: RunOutcome['scenarios'] = [];
    for (const manifest of plan.manifests) {
      const ended = earlier?.scenarios.find(({ scenario }) => scenario === manifest.scenario);
      const stays = ended !== undefined && !isRestorable(ended);
      scenarios.push(stays ? ended : await runManifest(run, manifest, ended ?? null));
    }
    const outcome: RunOutcome = {
      schemaVersion: 1,
      rollbackId: plan.rollbackId,
      planDigest: plan.digest,
      executor: earlier?.executor ?? 'direct',
      startedAt,
      finishedAt: formatInstant(calls.serverTime()),
      rows: scenarios.reduce((total, { rows }) => total + rows, 0),
      outcomes: scenarios.reduce((total, { outcomes }) => addOutcomes(total, outcomes), noOutcomes()),
      scenarios,
    };
    await store.writeOutcome(outcome);
    return outcome;
  } catch (error) {
    throw refusalOf(error, bucket);
  }
}

/** @throws RunbookError COPY_WITH_NOT_POSSIBLE where a job of S3's own is to copy: what was reviewed is what runs */
function assertCopiesHere({ plan, name }: PlanRecord): void {
  if (plan.inputs.copyWith !== 's3-batch-copy') return;
  throw new RunbookError(
    'COPY_WITH_NOT_POSSIBLE',
    'The copies of this plan are those of a job of S3 Batch Operations; this machine does not make them.',
    {
      hint: `on AWS: npm run --silent s3-rewind -- deploy --record ${shellWord(name)} …; or plan again without --copy-with, which copies under the guard from here`,
    },
  );
}

/** Notes when the plan was first started, which is the point in time that an undo goes back to. */
async function noteStart(record: PlanRecord, store: RunStore, calls: S3Calls): Promise<string> {
  const earlier = await store.readStart();
  if (earlier !== null) return earlier.startedAt;
  const startedAt = formatInstant(calls.serverTime());
  await store.writeStart({
    schemaVersion: 1,
    planDigest: record.plan.digest,
    executor: 'direct',
    startedAt,
  });
  return startedAt;
}

async function runManifest(
  run: Run,
  manifest: PlanManifest,
  ended: EndedScenario | null,
): Promise<EndedScenario> {
  const { record } = run;
  const { scenario, operation } = manifest;
  const bytes = await openManifest(record, manifest);
  // Of what S3's own job copied there is no journal: only the rows that it left as archived are gone on with.
  const isPartial = ended !== null && isBatchCopied(record.plan.inputs.copyWith, scenario);
  let outcomes: OutcomeCounts = noOutcomes();
  let rows = 0;
  try {
    const left = isPartial ? await readLeftRows(record, manifest, ended.path, bytes) : null;
    const splits = left === null ? splitsOf(manifest) : [...left.keys()].map((one) => splitAt(manifest, one));
    await forEachConcurrently(splits, SPLITS_IN_FLIGHT, async (split) => {
      if (run.isStopped()) return;
      const answer = await runSplit(run, manifest, bytes, split, left?.get(split.number) ?? null);
      outcomes = addOutcomes(outcomes, answer.counts);
      rows += answer.rows;
      run.settledRows += answer.rows;
      run.progress(`${scenario}: ${SCENARIO_ACTIONS[scenario]}`, (100 * run.settledRows) / run.totalRows);
    });
    if (run.isStopped()) throw interrupted(record, run.archived !== undefined);
  } finally {
    await bytes.close();
  }
  if (isPartial) return await collectScenario(record, manifest, run.store);
  await run.store.writeOutcomes(manifest);
  const sha256 = await sha256OfFile(outcomeFile(record, scenario));
  return { scenario, operation, rows, outcomes, path: outcomePath(scenario), sha256 };
}

/** Works on a split until every row has its outcome, or the run is stopped. */
async function runSplit(
  run: Run,
  { scenario, operation }: PlanManifest,
  manifest: ManifestBytes,
  split: Split,
  left: ReadonlySet<number> | null,
): Promise<TaskAnswer> {
  const { restorer, handOver = null } = run.archived ?? {};
  for (;;) {
    const answer = await run.store.withJournal(scenario, split, async ({ journal, name, isHeldNoMore }) => {
      // Its rows would be found done by nobody, and undo would lose them.
      if (run.hasEnded && (await journal.read()) === '') throw journalGone(name);
      return await runTask({
        calls: run.calls,
        manifest,
        split,
        operation: run.archived === undefined ? operation : 'copy',
        target: run.target,
        journal,
        name,
        assertVersioned: run.assertVersioned,
        refusedConditions: run.refusedConditions,
        isOutOfTime: () => run.isStopped() || isHeldNoMore(),
        pause: run.pause,
        retries: RETRIED_OUTCOMES,
        ...(left !== null && {
          takes: ({ index }, history) => left.has(index) || history?.outcome != null,
        }),
        ...(restorer !== undefined && { restorer }),
        ...(handOver !== null && { handOver: () => handOver(scenario, split.number) }),
      });
    });
    if (answer.isComplete || run.isStopped()) return answer;
  }
}

function interrupted({ name }: PlanRecord, isRestoring: boolean): RunbookError {
  const command = isRestoring ? 'restore-archived' : 'start-jobs';
  return new RunbookError(
    'INTERRUPTED',
    'The run was interrupted; what was begun is finished and recorded.',
    {
      hint: `go on with: npm run --silent s3-rewind -- ${command} --record ${shellWord(name)}${isRestoring ? '' : ' --yes'}`,
    },
  );
}
