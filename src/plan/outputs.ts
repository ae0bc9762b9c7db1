import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { QueryEngine } from '../engine/query-engine.ts';
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
import { type ListShape, linesTable, PART_BYTES, shapeView } from './list-shape.ts';
import type {
  ClassCount,
  CopyManifest,
  PlanInputs,
  PlanManifest,
  ReviewList,
  RollbackPlan,
} from './plan-file.ts';

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
export type ListQuery = {
  path: string;
  name: string;
  /** whether its first line names the columns */
  header: boolean;
  columns: readonly string[];
  /** the text that is published with the plan */
  query: string;
  /** the query in another shape, for an engine that writes lists in parts */
  render(shape: ListShape): string;
};

export type ManifestQuery = ListQuery & { scenario: Scenario; class: KeyClass };

/** The manifests that a mode can have, each with its query, whether or not there are rows for it. */
export function manifestQueries(sql: SqlRenderer, view: object, inputs: PlanInputs): ManifestQuery[] {
  return MODE_SCENARIOS[inputs.mode]
    .filter((scenario) => inputs.scenarios.includes(scenario))
    .map((scenario) => {
      const operation = SCENARIO_OPERATIONS[scenario];
      const keyClass: KeyClass = operation === 'copy-to-bucket' ? 'copy' : operation;
      const isMarkerRows = operation === 'remove-delete-markers';
      const values = {
        ...view,
        scenario,
        action: SCENARIO_ACTIONS[scenario],
        class: keyClass,
        isMarkerRows,
        storageClass: null,
        isCopy: !isMarkerRows && operation !== 'add-delete-marker',
      };
      const name = `scenario${scenario}`;
      const columns = isMarkerRows ? [...MANIFEST_COLUMNS, 'exposed_version_id'] : MANIFEST_COLUMNS;
      const list = { name, folder: 'manifests', file: name, header: false, columns };
      return { scenario, class: keyClass, ...listQuery(sql, 'manifest', values, list) };
    });
}

export type CopyQuery = ListQuery & Pick<CopyManifest, 'scenario' | 'storageClass'>;

/**
 * The manifests of S3's own copy jobs where there is more than one: of one storage class each. A single job takes the
 * manifest of its scenario as it stands.
 * @param classes that the copies of a scenario will have
 */
export function copyQueries(
  sql: SqlRenderer,
  view: object,
  scenario: CopyManifest['scenario'],
  classes: Iterable<CopyManifest['storageClass']>,
): CopyQuery[] {
  const values = { ...view, scenario, action: SCENARIO_ACTIONS[scenario], class: 'copy' };
  const all = [...classes];
  return (all.length < 2 ? [] : all).map((storageClass) => {
    const file = `scenario${scenario}_${storageClass}`;
    const name = file.toLowerCase();
    const list = { name, folder: 'manifests', file, header: false, columns: MANIFEST_COLUMNS };
    const chosen = { ...values, isMarkerRows: false, isCopy: true, storageClass };
    return { scenario, storageClass, ...listQuery(sql, 'manifest', chosen, list) };
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
      const list = { name, folder: 'manifests', file: name, header: false, columns: MANIFEST_COLUMNS };
      return { scenario, ...listQuery(sql, 'undo-manifest', { ...view, scenario }, list) };
    });
}

/** The review lists of the classes that are left alone. */
export function reviewQueries(sql: SqlRenderer, view: object): (ListQuery & { class: UncertainClass })[] {
  return UNCERTAIN_CLASSES.map((keyClass) => {
    const name = `review_${keyClass.replaceAll('-', '_')}`;
    const values = {
      ...view,
      class: keyClass,
      reason: REVIEW_REASONS[keyClass],
      // Only this class can have keys that a journal put there.
      purgedReason: keyClass === 'uncertain-expired' ? PURGED_REASON : null,
    };
    const list = { name, folder: 'review', file: keyClass, header: true, columns: REVIEW_COLUMNS };
    return { class: keyClass, ...listQuery(sql, 'review', values, list) };
  });
}

export const MANIFEST_COLUMNS = [
  'bucket',
  'key',
  'version_id',
  'current_version_id',
  'size',
  'storage_class',
];
const REVIEW_COLUMNS = [
  'key',
  'version_id',
  'reason',
  'would_be',
  'last_modified',
  'size',
  'storage_class',
  'current_version_id',
];

/** Columns whose values never have a quote, comma or line break: encoded, numbers, times, or names of our own. */
const PLAIN_COLUMNS = new Set(['bucket', 'key', 'size', 'would_be', 'last_modified']);

/** Gives a list its query. @param values of the template, without those of the shape */
export function listQuery(
  sql: SqlRenderer,
  template: 'manifest' | 'undo-manifest' | 'review' | 'retention-manifest',
  values: object,
  list: { name: string; folder: string; file: string; header: boolean; columns: readonly string[] },
): ListQuery {
  const { name, header, columns } = list;
  const render = (shape: ListShape) =>
    sql(template, {
      ...values,
      target: shape.kind === 'lines' ? linesTable(name) : name,
      listColumns: columns.map((column) => ({ name: column, quoted: !PLAIN_COLUMNS.has(column) })),
      ...shapeView(shape, header ? columns : null),
    });
  return {
    name,
    path: `${list.folder}/${list.file}.csv`,
    header,
    columns,
    query: render({ kind: 'parts', partBytes: PART_BYTES }),
    render,
  };
}

type PlanLists = Pick<RollbackPlan, 'manifests' | 'copyManifests' | 'undoManifests' | 'reviewLists'>;

/** What became of a list: `sha256` is of the whole file, or of its parts where `parts` tells their sizes. */
export type WrittenList = Pick<PlanManifest, 'path' | 'rows' | 'bytes' | 'sha256' | 'parts'>;

/** Writes one list under its path. @throws RunbookError DISK_FULL, QUERY_FAILED, … */
export type WriteList = (list: ListQuery) => Promise<WrittenList>;

/**
 * Writes manifests, undo manifests and review lists, in key order. A list without rows has no file.
 * @throws RunbookError DISK_FULL, QUERY_FAILED, …
 */
export async function writeLists(
  write: WriteList,
  queries: {
    manifests: ManifestQuery[];
    copies: CopyQuery[];
    undo: (ListQuery & { scenario: '2' | '4' })[];
    reviews: (ListQuery & { class: UncertainClass })[];
  },
  classes: readonly ClassCount[],
  progress: Progress,
): Promise<PlanLists> {
  const keysOf = (name: KeyClass) => classes.find((row) => row.class === name)?.keys ?? 0;
  const lists: PlanLists = { manifests: [], undoManifests: [], reviewLists: [] };
  const writeList = (list: ListQuery) => {
    progress(`Writing ${list.path}`, null);
    return write(list);
  };
  for (const query of queries.manifests) {
    const keys = keysOf(query.class);
    if (keys === 0) continue;
    const operation = SCENARIO_OPERATIONS[query.scenario];
    lists.manifests.push({ scenario: query.scenario, operation, keys, ...(await writeList(query)) });
  }
  for (const query of queries.copies) {
    const { scenario, storageClass } = query;
    lists.copyManifests = [
      ...(lists.copyManifests ?? []),
      { scenario, storageClass, ...(await writeList(query)) },
    ];
  }
  for (const query of queries.undo) {
    if (keysOf('remove-delete-markers') === 0) continue;
    lists.undoManifests.push({ scenario: query.scenario, ...(await writeList(query)) });
  }
  for (const query of queries.reviews) {
    if (keysOf(query.class) === 0) continue;
    lists.reviewLists.push({ class: query.class, ...(await writeList(query)) } satisfies ReviewList);
  }
  return lists;
}

/**
 * Writes lists from DuckDB into a folder that is to become the plan folder.
 * @param kinds folders of the lists, which are there also where a list is not
 */
export async function listFolder(
  engine: QueryEngine,
  folder: string,
  kinds: readonly string[],
): Promise<WriteList> {
  for (const kind of kinds) await mkdir(join(folder, kind));
  return async (list) => {
    const path = join(folder, list.path);
    const copy = `COPY (${list.query}) TO ${sqlText(path)} (FORMAT csv, HEADER ${list.header}, DELIMITER ',', QUOTE '"', ESCAPE '"')`;
    const [result] = await engine.rows(copy);
    return {
      path: list.path,
      rows: Number(result?.Count ?? 0),
      bytes: (await stat(path)).size,
      sha256: await sha256OfFile(path),
    };
  };
}
