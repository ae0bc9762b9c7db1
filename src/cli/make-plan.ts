import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildPlanOptions, buildPlan } from '../plan/build-plan.ts';
import type { Check, PlanEngine, RollbackPlan } from '../plan/plan-file.ts';
import { builtInPrices, type PriceTable } from '../plan/prices.ts';
import { bundleTaskCode } from '../render/task-code.ts';
import { formatBytes } from '../review/figures.ts';
import { writeReview } from '../review/review-files.ts';

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

/** The engine in plan.json, and as a note among the checks, where the comment shows it. */
function tellEngine(plan: RollbackPlan, engine: PlanEngine): Pick<RollbackPlan, 'engine' | 'checks'> {
  const cost =
    engine.name === 'athena' ? ` ${engine.queries} queries scanned ${formatBytes(engine.scannedBytes)}.` : '';
  const message = `${engine.name === 'athena' ? 'Athena' : 'DuckDB'} made this plan: ${engine.reason}.${cost}`;
  const check: Check = { code: 'QUERY_ENGINE', level: 'info', message, hint: 'choose with --engine' };
  return { engine, checks: [...plan.checks, check] };
}
