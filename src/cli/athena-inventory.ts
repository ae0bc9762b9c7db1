import type { GlueTable } from '../aws/glue-calls.ts';
import type { AthenaEngine } from '../engine/athena.ts';
import { mergeMetadata } from '../inventory/merge-metadata.ts';
import { metadataAccessOf } from '../inventory/metadata-access.ts';
import { reportChecksum } from '../inventory/remote-source.ts';
import { readRequesters } from '../inventory/requesters.ts';
import { type MetadataTables, metadataChecksum, metadataSource } from '../inventory/s3-metadata.ts';
import type { InventorySource } from '../inventory/source.ts';
import { inventoryTable, symlinkText } from '../plan/athena-table.ts';
import type { BuildPlanOptions } from '../plan/build-plan.ts';
import type { PlanInputs } from '../plan/plan-file.ts';
import { loadSql } from '../render/sql.ts';

/** What a plan on Athena starts from. */
export type AthenaInventory =
  | { kind: 'report'; source: InventorySource }
  | { kind: 'metadata'; tables: MetadataTables };

/** Where the table `inventory` of a plan is made. */
export type InventoryPlace = {
  engine: AthenaEngine;
  objects: { write(url: string, body: Buffer, options: { once: boolean }): Promise<unknown> };
  glue: { createTable(database: string, table: GlueTable): Promise<void> };
  database: string;
  /** folder of the plan in the record bucket, `s3://bucket/work/…/` */
  work: string;
};

/** An inventory that is the table `inventory`, and how its checksum comes about. */
export type OpenedInventory = Pick<BuildPlanOptions, 'requesters' | 'inventoryQuery'> & {
  source: InventorySource;
  checksum: (source: InventorySource) => Promise<string>;
};

/**
 * Makes the table `inventory` in the database of the plan: over exactly the files of a report, or from the tables of
 * S3 Metadata.
 * @throws RunbookError METADATA_UNUSABLE, and what Athena and Glue refuse
 */
export async function openAthenaInventory(
  place: InventoryPlace,
  inventory: AthenaInventory,
  inputs: PlanInputs,
): Promise<OpenedInventory> {
  return inventory.kind === 'report'
    ? tableOverReport(place, inventory.source)
    : tableOfMetadata(place, inventory.tables, inputs);
}

/** Makes the table `inventory` over exactly the files of a report. */
export async function tableOverReport(
  place: InventoryPlace,
  source: InventorySource,
): Promise<OpenedInventory> {
  const listing = `${place.work}inventory/`;
  await place.objects.write(`${listing}symlink.txt`, Buffer.from(symlinkText(source)), { once: true });
  await place.glue.createTable(place.database, inventoryTable(source, listing));
  return { source, checksum: reportChecksum };
}

async function tableOfMetadata(
  { engine, database }: InventoryPlace,
  tables: MetadataTables,
  inputs: PlanInputs,
): Promise<OpenedInventory> {
  const { bucket, timestamp, multipartWindowSeconds, noncurrentExpirationDays, prefixes } = inputs;
  const sql = await loadSql('athena');
  const calls = { sql, run: (text: string) => engine.run(text), rows: (text: string) => engine.rows(text) };
  const { view, takenAt } = await mergeMetadata(
    calls,
    tables,
    { bucket, pointInTime: timestamp, multipartWindowSeconds, noncurrentExpirationDays, database },
    metadataAccessOf(tables, bucket),
  );
  return {
    source: metadataSource(bucket, takenAt),
    checksum: async () => metadataChecksum(view),
    requesters: await readRequesters(calls, view, prefixes),
    inventoryQuery: (name) => sql('metadata-merge', { ...view, database: name }),
  };
}
