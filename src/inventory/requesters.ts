import type { MergeCalls } from './merge-metadata.ts';
import type { MergeView } from './s3-metadata.ts';

/** Who changed the bucket after the point in time, as far as the journal tells. */
export type Requester = {
  /** an account ID or a service principal; '' where the record does not tell */
  requester: string;
  puts: number;
  deleteMarkers: number;
  permanentDeletions: number;
  /** different keys */
  keys: number;
};

export type Requesters = {
  /** the busiest, busiest first */
  top: Requester[];
  /** how many there are */
  total: number;
};

const MOST = 10;

/**
 * Reads who wrote, added delete markers and permanently deleted in the scope after the point in time
 * ("S3 Metadata journal tables schema", Amazon S3 User Guide: `requester`).
 * @param view of the merge, so that the same snapshot is read
 */
export async function readRequesters(
  calls: MergeCalls,
  view: MergeView,
  prefixes: readonly string[],
): Promise<Requesters> {
  const scope = prefixes.length === 0 ? null : prefixes;
  const rows = await calls.rows(calls.sql('metadata-requesters', { ...view, prefixes: scope, most: MOST }));
  return {
    top: rows.map((row) => ({
      requester: String(row.requester),
      puts: Number(row.puts),
      deleteMarkers: Number(row.delete_markers),
      permanentDeletions: Number(row.permanent_deletions),
      keys: Number(row.keys),
    })),
    total: Number(rows[0]?.requesters ?? 0),
  };
}
