import { readPatiently, type Sleep } from '../execute/backoff.ts';
import { type EndedKey, readEndedKeys, readEndedRun } from '../execute/outcome-rows.ts';
import { callPace } from '../execute/paced-calls.ts';
import { type PlanRecord, writtenBucket } from '../execute/record.ts';
import { refusalOf } from '../execute/refusals.ts';
import type { PlanManifest } from '../plan/plan-file.ts';
import type { Progress } from '../progress.ts';
import { addOutcomes, noOutcomes, OUTCOMES, type OutcomeCounts } from '../s3/outcome.ts';
import { isBatchCopied, SCENARIO_ACTIONS, type Scenario } from '../s3/rollback.ts';
import { compareLive, type Difference, isActedOn, type LiveCalls } from './live.ts';

/** Keys that are looked at together: about as many as a page of a listing shows. */
const KEYS_AT_A_TIME = 1_000;
/** Differences that are told one by one; all are counted. */
const TOLD_DIFFERENCES = 100;
const REQUESTS_IN_FLIGHT = 64;

export type VerifiedScenario = {
  scenario: Scenario;
  rows: number;
  outcomes: OutcomeCounts;
  /** keys whose current entry was compared */
  compared: number;
  /** keys that the run left alone, of which the plan promises nothing */
  leftAlone: number;
  differences: number;
};

export type Verification = {
  /** Level 1: every planned row has one outcome. */
  reconcile: { rows: number; outcomes: OutcomeCounts; agrees: boolean };
  /** Level 2: each acted key is now what the plan promised. */
  live: { compared: number; leftAlone: number; differences: number; agrees: boolean };
  scenarios: VerifiedScenario[];
  /** the first of the differences */
  examples: (Difference & { scenario: Scenario })[];
};

export type VerifyOptions = { record: PlanRecord; calls: LiveCalls; progress: Progress; pause: Sleep };

/**
 * Verifies a run on levels 1 and 2 (semantics, section 7).
 * @throws RunbookError RECORD_NOT_RUN, OUTCOMES_DAMAGED and what src/execute/refusals.ts makes of failed calls
 */
export async function verifyRun(options: VerifyOptions): Promise<Verification> {
  const { record, calls, pause } = options;
  const { plan } = record;
  const run = await readEndedRun(record);
  const pace = callPace(REQUESTS_IN_FLIGHT);
  const checker = {
    calls,
    read: <T>(request: () => Promise<T>) => readPatiently(() => pace.run(request), pause),
    writtenBucket: writtenBucket(plan),
    storageClass: plan.inputs.storageClass,
  };
  const examples: Verification['examples'] = [];
  const scenarios: VerifiedScenario[] = [];
  let reconciled = true;
  try {
    for (const manifest of plan.manifests) {
      const ended = run.scenarios.find(({ scenario }) => scenario === manifest.scenario);
      if (ended === undefined) continue;
      const keepsRedirect = !isBatchCopied(plan.inputs.copyWith, manifest.scenario);
      const found = await verifyScenario(
        options,
        { ...checker, keepsRedirect },
        manifest,
        ended.path,
        examples,
      );
      if (found.rows !== manifest.rows || !isSameCount(found, ended)) reconciled = false;
      scenarios.push(found);
    }
  } catch (error) {
    throw refusalOf(error, checker.writtenBucket);
  }
  const sum = (field: 'rows' | 'compared' | 'leftAlone' | 'differences') =>
    scenarios.reduce((total, row) => total + row[field], 0);
  const differences = sum('differences');
  const total = {
    rows: sum('rows'),
    outcomes: scenarios.reduce((counts, { outcomes }) => addOutcomes(counts, outcomes), noOutcomes()),
  };
  // What is told elsewhere of the run, in a comment or a summary, are its totals.
  if (run.scenarios.length !== scenarios.length || !isSameCount(total, run)) reconciled = false;
  return {
    reconcile: { ...total, agrees: reconciled },
    live: { compared: sum('compared'), leftAlone: sum('leftAlone'), differences, agrees: differences === 0 },
    scenarios,
    examples,
  };
}

type Counted = { rows: number; outcomes: OutcomeCounts };

function isSameCount(found: Counted, told: Counted): boolean {
  return (
    found.rows === told.rows &&
    OUTCOMES.every((outcome) => found.outcomes[outcome] === told.outcomes[outcome])
  );
}

async function verifyScenario(
  { record, progress }: VerifyOptions,
  checker: Parameters<typeof compareLive>[0],
  manifest: PlanManifest,
  path: string,
  examples: Verification['examples'],
): Promise<VerifiedScenario> {
  const { scenario, operation } = manifest;
  const total: VerifiedScenario = {
    scenario,
    rows: 0,
    outcomes: noOutcomes(),
    compared: 0,
    leftAlone: 0,
    differences: 0,
  };
  let waiting: EndedKey[] = [];
  const compare = async () => {
    const differences = await compareLive(checker, operation, waiting);
    total.compared += waiting.length;
    total.differences += differences.length;
    for (const difference of differences.slice(0, Math.max(0, TOLD_DIFFERENCES - examples.length))) {
      examples.push({ scenario, ...difference });
    }
    waiting = [];
    progress(`${scenario}: ${SCENARIO_ACTIONS[scenario]}`, (100 * total.rows) / manifest.rows);
  };
  for await (const key of readEndedKeys(record, manifest, path)) {
    for (const { result } of key.rows) total.outcomes[result.outcome] += 1;
    total.rows += key.rows.length;
    if (isActedOn(key)) waiting.push(key);
    else total.leftAlone += 1;
    if (waiting.length >= KEYS_AT_A_TIME) await compare();
  }
  if (waiting.length > 0) await compare();
  return total;
}
