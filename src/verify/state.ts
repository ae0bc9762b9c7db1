import { join } from 'node:path';
import type { QueryEngine } from '../engine/query-engine.ts';
import { RunbookError } from '../errors.ts';
import { OUTCOME_COLUMNS } from '../execute/outcome-file.ts';
import { readEndedRun } from '../execute/outcome-rows.ts';
import { type PlanRecord, writtenBucket } from '../execute/record.ts';
import type { RunOutcome } from '../execute/run-files.ts';
import { localAccess } from '../inventory/access.ts';
import { checkInventory } from '../inventory/checksum.ts';
import { explainReadError } from '../inventory/read-error.ts';
import { inventoryViewSql } from '../inventory/reader.ts';
import type { InventorySource } from '../inventory/source.ts';
import { inventoryTime } from '../plan/checks.ts';
import { classifyInventory } from '../plan/classify.ts';
import { queryView } from '../plan/query-view.ts';
import type { Progress } from '../progress.ts';
import { loadSql, sqlText } from '../render/sql.ts';
import { UNCERTAIN_CLASSES } from '../s3/rollback.ts';

export type StateOptions = {
  engine: QueryEngine;
  record: PlanRecord;
  /** the inventory that the plan was made from */
  before: InventorySource;
  /** an inventory that was taken after the run, of the bucket that it wrote to */
  after: InventorySource;
  progress: Progress;
};

/** Level 3: every key of the scope, not only those that were acted on. */
export type StateVerification = {
  compared: number;
  /** keys of the excluded classes, and keys that the run left alone */
  excluded: number;
  differences: number;
  agrees: boolean;
  examples: { key: string; expected: string; found: string }[];
};

const TOLD_DIFFERENCES = 100;

/**
 * Verifies a run on level 3 (semantics, section 7): folds a fresh inventory at now, the plan's own at the point in
 * time, and compares the two for every key outside the excluded classes. Entries are compared by version ID; that a
 * copy holds what its source holds is level 2.
 * @throws RunbookError RECORD_NOT_RUN, OUTCOMES_DAMAGED, INVENTORY_*, INVALID_OPTION
 */
export async function verifyState(options: StateOptions): Promise<StateVerification> {
  const { engine, record, before, after, progress } = options;
  const { plan } = record;
  const run = await readEndedRun(record);
  await assertSources(record, before, after);
  const sql = await loadSql('duckdb');
  const takenAt = inventoryTime(
    { ...before, takenAt: plan.inventory.takenAt === null ? null : new Date(plan.inventory.takenAt) },
    new Date(plan.createdAt),
  );
  const viewOf = (source: InventorySource) =>
    queryView(plan.inputs, source, 'duckdb', { database: '', takenAt });
  progress('Reading the fresh inventory', null);
  await engine.run(inventoryViewSql(after));
  try {
    await engine.run(sql('current', { ...viewOf(after), target: 'current_after' }));
  } catch (error) {
    throw await explainReadError(error, engine, after, writtenBucket(plan));
  }
  const access = localAccess(engine, before, plan.inputs.bucket);
  await classifyInventory({ engine, access, sql, view: viewOf(before) }, before, plan.inputs, progress);
  await engine.run(sql('current', { ...viewOf(before), target: 'current_before' }));
  await engine.run(outcomesSql(record, run));
  progress('Comparing every key', null);
  await engine.run(sql('state', { ...viewOf(before), excludedClasses: [...UNCERTAIN_CLASSES] }));
  return await readVerdicts(engine);
}

/** @throws RunbookError INVALID_OPTION for a plan that was made without an inventory */
export function assertHasInventory({ plan }: PlanRecord): void {
  if (plan.origin === 'undo') {
    throw new RunbookError(
      'INVALID_OPTION',
      'An undo was made without an inventory, so there is no state to compare.',
      {
        hint: 'verify it without --list and --inventory: every key that it acted on is compared with the bucket',
      },
    );
  }
}

async function assertSources(
  { plan }: PlanRecord,
  before: InventorySource,
  after: InventorySource,
): Promise<void> {
  const sha256 = await checkInventory(before, new AbortController().signal);
  if (sha256 !== plan.inventory.sha256) {
    throw new RunbookError(
      'INVENTORY_CHECKSUM',
      `${before.location} is ${sha256}; the plan was made from ${plan.inventory.sha256}.`,
      { hint: 'name the inventory that the plan was made from: --plan-inventory PATH' },
    );
  }
  const bucket = writtenBucket(plan);
  if (after.sourceBucket === null || after.sourceBucket === bucket) return;
  throw new RunbookError(
    'INVENTORY_FOREIGN_BUCKET',
    `${after.location} is of '${after.sourceBucket}', not of '${bucket}'.`,
    {
      hint: `give an inventory of '${bucket}' with --inventory`,
    },
  );
}

/** Reads the files of outcomes into a table. */
function outcomesSql({ folder }: PlanRecord, run: RunOutcome): string {
  const columns = `{${OUTCOME_COLUMNS.map((name) => `'${name}': 'VARCHAR'`).join(', ')}}`;
  const parts = run.scenarios.map(({ path, operation }) => {
    const isCopy = operation.startsWith('copy');
    const file = `read_csv(${sqlText(join(folder, path))}, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', columns = ${columns})`;
    return `SELECT url_decode(replace(key, '+', '%20')) AS key, outcome, new_version_id, ${isCopy} AS is_copy FROM ${file}`;
  });
  const none =
    'SELECT NULL::varchar AS key, NULL::varchar AS outcome, NULL::varchar AS new_version_id, false AS is_copy WHERE false';
  return `CREATE OR REPLACE TABLE outcomes AS ${parts.length > 0 ? parts.join(' UNION ALL ') : none}`;
}

async function readVerdicts(engine: QueryEngine): Promise<StateVerification> {
  const counts = await engine.rows('SELECT verdict, count(*) AS keys FROM state GROUP BY verdict');
  const keysOf = (verdict: string) => Number(counts.find((row) => row.verdict === verdict)?.keys ?? 0);
  const rows = await engine.rows(
    `SELECT key, expected_version_id, current_version_id, is_deleted FROM state WHERE verdict = 'differs' ORDER BY key LIMIT ${TOLD_DIFFERENCES}`,
  );
  const differences = keysOf('differs');
  return {
    compared: keysOf('agrees') + differences,
    excluded: keysOf('excluded'),
    differences,
    agrees: differences === 0,
    examples: rows.map((row) => ({
      key: String(row.key),
      expected:
        row.expected_version_id === null ? 'absent' : `the data of version ${row.expected_version_id}`,
      found:
        row.current_version_id === null
          ? 'nothing'
          : `${row.is_deleted === true ? 'delete marker' : 'version'} ${row.current_version_id}`,
    })),
  };
}
