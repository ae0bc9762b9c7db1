import type { QueryEngine } from '../engine/query-engine.ts';
import { sqlText } from '../render/sql.ts';
import type { InventorySource } from './source.ts';

/**
 * Start of the listing that a Parquet file was made by: the lister notes it in the file's metadata.
 * @returns null for files of another origin, and for several files
 */
export async function listingTime(engine: QueryEngine, source: InventorySource): Promise<Date | null> {
  const [file, ...others] = source.files;
  if (source.format !== 'parquet' || file === undefined || others.length > 0) return null;
  const [row] = await engine.rows(
    `SELECT decode(value) AS taken_at FROM parquet_kv_metadata(${sqlText(file.path)}) WHERE decode(key) = 's3_rewind_taken_at'`,
  );
  const time = new Date(String(row?.taken_at ?? ''));
  return Number.isNaN(time.getTime()) ? null : time;
}
