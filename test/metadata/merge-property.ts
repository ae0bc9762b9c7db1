import fc from 'fast-check';
import { expect } from 'vitest';
import { mergeMetadata } from '../../src/inventory/merge-metadata.ts';
import type { SqlDialect } from '../../src/render/sql.ts';
import { loadSql } from '../../src/render/sql.ts';
import { formatInstant } from '../../src/s3/point-in-time.ts';
import { bucketHistory, type Entry, type History, KEYS, replay, toSecond } from './history.ts';
import { type Delivery, tableStatements, tablesAt } from './tables.ts';

/** A query engine as far as the property needs one. */
export type MergeEngine = {
  dialect: SqlDialect;
  database: string;
  /** catalog, schema and name of a table, as the engine wants them */
  path(table: string): string[];
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<{ [column: string]: unknown }[]>;
};

const WINDOW_SECONDS = 86_400;

const scenario = fc.record({
  drawn: bucketHistory,
  enabled: fc.nat({ max: 8 }),
  coalesced: fc.nat({ max: 30 }),
  ahead: fc.array(fc.nat({ max: 4 }), { minLength: KEYS.length, maxLength: KEYS.length }),
  duplicateEvery: fc.nat({ max: 3 }),
  liveSequence: fc.constantFrom('newest' as const, 'creating' as const),
  momentOfPoint: fc.nat({ max: 30 }),
});

/** Random histories: the merge of live table and journal is the bucket as it is, in its own order. */
export async function checkMerge(engine: MergeEngine, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      const history = replay(given.drawn);
      const count = history.records.length;
      const enabledAt = Math.min(given.enabled, count);
      const delivery: Delivery = {
        ...given,
        enabledAt,
        coalesced: Math.min(count, enabledAt + given.coalesced),
      };
      const pointMs = toSecond(history.moments[given.momentOfPoint % history.moments.length]?.timeMs ?? 0);
      const merged = await merge(engine, history, delivery, pointMs);
      for (const key of KEYS) {
        const stack = history.moments.at(-1)?.stacks.get(key) ?? [];
        expectStack(
          merged.rows.filter((row) => row.key === key),
          stack,
          merged.journalFromMs,
          history,
          delivery,
        );
        if (stack.length > 0)
          expectPurges(
            merged.rows.find((row) => row.key === key),
            key,
            { history, delivery, pointMs, ...merged },
          );
      }
    }),
    { numRuns },
  );
}

type MergedRow = {
  key: string;
  versionId: string;
  isLatest: boolean;
  isMarker: boolean;
  size: number | null;
  lastModifiedMs: number;
  storageClass: string | null;
  isUnsettled: boolean;
  recency: string;
  isPurged: boolean;
};

async function merge(engine: MergeEngine, history: History, delivery: Delivery, pointMs: number) {
  const quoted = (table: string) =>
    engine
      .path(table)
      .map((part) => `"${part}"`)
      .join('.');
  for (const statement of tableStatements(history, delivery, quoted)) await engine.run(statement);
  const sql = await loadSql(engine.dialect);
  await engine.run(`DROP TABLE IF EXISTS ${quoted('inventory')}`);
  const { view } = await mergeMetadata(
    { sql, run: engine.run, rows: engine.rows },
    tablesAt(engine.path),
    {
      bucket: 'data',
      pointInTime: formatInstant(new Date(pointMs)),
      multipartWindowSeconds: WINDOW_SECONDS,
      noncurrentExpirationDays: null,
      database: engine.database,
    },
    null,
  );
  const found = await engine.rows(
    `SELECT key, version_id, is_latest, is_delete_marker, CAST(size AS VARCHAR) AS size, CAST(last_modified_date AS VARCHAR) AS last_modified, storage_class, is_multipart, sequence_number, is_purged_at_p FROM ${quoted('inventory')} ORDER BY key, sequence_number DESC, is_latest DESC`,
  );
  const rows = found.map(
    (row): MergedRow => ({
      key: String(row.key),
      versionId: String(row.version_id),
      isLatest: row.is_latest === true,
      isMarker: row.is_delete_marker === true,
      size: row.size === null ? null : Number(row.size),
      lastModifiedMs: Date.parse(`${String(row.last_modified).replace(' ', 'T')}Z`),
      storageClass: row.storage_class as string | null,
      isUnsettled: row.is_multipart === true,
      recency: String(row.sequence_number),
      isPurged: row.is_purged_at_p === true,
    }),
  );
  return { rows, journalFromMs: Date.parse(view.journalFrom ?? '') };
}

/** The records of the journal that the merge reads, and those that made an entry. */
function isRead(history: History, delivery: Delivery, sequence: string, fromMs: number): boolean {
  const index = history.records.findIndex(
    (record) => record.sequence === sequence && record.type !== 'UPDATE_METADATA',
  );
  const record = history.records[index];
  return record !== undefined && index >= delivery.enabledAt && record.timeMs >= fromMs;
}

function expectStack(
  rows: readonly MergedRow[],
  stack: readonly Entry[],
  fromMs: number,
  history: History,
  delivery: Delivery,
): void {
  const known = (entry: Entry) => isRead(history, delivery, entry.created, fromMs);
  const byId = new Map(rows.map((row) => [row.versionId, row]));
  expect(rows.map((row) => row.versionId).toSorted()).toEqual(
    stack.map((entry) => entry.versionId).toSorted(),
  );
  for (const entry of stack) {
    expect(byId.get(entry.versionId)).toMatchObject({
      isMarker: entry.isMarker,
      size: entry.size,
      storageClass: entry.storageClass,
      lastModifiedMs: known(entry) ? entry.visibleMs : entry.lastModifiedMs,
    });
  }
  expect(rows.filter((row) => row.isLatest)).toHaveLength(stack.length === 0 ? 0 : 1);
  // Where a multipart upload is not settled, its place is not told either.
  if (rows.some((row) => row.isUnsettled)) return;
  for (const [index, entry] of stack.entries()) {
    const below = stack[index + 1];
    if (below === undefined) continue;
    const [upper, lower] = [
      byId.get(entry.versionId)?.recency ?? '',
      byId.get(below.versionId)?.recency ?? '',
    ];
    // Old entries of one second are tied, and are shown as tied.
    if (!known(entry) && !known(below) && entry.lastModifiedMs === below.lastModifiedMs)
      expect(upper).toBe(lower);
    else expect(upper > lower, `${entry.versionId} above ${below.versionId}`).toBe(true);
  }
  const [top, second] = stack;
  if (top !== undefined && (known(top) || top.lastModifiedMs !== second?.lastModifiedMs)) {
    expect(rows.find((row) => row.isLatest)?.versionId).toBe(top.versionId);
  }
}

function expectPurges(
  row: MergedRow | undefined,
  key: string,
  given: { history: History; delivery: Delivery; pointMs: number; journalFromMs: number; rows: MergedRow[] },
): void {
  const { history, delivery, pointMs, journalFromMs } = given;
  // S3 tells the second: what is visible in the second of the point in time existed then.
  const before = history.moments.filter((moment) => toSecond(moment.timeMs) <= pointMs).at(-1);
  const atPoint = before?.stacks.get(key)?.[0];
  const isThere =
    atPoint === undefined ||
    history.moments
      .at(-1)
      ?.stacks.get(key)
      ?.some((entry) => entry.created === atPoint.created) === true;
  if (isThere) {
    const isComplete = history.records.every(
      (record) =>
        record.key !== key ||
        (record.timeMs >= journalFromMs &&
          history.records.indexOf(record) >= delivery.enabledAt &&
          !(record.timeMs > pointMs && toSecond(record.timeMs) === pointMs)),
    );
    // With the whole of its history at hand, no key is flagged without need. What was lost in the very second of the
    // point in time, but after its beginning, is: the incident may have begun with it.
    if (isComplete) expect(row?.isPurged, `${key}: nothing of it was lost`).toBe(false);
    return;
  }
  // A null version may be replaced before a later one is deleted: then the deletion tells nothing of it.
  const end = history.records.findIndex(
    (record) =>
      record.key === key &&
      record.type !== 'UPDATE_METADATA' &&
      record.versionId === atPoint.versionId &&
      record.sequence > atPoint.created,
  );
  const isPurge = history.records[end]?.type === 'DELETE' && history.records[end]?.isMarker === null;
  const isTold = isPurge && end >= delivery.enabledAt;
  // A null version that was replaced left no record of its end; its own record may still tell of it.
  const wasReplaced =
    atPoint.versionId === 'null' && isRead(history, delivery, atPoint.created, journalFromMs);
  if (isTold || wasReplaced) expect(row?.isPurged, `${key}: ${atPoint.versionId} was current`).toBe(true);
}
