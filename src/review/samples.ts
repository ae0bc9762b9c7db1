import type { RollbackPlan, SampleEntry } from '../plan/plan-file.ts';
import { formatInlineText } from '../render/markdown.ts';
import { CLASSES, SCENARIO_ACTIONS, SCENARIOS } from '../s3/rollback.ts';
import { formatBytes, formatCount, formatQuantity, formatUtc } from './figures.ts';
import { formatVersionId } from './formatters.ts';
import type { LeftAloneRow } from './left-alone.ts';
import { LISTED_ONLY, type ScenarioRow } from './scenario-table.ts';

/** `now` and `afterwards` are finished Markdown for a table cell. */
type SampleRow = { key: string; now: string; afterwards: string };
export type SampleGroup = { title: string; heading: string; samples: SampleRow[] };

/**
 * Samples by scenario, then by class for keys that are left alone.
 * @param perGroup how many to show of each
 */
export function buildSampleGroups(
  plan: RollbackPlan,
  scenarios: ScenarioRow[],
  leftAlone: LeftAloneRow[],
  perGroup: number,
): SampleGroup[] {
  const ofScenarios = SCENARIOS.map((scenario) => ({
    name: `Scenario ${scenario}: ${SCENARIO_ACTIONS[scenario]}`,
    keys: scenarios.find((row) => row.scenario === scenario)?.keys,
    heading: LISTED_ONLY.includes(scenario) ? 'Wanted, not done here' : 'Afterwards',
    found: plan.samples.filter((sample) => sample.scenario === scenario),
  }));
  const ofClasses = CLASSES.map((keyClass) => ({
    name: `Left alone: ${keyClass}`,
    keys: leftAlone.find((row) => row.class === keyClass)?.keys,
    heading: null,
    found: plan.samples.filter((sample) => sample.scenario === null && sample.class === keyClass),
  }));
  return [...ofScenarios, ...ofClasses].flatMap(({ name, keys, heading, found }) => {
    const samples = found.slice(0, perGroup).map(({ key, current, wanted }) => ({
      key,
      now: describeEntry(current),
      afterwards: heading === null ? 'left as it is' : describeEntry(wanted),
    }));
    if (samples.length === 0) return [];
    const share = `${formatCount(samples.length)} of ${formatQuantity(keys ?? found.length, 'key')}`;
    return [
      {
        title: `${escapeSummary(name)} (${share})`,
        heading: heading ?? 'Afterwards',
        samples,
      },
    ];
  });
}

/** Titles are our own words, but they stand inside `<summary>`, where `> 5 GiB` is written in HTML. */
function escapeSummary(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function describeEntry(entry: SampleEntry): string {
  if (entry === null) return 'absent';
  const time = formatUtc(entry.lastModified);
  const id = formatVersionId(entry.versionId);
  if (entry.deleteMarker) return `delete marker ${id}<br>${time}`;
  const size = entry.bytes === null ? 'size unknown' : formatBytes(entry.bytes);
  return `${size}, ${formatInlineText(entry.storageClass ?? 'STANDARD', 30)} ${id}<br>${time}`;
}
