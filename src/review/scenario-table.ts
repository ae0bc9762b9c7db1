import type { Estimate, PlanManifest, RollbackPlan } from '../plan/plan-file.ts';
import { isBatchCopied, MODE_SCENARIOS, SCENARIO_ACTIONS, SCENARIOS, type Scenario } from '../s3/rollback.ts';

/** Scenarios that the jobs leave alone until S3's RestoreObject was through (semantics, section 3). */
export const LISTED_ONLY: readonly Scenario[] = ['3a', '5a'];

type Executor = Estimate['totals']['batch'];

export type ScenarioRow = {
  scenario: Scenario;
  action: string;
  /** Archived, so they are listed; no job of this plan touches it. */
  listedOnly: boolean;
  keys: number;
  /** 0 where they are not known. */
  bytes: number;
  /** An undo is made from outcomes, which do not tell the size of what it hides or makes current again. */
  knowsBytes: boolean;
  batch: Executor | null;
  direct: Executor | null;
  /** Copied by a job of S3's own. */
  isUnguarded: boolean;
  manifest: PlanManifest;
};

export type ScenarioTable = {
  rows: ScenarioRow[];
  /** Keys and bytes that the jobs change; what is only listed is not in them. */
  keys: number;
  bytes: number;
  knowsBytes: boolean;
  listedKeys: number;
  /** Planned scenarios of this mode that no key falls under. */
  empty: Scenario[];
};

/** The planned scenarios, in the order of their numbers. A scenario is planned when it has a manifest with rows. */
export function buildScenarioTable(plan: RollbackPlan): ScenarioTable {
  const rows = SCENARIOS.flatMap((scenario) => {
    const manifest = plan.manifests.find((candidate) => candidate.scenario === scenario);
    return manifest === undefined || manifest.rows === 0 ? [] : [buildRow(plan, scenario, manifest)];
  });
  const acted = rows.filter(({ listedOnly }) => !listedOnly);
  const filled = new Set(rows.map(({ scenario }) => scenario));
  return {
    rows,
    keys: sum(acted, ({ keys }) => keys),
    bytes: sum(acted, ({ bytes }) => bytes),
    knowsBytes: acted.length === 0 || acted.some((row) => row.knowsBytes),
    listedKeys: sum(rows, ({ keys }) => keys) - sum(acted, ({ keys }) => keys),
    empty: MODE_SCENARIOS[plan.inputs.mode].filter(
      (scenario) => plan.inputs.scenarios.includes(scenario) && !filled.has(scenario),
    ),
  };
}

function buildRow(plan: RollbackPlan, scenario: Scenario, manifest: PlanManifest): ScenarioRow {
  const listedOnly = LISTED_ONLY.includes(scenario);
  const isUnguarded = isBatchCopied(plan.inputs.copyWith, scenario);
  const knowsBytes = plan.origin !== 'undo' || manifest.operation.startsWith('copy');
  const estimate = plan.estimate.scenarios.find((candidate) => candidate.scenario === scenario);
  return {
    scenario,
    action: SCENARIO_ACTIONS[scenario],
    listedOnly,
    keys: manifest.keys,
    bytes: sum(
      plan.classes.filter((candidate) => knowsBytes && candidate.scenario === scenario),
      ({ bytes }) => bytes,
    ),
    knowsBytes,
    batch: listedOnly || estimate === undefined ? null : estimate.batch,
    direct: listedOnly || isUnguarded || estimate === undefined ? null : estimate.direct,
    isUnguarded,
    manifest,
  };
}

/** Adds up one number of each. */
export function sum<T>(values: readonly T[], pick: (value: T) => number): number {
  return values.reduce((total, value) => total + pick(value), 0);
}
