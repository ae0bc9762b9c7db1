import { RunbookError } from '../errors.ts';
import type { SqlRenderer } from '../render/sql.ts';
import { explainMetadataAccess, type MetadataAccess } from './metadata-access.ts';
import { type MergeOptions, type MetadataTables, metadataView } from './s3-metadata.ts';

/** The engine that has both tables in reach; `sql` renders its dialect. */
export type MergeCalls = {
  sql: SqlRenderer;
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<{ [column: string]: unknown }[]>;
};

/**
 * Merges the metadata tables of a bucket into the table `inventory` that a plan is made from.
 * @param access what a refusal has to name; null where the tables are not behind AWS's permissions
 * @returns the start of what was read of the journal, `yyyy-mm-ddThh:mm:ssZ`; null: all of it
 * @throws RunbookError METADATA_UNUSABLE where the tables cannot be read; else what the engine throws
 */
export async function mergeMetadata(
  calls: MergeCalls,
  tables: MetadataTables,
  options: Omit<MergeOptions, 'oldestUncoalesced'>,
  access: MetadataAccess | null,
): Promise<string | null> {
  try {
    const [boundary] = await calls.rows(calls.sql('metadata-boundary', tables));
    const value = boundary?.oldest_uncoalesced;
    const oldestUncoalesced = value === null || value === undefined ? null : Number(value);
    if (oldestUncoalesced !== null && !Number.isSafeInteger(oldestUncoalesced)) {
      throw new RunbookError(
        'METADATA_UNUSABLE',
        `The journal of '${options.bucket}' does not say in milliseconds how far the live inventory table is behind: ${String(value).slice(0, 40)}.`,
        { hint: 'plan with --no-use-metadata, and report this message' },
      );
    }
    const view = metadataView(tables, { ...options, oldestUncoalesced });
    await calls.run(calls.sql('metadata-merge', view));
    return view.journalFrom;
  } catch (error) {
    if (access === null || !(error instanceof Error)) throw error;
    throw explainMetadataAccess(error.message, access) ?? error;
  }
}
