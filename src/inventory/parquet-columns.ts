import type { QueryEngine } from '../engine/query-engine.ts';
import { RunbookError } from '../errors.ts';
import type { SourceColumn } from './columns.ts';
import { parquetReader } from './reader.ts';

/**
 * Reads the columns of a Parquet file from its footer.
 * @throws RunbookError INVENTORY_FORMAT_UNKNOWN when the footer cannot be read
 */
export async function readParquetColumns(
  path: string,
  engine: Pick<QueryEngine, 'rows'>,
): Promise<SourceColumn[]> {
  try {
    const rows = await engine.rows(`DESCRIBE SELECT * FROM ${parquetReader([{ path }])}`);
    return rows.map((row) => ({ name: String(row.column_name), type: String(row.column_type) }));
  } catch (cause) {
    if (!(cause instanceof RunbookError) || cause.code !== 'QUERY_FAILED') throw cause;
    throw new RunbookError(
      'INVENTORY_FORMAT_UNKNOWN',
      `${path} cannot be read as Parquet; it may be cut off: ${cause.message}`,
      {
        hint: 'fetch the file again, compare its size with the original, then run the same command again',
        cause,
      },
    );
  }
}
