import {
  CreateDatabaseCommand,
  CreateTableCommand,
  DeleteDatabaseCommand,
  GetDatabasesCommand,
  GetTableCommand,
  GetTablesCommand,
  type GlueClient,
} from '@aws-sdk/client-glue';
import { withRetries } from './retries.ts';
import { toServiceFailure } from './service-failure.ts';

/** A table over files, in the words of Hive. */
export type GlueTable = {
  name: string;
  location: string;
  columns: { name: string; type: string }[];
  inputFormat: string;
  outputFormat: string;
  serde: string;
  serdeParameters: Record<string, string>;
  parameters: Record<string, string>;
};

const RETRIES = 6;
const FIRST_PAUSE_MS = 250;

/** A database of the catalog; `createdAt` by Glue's clock. */
export type GlueDatabase = {
  name: string;
  createdAt: Date | null;
  parameters: Readonly<Record<string, string>>;
};

/** The calls to the Glue Data Catalog. All throw RunbookError, after some attempts where it may pass. */
export function openGlueCalls(client: GlueClient) {
  async function send<T>(action: string, resource: string, request: () => Promise<T>): Promise<T> {
    const attempt = async () => {
      try {
        return await request();
      } catch (error) {
        throw toServiceFailure(error, { service: 'Glue', action: `glue:${action}`, resource });
      }
    };
    return await withRetries(attempt, { retries: RETRIES, firstPauseMs: FIRST_PAUSE_MS });
  }
  return {
    async createDatabase(
      name: string,
      description: string,
      parameters: Readonly<Record<string, string>>,
    ): Promise<void> {
      await send('CreateDatabase', `the database ${name}`, () =>
        client.send(
          new CreateDatabaseCommand({
            DatabaseInput: { Name: name, Description: description, Parameters: parameters },
          }),
        ),
      );
    },
    /** Every database of the catalog that the caller may see. */
    async *listDatabases(): AsyncGenerator<GlueDatabase> {
      let token: string | undefined;
      do {
        const page = await send('GetDatabases', 'the catalog', () =>
          client.send(new GetDatabasesCommand(token === undefined ? {} : { NextToken: token })),
        );
        for (const { Name = '', CreateTime, Parameters = {} } of page.DatabaseList ?? []) {
          yield { name: Name, createdAt: CreateTime ?? null, parameters: Parameters };
        }
        token = page.NextToken;
      } while (token !== undefined);
    },
    /** When tables of a database were made or changed, by Glue's clock; one that is gone has none. */
    async *tableTimes(database: string): AsyncGenerator<Date> {
      let token: string | undefined;
      do {
        const page = await send('GetTables', `the database ${database}`, () =>
          client
            .send(
              new GetTablesCommand({
                DatabaseName: database,
                ...(token === undefined ? {} : { NextToken: token }),
              }),
            )
            .catch((error: unknown) => {
              if (isMissing(error)) return { TableList: [], NextToken: undefined };
              throw error;
            }),
        );
        for (const { CreateTime, UpdateTime } of page.TableList ?? []) {
          for (const time of [CreateTime, UpdateTime]) if (time !== undefined) yield time;
        }
        token = page.NextToken;
      } while (token !== undefined);
    },
    async createTable(database: string, table: GlueTable): Promise<void> {
      await send('CreateTable', `the table ${database}.${table.name}`, () =>
        client.send(
          new CreateTableCommand({
            DatabaseName: database,
            TableInput: {
              Name: table.name,
              TableType: 'EXTERNAL_TABLE',
              Parameters: { EXTERNAL: 'TRUE', ...table.parameters },
              StorageDescriptor: {
                Location: table.location,
                Columns: table.columns.map(({ name, type }) => ({ Name: name, Type: type })),
                InputFormat: table.inputFormat,
                OutputFormat: table.outputFormat,
                SerdeInfo: { SerializationLibrary: table.serde, Parameters: table.serdeParameters },
              },
            },
          }),
        ),
      );
    },
    /** Where the files of a table are: `s3://bucket/prefix`. */
    async tableLocation(database: string, table: string): Promise<string> {
      const { Table } = await send('GetTable', `the table ${database}.${table}`, () =>
        client.send(new GetTableCommand({ DatabaseName: database, Name: table })),
      );
      const location = Table?.StorageDescriptor?.Location;
      if (location === undefined) throw new TypeError(`the table ${database}.${table} has no location`);
      return location;
    },
    /** Drops a database and its tables; their files stay. One that is gone already is no error. */
    async dropDatabase(name: string): Promise<void> {
      await send('DeleteDatabase', `the database ${name}`, async () => {
        await client.send(new DeleteDatabaseCommand({ Name: name })).catch((error: unknown) => {
          if (!isMissing(error)) throw error;
        });
      });
    },
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && error.name === 'EntityNotFoundException';
}
