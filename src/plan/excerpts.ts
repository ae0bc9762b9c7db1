import type { QueryEngine, QueryRow } from '../engine/query-engine.ts';
import type { SqlRenderer } from '../render/sql.ts';
import { type KeyClass, scenarioOf } from '../s3/rollback.ts';
import { foldActivity } from './activity.ts';
import type { Activity, PlanInputs, RollbackPlan, Sample, SampleEntry } from './plan-file.ts';

/**
 * What a reviewer looks at instead of the full lists: samples, the prefixes with most changes, the activity. Keys leave
 * the engine URL-encoded, since its text decoder takes a byte order mark at the start of a key for its own.
 */

const SAMPLES_PER_CLASS = 5;
/** A depth of folders is telling as long as its ten largest hold this share of all planned keys. */
const TELLING_SHARE = 0.6;

export async function readSamples(
  engine: QueryEngine,
  sql: SqlRenderer,
  view: object,
  inputs: PlanInputs,
): Promise<Sample[]> {
  const rows = await engine.rows(sql('samples', { ...view, samplesPerClass: SAMPLES_PER_CLASS }));
  return rows.map((row) => {
    const keyClass = row.class as KeyClass;
    return {
      scenario: scenarioOf(inputs.mode, keyClass),
      class: keyClass,
      key: decodeURIComponent(String(row.encoded_key)),
      current: sampleEntry(row, 'current', row.current_is_marker === true),
      wanted: sampleEntry(row, 'wanted', false),
    };
  });
}

function sampleEntry(row: QueryRow, prefix: string, deleteMarker: boolean): SampleEntry {
  const versionId = row[`${prefix}_version_id`];
  if (versionId === null || versionId === undefined) return null;
  const size = row[`${prefix}_size`] ?? null;
  return {
    versionId: String(versionId),
    deleteMarker,
    lastModified: String(row[`${prefix}_last_modified`]),
    bytes: deleteMarker || size === null ? null : Number(size),
    storageClass: deleteMarker ? null : ((row[`${prefix}_storage_class`] as string | null) ?? null),
  };
}

/**
 * The ten prefixes with most planned keys, at the deepest level of folders that still tells where the changes are.
 * @param plannedClasses the classes that have an operation
 */
export async function readTopPrefixes(
  engine: QueryEngine,
  sql: SqlRenderer,
  view: object,
  plannedClasses: readonly KeyClass[],
): Promise<RollbackPlan['topPrefixes']> {
  if (plannedClasses.length === 0) return [];
  const rows = await engine.rows(sql('prefixes', { ...view, plannedClasses }));
  const byDepth = Map.groupBy(rows, (row) => Number(row.depth));
  const sum = (depth: number) =>
    (byDepth.get(depth) ?? []).reduce((total, row) => total + Number(row.keys), 0);
  const depths = [...byDepth.keys()].toSorted((a, b) => a - b);
  const all = Math.max(0, ...depths.map(sum));
  const depth = depths.findLast((candidate) => sum(candidate) >= TELLING_SHARE * all) ?? depths[0] ?? 1;
  return (byDepth.get(depth) ?? []).map((row) => ({
    prefix: decodeURIComponent(String(row.encoded_prefix)),
    keys: Number(row.keys),
  }));
}

export async function readActivity(
  engine: QueryEngine,
  sql: SqlRenderer,
  view: object,
  inputs: PlanInputs,
  newestEntry: string | null,
): Promise<Activity> {
  const rows = await engine.rows(sql('activity', view));
  const cells = rows.map((row) => ({
    cell: Number(row.activity_cell),
    puts: Number(row.puts),
    deletes: Number(row.deletes),
  }));
  return foldActivity(cells, inputs.timestamp, newestEntry);
}
