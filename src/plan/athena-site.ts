import type { AthenaEngine } from '../engine/athena.ts';
import { tableAccess } from '../inventory/refused-rows.ts';
import { reportChecksum } from '../inventory/remote-source.ts';
import type { InventorySource } from '../inventory/source.ts';
import { loadSql } from '../render/sql.ts';
import { athenaLists, type ListLimits } from './athena-lists.ts';
import type { PlanSite } from './build-plan.ts';
import type { RecordCalls } from './list-parts.ts';

/**
 * A plan made by Athena, from an inventory that is a table of its database already.
 * @param recordBucket where large lists are put together, under the rollback's ID
 */
export function athenaSite(options: {
  engine: AthenaEngine;
  source: InventorySource;
  database: string;
  recordBucket: string;
  calls: RecordCalls;
  limits?: Partial<ListLimits>;
}): PlanSite {
  const { engine, source, database, calls, limits } = options;
  return {
    engine,
    openInventory: (sql, view) => tableAccess(engine, source, sql('refused-rows', view)),
    database,
    checksum: reportChecksum,
    async openLists(_folder, rollbackId) {
      const sql = await loadSql('athena');
      const target = `s3://${options.recordBucket}/${rollbackId}/`;
      return athenaLists(
        { engine, sql, database, calls, ...(limits === undefined ? {} : { limits }) },
        target,
      );
    },
  };
}
