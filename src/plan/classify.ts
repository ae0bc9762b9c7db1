import type { QueryEngine } from '../engine/query-engine.ts';
import { RunbookError } from '../errors.ts';
import type { InventoryAccess } from '../inventory/access.ts';
import type { InventorySource } from '../inventory/source.ts';
import type { Progress } from '../progress.ts';
import type { SqlRenderer } from '../render/sql.ts';
import type { KeyClass } from '../s3/rollback.ts';
import type { PlanInputs } from './plan-file.ts';

/** What the pass over the inventory read. */
export type Totals = {
  entries: number;
  entriesInScope: number;
  keysInScope: number;
  afterEntries: number;
  changedKeys: number;
  newestEntry: string | null;
};

/** Keys of one class that share the storage class of the wanted version; '' where no version is wanted. */
export type CountRow = {
  class: KeyClass;
  storageClass: string;
  keys: number;
  entries: number;
  afterEntries: number;
  bytes: number;
  wantedBytes: number;
  /** of these, the wanted versions above CopyObject's limit */
  largeKeys: number;
  largeBytes: number;
};

/** What the queries run on. */
export type Classifier = { engine: QueryEngine; access: InventoryAccess; sql: SqlRenderer; view: object };

/**
 * Reads the inventory and gives every changed key its class, in the engine's tables `scan`, `changed` and
 * `classified`: one pass over all entries for the counts and the changed keys, one more for the entries of those keys.
 * Copy to Bucket reads all entries once more, because it acts on every key.
 * @throws RunbookError INVENTORY_*, NOTHING_IN_SCOPE
 */
export async function classifyInventory(
  { engine, access, sql, view }: Classifier,
  source: InventorySource,
  inputs: PlanInputs,
  progress: Progress,
): Promise<Totals> {
  const steps = async () => {
    await access.open();
    await engine.run(sql('scan', view), (percent) => progress('Reading every entry', percent));
    const totals = await readTotals({ engine, access, sql, view }, source, inputs);
    await engine.run(sql('changed', view), (percent) =>
      progress('Collecting the entries of changed keys', percent),
    );
    await assertConsistent(engine, sql, view, source);
    await engine.run(sql('classified', view), (percent) => progress('Giving every key its class', percent));
    return totals;
  };
  try {
    return await steps();
  } catch (error) {
    throw await access.explain(error);
  }
}

async function readTotals(
  { engine, access, sql, view }: Classifier,
  source: InventorySource,
  inputs: PlanInputs,
): Promise<Totals> {
  const [row] = await engine.rows(sql('totals', view));
  const count = (name: string) => Number(row?.[name] ?? 0);
  if (count('refused_entries') > 0) {
    throw await access.locateBadRow();
  }
  if (count('entries') === 0) {
    throw new RunbookError('INVENTORY_EMPTY', `${source.location} holds no version entry.`, {
      hint: 'check the inventory; a bucket that never held anything has nothing to roll back',
    });
  }
  if (count('entries_in_scope') === 0) {
    const prefixes = inputs.prefixes.map((prefix) => `'${prefix}'`).join(', ');
    throw new RunbookError(
      'NOTHING_IN_SCOPE',
      `None of the ${count('entries')} version entries has a key that starts with ${prefixes}.`,
      {
        hint: 'prefixes are literal, without a leading slash, and case matters: compare with a key of the bucket',
      },
    );
  }
  return {
    entries: count('entries'),
    entriesInScope: count('entries_in_scope'),
    keysInScope: count('keys_in_scope'),
    afterEntries: count('after_entries'),
    changedKeys: count('changed_keys'),
    newestEntry: (row?.newest_entry as string | null) ?? null,
  };
}

async function assertConsistent(
  engine: QueryEngine,
  sql: SqlRenderer,
  view: object,
  source: InventorySource,
): Promise<void> {
  const rows = await engine.rows(sql('contradictions', view));
  const [first] = rows;
  if (first === undefined) return;
  const current = Number(first.current_entries);
  const what =
    current !== 1
      ? current === 0
        ? 'no current entry'
        : `${current} current entries`
      : Number(first.repeated_version_ids) > 0
        ? 'a version ID twice'
        : 'a current entry that is not the first in the order of its listing';
  const more =
    Number(first.keys) > 1 ? `, and ${Number(first.keys) - 1} more keys contradict themselves` : '';
  throw new RunbookError(
    'INVENTORY_INCONSISTENT',
    `The key '${first.key}' has ${what} in ${source.location}${more}.`,
    {
      hint: 'someone may have written while it was taken, or it was put together from two: take the inventory again',
    },
  );
}

/** Counts by class and storage class. */
export async function readCounts(engine: QueryEngine, sql: SqlRenderer, view: object): Promise<CountRow[]> {
  const rows = await engine.rows(sql('counts', view));
  return rows.map((row) => ({
    class: row.class as KeyClass,
    storageClass: String(row.storage_class),
    keys: Number(row.keys),
    entries: Number(row.entries),
    afterEntries: Number(row.after_entries),
    bytes: Number(row.bytes),
    wantedBytes: Number(row.wanted_bytes),
    largeKeys: Number(row.large_keys),
    largeBytes: Number(row.large_bytes),
  }));
}
