import type { SourceColumn } from './columns.ts';

/**
 * The `fileSchema` of an S3 Inventory manifest, which differs by format ("Inventory manifest", Amazon S3 User Guide):
 * names for CSV, `message s3.inventory { required binary bucket (UTF8); … }` for Parquet, `struct<bucket:string,…>`
 * for ORC. Types are those that DuckDB would tell of the same file.
 */
export function parseFileSchema(schema: string): SourceColumn[] {
  const text = schema.trim();
  if (text.startsWith('message')) {
    return [...text.matchAll(/\b(?:required|optional)\s+(\w+)\s+(\w+)\s*(\([^;]*\))?/g)].map((match) => ({
      name: match[2] ?? '',
      type: parquetType(match[1] ?? '', match[3] ?? ''),
    }));
  }
  if (text.startsWith('struct<')) {
    return [...text.matchAll(/(\w+):(\w+)/g)].map((match) => ({
      name: match[1] ?? '',
      type: ORC_TYPES[match[2] ?? ''] ?? 'VARCHAR',
    }));
  }
  return text.split(',').map((name) => ({ name: name.trim(), type: 'VARCHAR' }));
}

const ORC_TYPES: Record<string, string> = {
  boolean: 'BOOLEAN',
  bigint: 'BIGINT',
  int: 'INTEGER',
  double: 'DOUBLE',
  timestamp: 'TIMESTAMP',
};

function parquetType(physical: string, annotation: string): string {
  if (/TIMESTAMP\s*\(\s*\w+\s*,\s*true\s*\)/.test(annotation)) return 'TIMESTAMP WITH TIME ZONE';
  if (annotation.includes('TIMESTAMP') || physical === 'int96') return 'TIMESTAMP';
  return { boolean: 'BOOLEAN', int64: 'BIGINT', int32: 'INTEGER', double: 'DOUBLE' }[physical] ?? 'VARCHAR';
}
