import { sha256OfFile } from '../../inventory/checksum.ts';
import type { PlanManifest } from '../../plan/plan-file.ts';
import { addOutcomes, noOutcomes } from '../../s3/outcome.ts';
import { formatInstant } from '../../s3/point-in-time.ts';
import type { Scenario } from '../../s3/rollback.ts';
import { outcomePath } from '../outcome-file.ts';
import { readEndedRows } from '../outcome-rows.ts';
import type { PlanRecord } from '../record.ts';
import type { EndedScenario, RunOutcome } from '../run-files.ts';
import { outcomeFile, type RunStore } from '../run-store.ts';

/** Puts the outcomes of a scenario together anew, and counts them. @throws RunbookError OUTCOMES_DAMAGED; S3CallError */
export async function collectScenario(
  record: PlanRecord,
  manifest: PlanManifest,
  store: Pick<RunStore, 'writeOutcomes'>,
): Promise<EndedScenario> {
  const { scenario, operation } = manifest;
  await store.writeOutcomes(manifest);
  const path = outcomePath(scenario);
  const outcomes = noOutcomes();
  let rows = 0;
  for await (const { result } of readEndedRows(record, manifest, path)) {
    outcomes[result.outcome] += 1;
    rows += 1;
  }
  const sha256 = await sha256OfFile(outcomeFile(record, scenario));
  return { scenario, operation, rows, outcomes, path, sha256 };
}

/**
 * How a run stands after tasks have worked on some of its scenarios.
 * @param now the store's time
 * @throws RunbookError OUTCOMES_DAMAGED; S3CallError
 */
export async function collectOutcomes(
  record: PlanRecord,
  earlier: RunOutcome,
  worked: ReadonlySet<Scenario>,
  store: Pick<RunStore, 'writeOutcomes' | 'writeOutcome'>,
  now: Date,
): Promise<RunOutcome> {
  const scenarios: EndedScenario[] = [];
  for (const ended of earlier.scenarios) {
    const manifest = record.plan.manifests.find(({ scenario }) => scenario === ended.scenario);
    const isSame = manifest === undefined || !worked.has(ended.scenario);
    scenarios.push(isSame ? ended : await collectScenario(record, manifest, store));
  }
  const outcomes = scenarios.reduce((total, one) => addOutcomes(total, one.outcomes), noOutcomes());
  const outcome: RunOutcome = { ...earlier, scenarios, outcomes, finishedAt: formatInstant(now) };
  await store.writeOutcome(outcome);
  return outcome;
}
