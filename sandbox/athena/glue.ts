import {
  type JsonFields,
  JsonServiceError,
  jsonRoutes,
  listField,
  structureField,
  textField,
} from '../http/aws-json.ts';
import type { Route } from '../http/router.ts';

/**
 * A Glue Data Catalog: databases, tables and partitions as they were given (AWS Glue Web API Reference). It answers
 * what a plan asks, and what Trino asks of the catalog that it reads the same tables from.
 */
type Table = { fields: JsonFields; partitions: Map<string, JsonFields> };
type Database = { fields: JsonFields; tables: Map<string, Table> };

/** Called when a catalog is asked for something that is not there. */
function missing(what: string): JsonServiceError {
  return new JsonServiceError('EntityNotFoundException', `${what} not found.`);
}

export class GlueCatalog {
  readonly databases = new Map<string, Database>();
  /** milliseconds */
  now: () => number = Date.now;

  /** Every operation of the catalog. */
  routes(): Route[] {
    return jsonRoutes('AWSGlue', {
      CreateDatabase: (fields) => this.#createDatabase(fields),
      GetDatabase: (fields) => ({ Database: this.#database(textField(fields, 'Name')).fields }),
      GetDatabases: () => ({ DatabaseList: [...this.databases.values()].map((database) => database.fields) }),
      DeleteDatabase: (fields) => this.#deleteDatabase(textField(fields, 'Name')),
      CreateTable: (fields) => this.#createTable(fields),
      UpdateTable: (fields) => this.#updateTable(fields),
      GetTable: (fields) => ({ Table: this.#table(fields, 'Name').fields }),
      GetTables: (fields) => ({
        TableList: [...this.#database(textField(fields, 'DatabaseName')).tables.values()].map(
          (table) => table.fields,
        ),
      }),
      DeleteTable: (fields) => this.#deleteTable(fields),
      BatchCreatePartition: (fields) => this.#createPartitions(fields),
      GetPartitions: (fields) => ({ Partitions: [...this.#table(fields).partitions.values()] }),
      BatchGetPartition: (fields) => this.#getPartitions(fields),
      GetPartition: (fields) => ({ Partition: this.#partition(fields, fields.PartitionValues) }),
      GetUserDefinedFunctions: () => ({ UserDefinedFunctions: [] }),
      // Statistics only make queries quicker.
      GetColumnStatisticsForTable: () => ({ ColumnStatisticsList: [], Errors: [] }),
      GetColumnStatisticsForPartition: () => ({ ColumnStatisticsList: [], Errors: [] }),
      UpdateColumnStatisticsForTable: () => ({ Errors: [] }),
      UpdateColumnStatisticsForPartition: () => ({ Errors: [] }),
      DeleteColumnStatisticsForTable: () => ({}),
      BatchUpdatePartition: () => ({ Errors: [] }),
    });
  }

  #seconds(): number {
    return Math.floor(this.now() / 1_000);
  }

  #database(name: string): Database {
    const database = this.databases.get(name);
    if (database === undefined) throw missing(`Database ${name}`);
    return database;
  }

  #table(fields: JsonFields, nameField = 'TableName'): Table {
    const database = textField(fields, 'DatabaseName');
    const name = textField(fields, nameField);
    const table = this.#database(database).tables.get(name);
    if (table === undefined) throw missing(`Table ${database}.${name}`);
    return table;
  }

  #createDatabase(fields: JsonFields): JsonFields {
    const input = structureField(fields, 'DatabaseInput');
    const name = textField(input, 'Name');
    if (this.databases.has(name)) {
      throw new JsonServiceError('AlreadyExistsException', `Database ${name} already exists.`);
    }
    this.databases.set(name, { fields: { ...input, CreateTime: this.#seconds() }, tables: new Map() });
    return {};
  }

  #deleteDatabase(name: string): JsonFields {
    this.#database(name);
    this.databases.delete(name);
    return {};
  }

  #createTable(fields: JsonFields): JsonFields {
    const database = textField(fields, 'DatabaseName');
    const input = structureField(fields, 'TableInput');
    const name = textField(input, 'Name');
    const { tables } = this.#database(database);
    if (tables.has(name)) {
      throw new JsonServiceError('AlreadyExistsException', `Table ${database}.${name} already exists.`);
    }
    tables.set(name, {
      fields: {
        PartitionKeys: [],
        ...input,
        ...{ DatabaseName: database, VersionId: '0', CreateTime: this.#seconds() },
      },
      partitions: new Map(),
    });
    return {};
  }

  #updateTable(fields: JsonFields): JsonFields {
    const input = structureField(fields, 'TableInput');
    const table = this.#table({ DatabaseName: fields.DatabaseName, TableName: input.Name });
    table.fields = { ...table.fields, ...input };
    return {};
  }

  #deleteTable(fields: JsonFields): JsonFields {
    this.#table(fields, 'Name');
    this.#database(textField(fields, 'DatabaseName')).tables.delete(textField(fields, 'Name'));
    return {};
  }

  #createPartitions(fields: JsonFields): JsonFields {
    const { partitions } = this.#table(fields);
    for (const input of listField(fields, 'PartitionInputList')) {
      const place = { DatabaseName: fields.DatabaseName, TableName: fields.TableName };
      partitions.set(JSON.stringify(input.Values), { ...input, ...place, CreationTime: 0 });
    }
    return { Errors: [] };
  }

  #partition(fields: JsonFields, values: unknown): JsonFields {
    const partition = this.#table(fields).partitions.get(JSON.stringify(values));
    if (partition === undefined) throw missing(`Partition ${JSON.stringify(values)}`);
    return partition;
  }

  #getPartitions(fields: JsonFields): JsonFields {
    const wanted = listField(fields, 'PartitionsToGet');
    return { Partitions: wanted.map(({ Values }) => this.#partition(fields, Values)), UnprocessedKeys: [] };
  }
}
