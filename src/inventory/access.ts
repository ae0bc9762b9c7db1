import type { QueryEngine } from '../engine/query-engine.ts';
import type { RunbookError } from '../errors.ts';
import { locateBadRow } from './locate.ts';
import { explainReadError } from './read-error.ts';
import { inventoryViewSql } from './reader.ts';
import type { InventorySource } from './source.ts';

/** How the name `inventory` comes to stand for the source, and what a row is refused with that cannot be read. */
export type InventoryAccess = {
  /** Called before the first pass. */
  open(): Promise<void>;
  /** The refusal of the first row that the scan counted as refused. */
  locateBadRow(): Promise<RunbookError>;
  /** Turns a failed query into a refusal of the inventory, where that is what failed. */
  explain(error: unknown): Promise<unknown>;
};

/** Files on the local disk, as a view of DuckDB. @param bucket the bucket that every row must name */
export function localAccess(engine: QueryEngine, source: InventorySource, bucket: string): InventoryAccess {
  return {
    open: () => engine.run(inventoryViewSql(source)),
    locateBadRow: () => locateBadRow(engine, source, bucket),
    explain: (error) => explainReadError(error, engine, source, bucket),
  };
}
