import { copyFile, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { InventorySource } from '../../src/inventory/source.ts';
import { sqlIdentifier } from '../../src/render/sql.ts';
import { queryTrino } from './client.ts';

/** The table `inventory` of a schema, over one file in one of the three formats that S3 Inventory writes. */

export type TableFormat = 'csv' | 'parquet' | 'orc';

const TRINO_TYPES: Record<string, string> = { BOOLEAN: 'boolean', BIGINT: 'bigint', INTEGER: 'integer' };

/** @param path the file, CSV or Parquet; ORC is written by Trino from Parquet, with all values as they are */
export async function createInventoryTable(
  place: { url: string; root: string; database: string },
  source: InventorySource,
  path: string,
  format: TableFormat,
): Promise<void> {
  const { url, root, database } = place;
  const folder = join(root, 'inventories', database);
  await mkdir(folder, { recursive: true });
  await copyFile(path, join(folder, basename(path)));
  await queryTrino(url, `CREATE SCHEMA ${database}`);
  const columns = source.sourceColumns.map(
    ({ name, type }) => `${sqlIdentifier(name.toLowerCase())} ${trinoType(type)}`,
  );
  const table = format === 'orc' ? 'as_parquet' : 'inventory';
  const properties = [
    `external_location = 'local:///inventories/${database}'`,
    ...(source.csv === null
      ? ["format = 'PARQUET'"]
      : ["format = 'CSV'", `csv_escape = '"'`, `skip_header_line_count = ${source.csv.hasHeader ? 1 : 0}`]),
  ];
  await queryTrino(
    url,
    `CREATE TABLE ${database}.${table} (${columns.join(', ')}) WITH (${properties.join(', ')})`,
  );
  if (format !== 'orc') return;
  await queryTrino(
    url,
    `CREATE TABLE ${database}.inventory WITH (format = 'ORC') AS SELECT * FROM ${database}.${table}`,
  );
}

function trinoType(duckDbType: string): string {
  if (duckDbType.startsWith('TIMESTAMP')) return 'timestamp(3)';
  return TRINO_TYPES[duckDbType] ?? 'varchar';
}
