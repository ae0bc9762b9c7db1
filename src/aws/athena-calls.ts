import {
  type AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { toServiceFailure } from './service-failure.ts';

const STATES = ['QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED'] as const;
type State = (typeof STATES)[number];

/** The calls of the query engine over a client that does not retry. @param workGroup that says where results go */
export function openAthenaCalls(client: AthenaClient, workGroup: string) {
  /** Sends one request. @throws RetryableError, RunbookError */
  async function send<T>(action: string, request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      throw toServiceFailure(error, {
        service: 'Athena',
        action: `athena:${action}`,
        resource: `the workgroup ${workGroup}`,
      });
    }
  }
  return {
    async startQuery(query: { sql: string; database: string; token: string }): Promise<string> {
      const { QueryExecutionId } = await send('StartQueryExecution', () =>
        client.send(
          new StartQueryExecutionCommand({
            QueryString: query.sql,
            ClientRequestToken: query.token,
            QueryExecutionContext: { Catalog: 'AwsDataCatalog', Database: query.database },
            WorkGroup: workGroup,
            ResultReuseConfiguration: { ResultReuseByAgeConfiguration: { Enabled: false } },
          }),
        ),
      );
      if (QueryExecutionId === undefined) throw new TypeError('StartQueryExecution answered without an ID');
      return QueryExecutionId;
    },
    async readStatus(
      queryId: string,
    ): Promise<{ state: State; reason: string | null; scannedBytes: number }> {
      const { QueryExecution } = await send('GetQueryExecution', () =>
        client.send(new GetQueryExecutionCommand({ QueryExecutionId: queryId })),
      );
      const state = STATES.find((name) => name === QueryExecution?.Status?.State);
      if (state === undefined)
        throw new TypeError(`GetQueryExecution answered without a state for ${queryId}`);
      return {
        state,
        reason: QueryExecution?.Status?.StateChangeReason ?? null,
        scannedBytes: QueryExecution?.Statistics?.DataScannedInBytes ?? 0,
      };
    },
    async stopQuery(queryId: string): Promise<void> {
      await send('StopQueryExecution', () =>
        client.send(new StopQueryExecutionCommand({ QueryExecutionId: queryId })),
      );
    },
    async readResults(queryId: string, nextToken: string | null) {
      const { ResultSet, NextToken } = await send('GetQueryResults', () =>
        client.send(
          new GetQueryResultsCommand({
            QueryExecutionId: queryId,
            ...(nextToken === null ? {} : { NextToken: nextToken }),
          }),
        ),
      );
      return {
        columns: (ResultSet?.ResultSetMetadata?.ColumnInfo ?? []).map(({ Name, Type }) => ({
          name: Name ?? '',
          type: Type ?? '',
        })),
        rows: (ResultSet?.Rows ?? []).map(({ Data }) =>
          (Data ?? []).map((datum) => datum.VarCharValue ?? null),
        ),
        nextToken: NextToken ?? null,
      };
    },
  };
}
