import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { RunbookError } from '../errors.ts';
import { RetryableError } from '../s3/retryable.ts';
import { queryFailure } from './athena-failure.ts';
import type { QueryEngine, QueryRow, QueryValue } from './query-engine.ts';

/**
 * Athena as a query engine: every statement is a query of its own in a workgroup, started once, asked about until it
 * ends. Results that an earlier query left behind are never taken: a plan is made from what is there now.
 */

export type QueryStatus = {
  state: 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  /** Athena's StateChangeReason */
  reason: string | null;
  scannedBytes: number;
};

export type ResultPage = {
  columns: { name: string; type: string }[];
  /** with the names of the columns as the first row of the first page */
  rows: (string | null)[][];
  nextToken: string | null;
};

/** The calls of Athena that the engine makes. All throw RetryableError where a request may be sent again. */
export type AthenaCalls = {
  startQuery(query: { sql: string; database: string; token: string }): Promise<string>;
  readStatus(queryId: string): Promise<QueryStatus>;
  stopQuery(queryId: string): Promise<void>;
  readResults(queryId: string, nextToken: string | null): Promise<ResultPage>;
};

export type AthenaOptions = {
  calls: AthenaCalls;
  database: string;
  /** once aborted, the running query is stopped and every further call throws INTERRUPTED */
  signal?: AbortSignal;
  sleep?: (milliseconds: number) => Promise<unknown>;
  now?: () => number;
};

export type AthenaEngine = QueryEngine & {
  /** What the queries have cost so far. */
  usage(): { queries: number; scannedBytes: number };
};

/** Query text (Athena User Guide, "Service quotas"). */
const MAX_QUERY_BYTES = 262_144;
/** DML queries end after 30 minutes by themselves (same page); this is for what waits in the queue beside that. */
const MAX_WAIT_MS = 60 * 60_000;
const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 5_000;
const ATTEMPTS = 8;

/** Opens an engine; nothing is sent before the first query. */
export function openAthena(options: AthenaOptions): AthenaEngine {
  const { calls, database } = options;
  const sleep = options.sleep ?? wait;
  const now = options.now ?? Date.now;
  let running: string | null = null;
  let interrupted = false;
  let queries = 0;
  let scannedBytes = 0;

  /** Sends a request again, ever later, while Athena asks for patience. */
  async function patiently<T>(request: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await request();
      } catch (error) {
        if (!(error instanceof RetryableError)) throw error;
        if (attempt >= ATTEMPTS) throw error.refusal;
        await sleep(Math.random() * pauseMs(attempt));
      }
    }
  }

  async function execute(sql: string): Promise<string> {
    assertNotInterrupted();
    assertShortEnough(sql);
    queries += 1;
    const token = createHash('sha256').update(`${database}\n${queries}\n${sql}`).digest('hex');
    const id = await patiently(() => calls.startQuery({ sql, database, token }));
    running = id;
    try {
      await finish(id);
    } finally {
      running = null;
    }
    return id;
  }

  async function finish(id: string): Promise<void> {
    const deadline = now() + MAX_WAIT_MS;
    for (let poll = 1; ; poll += 1) {
      const status = await patiently(() => calls.readStatus(id));
      if (status.state === 'SUCCEEDED' || status.state === 'FAILED' || status.state === 'CANCELLED') {
        scannedBytes += status.scannedBytes;
        if (status.state === 'SUCCEEDED') return;
        assertNotInterrupted();
        throw queryFailure(id, status);
      }
      if (interrupted || options.signal?.aborted) {
        await patiently(() => calls.stopQuery(id));
        assertNotInterrupted();
      }
      if (now() > deadline) {
        await patiently(() => calls.stopQuery(id));
        throw queryFailure(id, {
          ...status,
          reason: `no end within ${MAX_WAIT_MS / 60_000} minutes: Query timeout`,
        });
      }
      await sleep(pauseMs(poll));
    }
  }

  function assertNotInterrupted(): void {
    if (!interrupted && options.signal?.aborted !== true) return;
    throw new RunbookError('INTERRUPTED', 'The query was interrupted.', {
      hint: 'run the same command again',
    });
  }

  async function readRows(id: string): Promise<QueryRow[]> {
    const rows: QueryRow[] = [];
    let token: string | null = null;
    let isFirst = true;
    do {
      const page: ResultPage = await patiently(() => calls.readResults(id, token));
      for (const row of isFirst ? page.rows.slice(1) : page.rows) rows.push(toRow(page.columns, row));
      isFirst = false;
      token = page.nextToken;
    } while (token !== null);
    return rows;
  }

  return {
    dialect: 'athena',
    async run(sql) {
      await execute(sql);
    },
    rows: async (sql) => readRows(await execute(sql)),
    interrupt() {
      interrupted = true;
      // The loop that waits for it would stop it at its next turn; this is sooner.
      if (running !== null) calls.stopQuery(running).catch(() => {});
    },
    close() {},
    usage: () => ({ queries, scannedBytes }),
  };
}

function pauseMs(attempt: number): number {
  return Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1));
}

function assertShortEnough(sql: string): void {
  const bytes = Buffer.byteLength(sql);
  if (bytes <= MAX_QUERY_BYTES) return;
  throw new RunbookError(
    'QUERY_TOO_LONG',
    `A query would have ${bytes} bytes; Athena takes ${MAX_QUERY_BYTES}.`,
    { hint: 'give fewer prefixes, or one that they share, and split the rest into plans of their own' },
  );
}

/** Athena's results are text; numbers stay so, as 64 bits do not fit into a number. */
function toRow(
  columns: readonly { name: string; type: string }[],
  values: readonly (string | null)[],
): QueryRow {
  return Object.fromEntries(
    columns.map(({ name, type }, index) => [name, toValue(values[index] ?? null, type)]),
  );
}

function toValue(text: string | null, type: string): QueryValue {
  return type === 'boolean' && text !== null ? text === 'true' : text;
}
