import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildPlanOptions, buildPlan } from '../plan/build-plan.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { builtInPrices, type PriceTable } from '../plan/prices.ts';
import { bundleTaskCode } from '../render/task-code.ts';
import { writeReview } from '../review/review-files.ts';

/**
 * The heavy part of the `plan` command, loaded once the options and the files have been looked at: fills a folder with
 * everything that a plan folder holds.
 * @param folder an empty folder
 * @throws RunbookError whatever building the plan refuses
 */
export async function makePlan(
  folder: string,
  options: Omit<BuildPlanOptions, 'prices' | 'taskCode'> & { prices: PriceTable | null },
): Promise<RollbackPlan> {
  const plan = await buildPlan(folder, {
    ...options,
    prices: options.prices ?? builtInPrices(),
    taskCode: await bundleTaskCode(),
  });
  await writeFile(join(folder, 'plan.json'), `${JSON.stringify(plan, null, 2)}\n`);
  await writeReview(folder, plan);
  return plan;
}
