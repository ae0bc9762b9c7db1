import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Trino's REST protocol (https://trino.io/docs/current/develop/client-protocol.html): a statement is posted, its
 * answers are fetched one after the other until none is left.
 */
export type TrinoValue = string | number | boolean | null | TrinoValue[] | { [name: string]: TrinoValue };

export type TrinoStats = {
  /** milliseconds of all splits */
  cpuTimeMillis: number;
  wallTimeMillis: number;
  /** bytes that were read from the files */
  physicalInputBytes: number;
  processedRows: number;
};

export type TrinoResult = {
  queryId: string;
  columns: { name: string; type: string }[];
  rows: TrinoValue[][];
  stats: TrinoStats;
  /** rows written by a CTAS or INSERT */
  updateCount: number | null;
};

export type TrinoSession = { catalog?: string; schema?: string; properties?: Record<string, string> };

/** A query that Trino refused or that failed; the message is Trino's. */
export class TrinoError extends Error {
  readonly errorName: string;
  readonly queryId: string;

  constructor(message: string, errorName: string, queryId: string) {
    super(message);
    this.errorName = errorName;
    this.queryId = queryId;
  }
}

type Answer = {
  id: string;
  nextUri?: string;
  columns?: { name: string; type: string }[];
  data?: TrinoValue[][];
  stats: TrinoStats;
  updateCount?: number;
  error?: { message: string; errorName: string };
};

/**
 * Runs one statement to its end.
 * @param url of the server
 * @throws TrinoError
 */
export async function queryTrino(url: string, sql: string, session: TrinoSession = {}): Promise<TrinoResult> {
  const headers: Record<string, string> = {
    'X-Trino-User': 'test',
    'X-Trino-Source': 's3-rewind',
    // Athena's times are in UTC.
    'X-Trino-Time-Zone': 'UTC',
    'X-Trino-Catalog': session.catalog ?? 'hive',
    ...(session.schema === undefined ? {} : { 'X-Trino-Schema': session.schema }),
    ...(session.properties === undefined ? {} : { 'X-Trino-Session': sessionText(session.properties) }),
  };
  let answer = await send(`${url}/v1/statement`, { method: 'POST', body: sql, headers });
  const rows: TrinoValue[][] = [];
  let columns = answer.columns ?? [];
  for (;;) {
    if (answer.error !== undefined) {
      throw new TrinoError(answer.error.message, answer.error.errorName, answer.id);
    }
    if (answer.columns !== undefined) columns = answer.columns;
    // One by one: a page can hold more rows than a call takes arguments.
    for (const row of answer.data ?? []) rows.push(row);
    if (answer.nextUri === undefined) break;
    answer = await send(answer.nextUri, { headers });
  }
  return { queryId: answer.id, columns, rows, stats: answer.stats, updateCount: answer.updateCount ?? null };
}

/** The rows as objects, by column name. */
export function rowsOf({ columns, rows }: TrinoResult): Record<string, TrinoValue>[] {
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? null])));
}

/** Runs one query and returns its rows. @throws TrinoError */
export async function trinoRows(
  url: string,
  sql: string,
  session: TrinoSession = {},
): Promise<Record<string, TrinoValue>[]> {
  return rowsOf(await queryTrino(url, sql, session));
}

function sessionText(properties: Record<string, string>): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join(',');
}

async function send(url: string, init: RequestInit): Promise<Answer> {
  for (;;) {
    const response = await fetch(url, init);
    // The server asks to be asked again.
    if (response.status === 503 || response.status === 502) {
      await sleep(100);
      continue;
    }
    if (!response.ok) throw new Error(`${url} answers ${response.status}: ${await response.text()}`);
    return (await response.json()) as Answer;
  }
}
