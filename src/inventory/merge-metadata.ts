import { RunbookError } from '../errors.ts';
import type { SqlRenderer } from '../render/sql.ts';
import { explainMetadataAccess, type MetadataAccess } from './metadata-access.ts';
import {
  type MergeOptions,
  type MergeView,
  type MetadataTables,
  metadataView,
  type TableHistory,
  type TableSnapshot,
} from './s3-metadata.ts';

/** The engine that has both tables in reach; `sql` renders its dialect. */
export type MergeCalls = {
  sql: SqlRenderer;
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<{ [column: string]: unknown }[]>;
};

export type MergedMetadata = {
  /** what was merged: the same view makes the same table again, as long as the snapshots are kept */
  view: MergeView;
  /** when the newer of the two snapshots was committed; null: neither table was ever written to */
  takenAt: Date | null;
};

/**
 * Merges the metadata tables of a bucket into the table `inventory` that a plan is made from. Both are read at one
 * snapshot each, so that what is written to them meanwhile changes nothing. The order of looking counts: how far the
 * live inventory table is behind, then its snapshot, then the journal's. So the journal never lacks what the live table
 * has, and the live table never lacks what it was said to have.
 * @param access what a refusal has to name; null where the tables are not behind AWS's permissions
 * @throws RunbookError METADATA_UNUSABLE where the tables cannot be read; else what the engine throws
 */
export async function mergeMetadata(
  calls: MergeCalls,
  tables: MetadataTables,
  options: Omit<MergeOptions, 'oldestUncoalesced' | 'snapshots'>,
  access: MetadataAccess | null,
): Promise<MergedMetadata> {
  try {
    const oldestUncoalesced = await readBoundary(calls, tables, options.bucket);
    const liveInventory = await readSnapshot(calls, tables.liveInventoryHistory);
    const journal = await readSnapshot(calls, tables.journalHistory);
    const snapshots = { journal, liveInventory };
    const view = metadataView(tables, { ...options, oldestUncoalesced, snapshots });
    await calls.run(calls.sql('metadata-merge', view));
    const times = [journal, liveInventory].flatMap((snapshot) => snapshot?.committedAt.getTime() ?? []);
    return { view, takenAt: times.length === 0 ? null : new Date(Math.max(...times)) };
  } catch (error) {
    if (access === null || !(error instanceof Error)) throw error;
    throw explainMetadataAccess(error.message, access) ?? error;
  }
}

async function readBoundary(
  calls: MergeCalls,
  tables: MetadataTables,
  bucket: string,
): Promise<number | null> {
  const [boundary] = await calls.rows(calls.sql('metadata-boundary', tables));
  const value = boundary?.oldest_uncoalesced;
  const oldestUncoalesced = value === null || value === undefined ? null : Number(value);
  if (oldestUncoalesced === null || Number.isSafeInteger(oldestUncoalesced)) return oldestUncoalesced;
  throw new RunbookError(
    'METADATA_UNUSABLE',
    `The journal of '${bucket}' does not say in milliseconds how far the live inventory table is behind: ${String(value).slice(0, 40)}.`,
    { hint: 'plan with --no-use-metadata, and report this message' },
  );
}

async function readSnapshot(calls: MergeCalls, history: TableHistory): Promise<TableSnapshot | null> {
  const [row] = await calls.rows(calls.sql('metadata-snapshot', history));
  if (row === undefined) return null;
  return { id: String(row.snapshot_id), committedAt: new Date(String(row.committed_at)) };
}
