import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { QueryEngine } from '../engine/duckdb.ts';
import { sha256OfFile } from '../inventory/checksum.ts';
import type { Progress } from '../progress.ts';
import { type SqlRenderer, sqlText } from '../render/sql.ts';
import {
  type KeyClass,
  MODE_SCENARIOS,
  SCENARIO_ACTIONS,
  SCENARIO_OPERATIONS,
  type Scenario,
  UNCERTAIN_CLASSES,
  type UncertainClass,
} from '../s3/rollback.ts';
import type { ClassCount, PlanInputs, PlanManifest, ReviewList, RollbackPlan } from './plan-file.ts';

/** Why a class is left alone, in the words of its review list. */
const REVIEW_REASONS: Record<UncertainClass, string> = {
  ambiguous: 'two entries of one second, and nothing tells which of them was on top',
  'suspect-multipart':
    'a multipart upload started before the point in time; it may have become visible after it',
  'uncertain-expired': 'a lifecycle rule may have removed the version that was current at the point in time',
  uncopyable: 'encrypted with a key of the customer (SSE-C), which a copy would need',
};

/** Why a key is `uncertain-expired` where a journal shows it. */
const PURGED_REASON =
  'the journal shows that a version or delete marker that may have been current at the point in time was permanently deleted or replaced later';

/** A list of the plan folder: where it goes, and the query that fills it. */
export type ListQuery = { path: string; name: string; header: boolean; query: string };

export type ManifestQuery = ListQuery & { scenario: Scenario; class: KeyClass };

/** The manifests that a mode can have, each with its query, whether or not there are rows for it. */
export function manifestQueries(sql: SqlRenderer, view: object, inputs: PlanInputs): ManifestQuery[] {
  return MODE_SCENARIOS[inputs.mode]
    .filter((scenario) => inputs.scenarios.includes(scenario))
    .map((scenario) => {
      const operation = SCENARIO_OPERATIONS[scenario];
      const keyClass: KeyClass = operation === 'copy-to-bucket' ? 'copy' : operation;
      const isMarkerRows = operation === 'remove-delete-markers';
      const name = `scenario${scenario}`;
      const values = {
        ...view,
        scenario,
        action: SCENARIO_ACTIONS[scenario],
        class: keyClass,
        isMarkerRows,
        isCopy: !isMarkerRows && operation !== 'add-delete-marker',
        target: name,
      };
      return {
        scenario,
        class: keyClass,
        name,
        path: `manifests/${name}.csv`,
        header: false,
        query: sql('manifest', values),
      };
    });
}

/** The undo manifests of the marker scenarios: one row a key. */
export function undoQueries(
  sql: SqlRenderer,
  view: object,
  inputs: PlanInputs,
): (ListQuery & { scenario: '2' | '4' })[] {
  return inputs.scenarios
    .filter((scenario) => scenario === '2' || scenario === '4')
    .map((scenario) => {
      const name = `scenario${scenario}_undo`;
      const query = sql('undo-manifest', { ...view, scenario, target: name });
      return { scenario, name, path: `manifests/${name}.csv`, header: false, query };
    });
}

/** The review lists of the classes that are left alone. */
export function reviewQueries(sql: SqlRenderer, view: object): (ListQuery & { class: UncertainClass })[] {
  return UNCERTAIN_CLASSES.map((keyClass) => {
    const name = `review_${keyClass.replaceAll('-', '_')}`;
    const query = sql('review', {
      ...view,
      class: keyClass,
      reason: REVIEW_REASONS[keyClass],
      // Only this class can have keys that a journal put there.
      purgedReason: keyClass === 'uncertain-expired' ? PURGED_REASON : null,
      target: name,
    });
    return { class: keyClass, name, path: `review/${keyClass}.csv`, header: true, query };
  });
}

type PlanLists = Pick<RollbackPlan, 'manifests' | 'undoManifests' | 'reviewLists'>;

/**
 * Writes manifests, undo manifests and review lists into a folder, in key order. A list without rows has no file.
 * @param folder the folder that is to become the plan folder
 * @throws RunbookError DISK_FULL, QUERY_FAILED
 */
export async function writeLists(
  engine: QueryEngine,
  folder: string,
  queries: {
    manifests: ManifestQuery[];
    undo: (ListQuery & { scenario: '2' | '4' })[];
    reviews: (ListQuery & { class: UncertainClass })[];
  },
  classes: readonly ClassCount[],
  progress: Progress,
): Promise<PlanLists> {
  await mkdir(join(folder, 'manifests'));
  await mkdir(join(folder, 'review'));
  const keysOf = (name: KeyClass) => classes.find((row) => row.class === name)?.keys ?? 0;
  const lists: PlanLists = { manifests: [], undoManifests: [], reviewLists: [] };
  for (const query of queries.manifests) {
    const keys = keysOf(query.class);
    if (keys === 0) continue;
    const file = await writeList(engine, folder, query, progress);
    const operation = SCENARIO_OPERATIONS[query.scenario];
    lists.manifests.push({ scenario: query.scenario, operation, keys, ...file } satisfies PlanManifest);
  }
  for (const query of queries.undo) {
    if (keysOf('remove-delete-markers') === 0) continue;
    lists.undoManifests.push({
      scenario: query.scenario,
      ...(await writeList(engine, folder, query, progress)),
    });
  }
  for (const query of queries.reviews) {
    if (keysOf(query.class) === 0) continue;
    lists.reviewLists.push({
      class: query.class,
      ...(await writeList(engine, folder, query, progress)),
    } satisfies ReviewList);
  }
  return lists;
}

async function writeList(
  engine: QueryEngine,
  folder: string,
  list: ListQuery,
  progress: Progress,
): Promise<{ path: string; rows: number; bytes: number; sha256: string }> {
  const path = join(folder, list.path);
  const copy = `COPY (${list.query}) TO ${sqlText(path)} (FORMAT csv, HEADER ${list.header}, DELIMITER ',', QUOTE '"', ESCAPE '"')`;
  progress(`Writing ${list.path}`, null);
  const [result] = await engine.rows(copy);
  return {
    path: list.path,
    rows: Number(result?.Count ?? 0),
    bytes: (await stat(path)).size,
    sha256: await sha256OfFile(path),
  };
}
