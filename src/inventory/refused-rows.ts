import type { QueryEngine } from '../engine/query-engine.ts';
import { RunbookError } from '../errors.ts';
import type { InventoryAccess } from './access.ts';
import { foreignBucket, malformedRow } from './locate.ts';
import type { InventorySource } from './source.ts';

/**
 * An inventory that is a table of the engine already. A bad row is named by its key: a distributed engine reads files
 * in pieces and has no line numbers.
 * @param refusedRowsSql the `refused-rows` query
 */
export function tableAccess(
  engine: QueryEngine,
  source: InventorySource,
  refusedRowsSql: string,
): InventoryAccess {
  return {
    open: async () => {},
    async locateBadRow() {
      const [row] = await engine.rows(refusedRowsSql);
      const where = source.location;
      if (row === undefined) {
        return new RunbookError('INVENTORY_ROW_MALFORMED', `${where} holds a row that cannot be read.`, {
          hint: 'take the inventory again',
        });
      }
      return row.reason === 'foreign bucket'
        ? foreignBucket(`A row of ${where}`, String(row.bucket))
        : malformedRow(`A row of ${where}`, String(row.reason), String(row.raw_key));
    },
    explain: async (error) => error,
  };
}
