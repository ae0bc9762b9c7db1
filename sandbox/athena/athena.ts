import { randomUUID } from 'node:crypto';
import { type JsonFields, JsonServiceError, jsonRoutes, textField } from '../http/aws-json.ts';
import type { Route } from '../http/router.ts';

/**
 * Athena's API over an engine that really runs the SQL (Amazon Athena API Reference). It keeps what matters to a
 * caller: tokens that make a start idempotent, states that take time, results in pages with a header row, and the
 * bytes that were read.
 */
export type QueryAnswer = {
  columns: { name: string; type: string }[];
  rows: (string | null)[][];
  scannedBytes: number;
};

export type QueryBackend = {
  /**
   * @param location where a table goes that the statement makes, `s3://bucket/prefix`
   * @throws Error with the reason, as Athena would tell it
   */
  execute(sql: string, location: string): Promise<QueryAnswer>;
};

/** What becomes of a query instead of running it: for tests of what goes wrong. */
export type QueryFault = { state: 'FAILED' | 'CANCELLED'; reason: string };

type Execution = {
  id: string;
  sql: string;
  token: string;
  state: 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  reason: string | null;
  answer: QueryAnswer | null;
  ended: Promise<void>;
};

/** Rows of a page of results at most (API_GetQueryResults). */
const PAGE_ROWS = 1_000;
/** Query text (Athena User Guide, "Service quotas"). */
const MAX_QUERY_BYTES = 262_144;

export class AthenaService {
  readonly executions = new Map<string, Execution>();
  /** Asked about every query; the first answer that is not null becomes its end. */
  fault: (sql: string) => QueryFault | null = () => null;
  /** Answers a start once the query has ended, so that nobody has to wait before looking again. */
  isPrompt = false;
  readonly #backend: QueryBackend;
  readonly #resultPrefix: string;

  /** @param resultPrefix the workgroup's result location, `s3://bucket/prefix/` */
  constructor(backend: QueryBackend, resultPrefix: string) {
    this.#backend = backend;
    this.#resultPrefix = resultPrefix;
  }

  /** Every operation of Athena that a plan makes. */
  routes(): Route[] {
    return jsonRoutes('AmazonAthena', {
      StartQueryExecution: async (fields) => {
        const { id, ended } = this.#start(fields);
        if (this.isPrompt) await ended;
        return { QueryExecutionId: id };
      },
      GetQueryExecution: (fields) => ({ QueryExecution: this.#describe(this.#execution(fields)) }),
      GetQueryResults: (fields) => this.#results(fields),
      StopQueryExecution: (fields) => this.#stop(this.#execution(fields)),
    });
  }

  #start(fields: JsonFields): Execution {
    const sql = textField(fields, 'QueryString');
    const token = textField(fields, 'ClientRequestToken');
    if (token.length < 32 || token.length > 128) throw invalid('ClientRequestToken has 32 to 128 characters');
    if (Buffer.byteLength(sql) > MAX_QUERY_BYTES) throw invalid('QueryString is too long');
    const known = [...this.executions.values()].find((execution) => execution.token === token);
    if (known !== undefined) {
      if (known.sql !== sql) throw invalid('Idempotent parameters do not match');
      return known;
    }
    const execution: Execution = {
      id: randomUUID(),
      sql,
      token,
      state: 'QUEUED',
      reason: null,
      answer: null,
      ended: Promise.resolve(),
    };
    this.executions.set(execution.id, execution);
    execution.ended = this.#run(execution);
    return execution;
  }

  async #run(execution: Execution): Promise<void> {
    const fault = this.fault(execution.sql);
    if (fault !== null) {
      execution.state = fault.state;
      execution.reason = fault.reason;
      return;
    }
    execution.state = 'RUNNING';
    await this.#backend.execute(execution.sql, `${this.#resultPrefix}tables/${execution.id}`).then(
      (answer) => {
        if (execution.state !== 'RUNNING') return;
        execution.state = 'SUCCEEDED';
        execution.answer = answer;
      },
      (error: unknown) => {
        if (execution.state !== 'RUNNING') return;
        execution.state = 'FAILED';
        execution.reason = error instanceof Error ? error.message : String(error);
      },
    );
  }

  #stop(execution: Execution): JsonFields {
    if (execution.state === 'QUEUED' || execution.state === 'RUNNING') {
      execution.state = 'CANCELLED';
      execution.reason = 'Query cancelled by user';
    }
    return {};
  }

  #execution(fields: JsonFields): Execution {
    const id = textField(fields, 'QueryExecutionId');
    const execution = this.executions.get(id);
    if (execution === undefined) throw invalid(`QueryExecution ${id} was not found`);
    return execution;
  }

  #describe(execution: Execution): JsonFields {
    return {
      QueryExecutionId: execution.id,
      Query: execution.sql,
      Status: {
        State: execution.state,
        ...(execution.reason === null ? {} : { StateChangeReason: execution.reason }),
      },
      Statistics: { DataScannedInBytes: execution.answer?.scannedBytes ?? 0 },
    };
  }

  #results(fields: JsonFields): JsonFields {
    const { state, answer } = this.#execution(fields);
    if (answer === null) throw invalid(`Query did not finish successfully. Final query state: ${state}`);
    const all = [answer.columns.map(({ name }) => name), ...answer.rows];
    const from = Number(fields.NextToken ?? 0);
    const page = all.slice(from, from + PAGE_ROWS);
    return {
      ResultSet: {
        Rows: page.map((row) => ({
          Data: row.map((value) => (value === null ? {} : { VarCharValue: value })),
        })),
        ResultSetMetadata: {
          ColumnInfo: answer.columns.map(({ name, type }) => ({ Name: name, Type: type })),
        },
      },
      ...(from + PAGE_ROWS < all.length ? { NextToken: String(from + PAGE_ROWS) } : {}),
    };
  }
}

function invalid(message: string): JsonServiceError {
  return new JsonServiceError('InvalidRequestException', message);
}
