import type { InventoryColumns, SourceColumn, StackOrder } from './columns.ts';

/** One file of an inventory: on the local disk, or `s3://bucket/key` where Athena reads it. */
export type InventoryFile = {
  path: string;
  bytes: number;
  /** MD5 in hexadecimal that the report's manifest.json lists for it; null where there is none */
  expectedMd5: string | null;
};

/** Where version entries are read from: files of one format with the same columns. */
export type InventorySource = {
  format:
    | 'csv'
    | 'parquet'
    | 's3-inventory-csv'
    | 's3-inventory-parquet'
    | 's3-inventory-orc'
    | 's3-metadata';
  /** what the user named, for messages and the plan */
  location: string;
  files: InventoryFile[];
  /** every column of the files, in their order */
  sourceColumns: SourceColumn[];
  columns: InventoryColumns;
  order: StackOrder;
  csv: { hasHeader: boolean; compression: 'none' | 'gzip' | 'auto' } | null;
  /** start of the scan as the source tells it (S3 Inventory's creationTimestamp), or null */
  takenAt: Date | null;
  /** the bucket that the source says it describes, or null */
  sourceBucket: string | null;
};
