import type { QueryEngine } from '../engine/query-engine.ts';
import { localAccess } from '../inventory/access.ts';
import { checkInventory } from '../inventory/checksum.ts';
import type { InventorySource } from '../inventory/source.ts';
import type { PlanSite } from './build-plan.ts';
import { listFolder } from './outputs.ts';

const PLAN_LISTS = ['manifests', 'review'];

/**
 * A plan made by DuckDB, from files on this disk into a folder.
 * @param bucket the bucket that every row must name
 * @param kinds folders of the lists that the plan has
 */
export function localSite(
  engine: QueryEngine,
  source: InventorySource,
  bucket: string,
  kinds: readonly string[] = PLAN_LISTS,
): PlanSite {
  return {
    engine,
    openInventory: () => localAccess(engine, source, bucket),
    database: '',
    checksum: checkInventory,
    openLists: (folder) => listFolder(engine, folder, kinds),
  };
}
