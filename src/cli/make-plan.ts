import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildPlanOptions, buildPlan } from '../plan/build-plan.ts';
import type { PlanEngine, RollbackPlan } from '../plan/plan-file.ts';
import { builtInPrices, type PriceTable } from '../plan/prices.ts';
import { bundleTaskCode } from '../render/task-code.ts';
import { writeReview } from '../review/review-files.ts';
import { engineCheck } from './engine-check.ts';

export type MakePlanOptions = Omit<BuildPlanOptions, 'prices' | 'taskCode'> & {
  prices: PriceTable | null;
  /** which engine made it and why, where there was a choice; asked once the plan is there */
  engine?: () => PlanEngine;
};

/**
 * The heavy part of the `plan` command, loaded once the options and the files have been looked at: fills a folder with
 * everything that a plan folder holds.
 * @param folder an empty folder
 * @throws RunbookError whatever building the plan refuses
 */
export async function makePlan(folder: string, options: MakePlanOptions): Promise<RollbackPlan> {
  const built = await buildPlan(folder, {
    ...options,
    prices: options.prices ?? builtInPrices(),
    taskCode: await bundleTaskCode(),
  });
  const plan = options.engine === undefined ? built : { ...built, ...tellEngine(built, options.engine()) };
  await writeFile(join(folder, 'plan.json'), `${JSON.stringify(plan, null, 2)}\n`);
  await writeReview(folder, plan);
  return plan;
}

/** The engine in plan.json and among the checks. */
function tellEngine(plan: RollbackPlan, engine: PlanEngine): Pick<RollbackPlan, 'engine' | 'checks'> {
  return { engine, checks: [...plan.checks, engineCheck(engine)] };
}
