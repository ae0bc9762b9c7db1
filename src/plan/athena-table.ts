import type { InventorySource } from '../inventory/source.ts';

/** The inventory as a table of the Glue Data Catalog, in the words of Hive. */
export type InventoryTable = {
  name: string;
  location: string;
  columns: { name: string; type: string }[];
  inputFormat: string;
  outputFormat: string;
  serde: string;
  serdeParameters: Record<string, string>;
  parameters: Record<string, string>;
};

/** Reads the files that text files at its location list, one URL a line: exactly the files of one report. */
const SYMLINKS = 'org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat';
const TEXT_OUTPUT = 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat';

const GLUE_TYPES: Record<string, string> = {
  BOOLEAN: 'boolean',
  BIGINT: 'bigint',
  INTEGER: 'int',
  DOUBLE: 'double',
};

/**
 * @param location folder with the list of the files, see symlinkText
 */
export function inventoryTable(source: InventorySource, location: string): InventoryTable {
  const isCsv = source.csv !== null;
  return {
    name: 'inventory',
    location,
    columns: source.sourceColumns.map(({ name, type }) => ({
      name: name.toLowerCase(),
      type: isCsv ? 'string' : glueType(type),
    })),
    inputFormat: SYMLINKS,
    outputFormat: TEXT_OUTPUT,
    ...serdeOf(source),
  };
}

function serdeOf(source: InventorySource): Pick<InventoryTable, 'serde' | 'serdeParameters' | 'parameters'> {
  if (source.csv !== null) {
    return {
      serde: 'org.apache.hadoop.hive.serde2.OpenCSVSerde',
      serdeParameters: { separatorChar: ',', quoteChar: '"', escapeChar: '"' },
      parameters: { classification: 'csv', 'skip.header.line.count': source.csv.hasHeader ? '1' : '0' },
    };
  }
  if (source.format === 's3-inventory-orc') {
    return {
      serde: 'org.apache.hadoop.hive.ql.io.orc.OrcSerde',
      // Athena takes the columns of ORC by their place otherwise ("Updates in ORC", Athena User Guide).
      serdeParameters: { 'serialization.format': '1', 'orc.column.index.access': 'false' },
      parameters: { classification: 'orc' },
    };
  }
  return {
    serde: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
    serdeParameters: { 'serialization.format': '1' },
    parameters: { classification: 'parquet' },
  };
}

/** The list of a source's files, for the location of its table. */
export function symlinkText(source: InventorySource): string {
  return `${source.files.map(({ path }) => path).join('\n')}\n`;
}

/** The Glue type of a column that DuckDB would read as `duckDbType`. */
export function glueType(duckDbType: string): string {
  if (duckDbType.startsWith('TIMESTAMP')) return 'timestamp';
  return GLUE_TYPES[duckDbType] ?? 'string';
}
