import { describe, expect, test } from 'vitest';
import { type AthenaCalls, openAthena, type QueryStatus } from '../../src/engine/athena.ts';
import { exitCodeOf, RunbookError } from '../../src/errors.ts';
import { RetryableError } from '../../src/s3/retryable.ts';

/** An Athena whose queries go through the states that are given, one a poll. */
function athena(
  states: QueryStatus['state'][],
  options: { reason?: string; rows?: number; throttles?: number } = {},
) {
  const log: string[] = [];
  const tokens: string[] = [];
  let throttles = options.throttles ?? 0;
  const rows = [
    ['n', 'b'],
    ...Array.from({ length: options.rows ?? 1 }, (_, index) => [String(index), 'true']),
  ];
  const throttle = () => {
    if (throttles-- <= 0) return;
    const refusal = new RunbookError('AWS_FAILED', 'Rate exceeded', { hint: 'wait' });
    throw new RetryableError(refusal, { slowDown: true });
  };
  const calls: AthenaCalls = {
    async startQuery({ token }) {
      tokens.push(token);
      throttle();
      log.push('start');
      return 'query-1';
    },
    async readStatus() {
      throttle();
      const state = (states.length > 1 ? states.shift() : states[0]) ?? 'FAILED';
      return { state, reason: options.reason ?? null, scannedBytes: 7 };
    },
    async stopQuery() {
      log.push('stop');
      states.splice(0, states.length, 'CANCELLED');
    },
    async readResults(_id, nextToken) {
      const from = Number(nextToken ?? 0);
      return {
        columns: [
          { name: 'n', type: 'bigint' },
          { name: 'b', type: 'boolean' },
        ],
        rows: rows.slice(from, from + 2),
        nextToken: from + 2 < rows.length ? String(from + 2) : null,
      };
    },
  };
  return { calls, log, tokens };
}

/** A clock that only sleeping moves. */
function clock() {
  let time = 0;
  const pauses: number[] = [];
  return {
    pauses,
    now: () => time,
    sleep: async (milliseconds: number) => {
      pauses.push(milliseconds);
      time += milliseconds;
    },
  };
}

async function failure(promise: Promise<unknown>): Promise<RunbookError> {
  const error = await promise.then(
    () => null,
    (cause: unknown) => cause,
  );
  if (error instanceof RunbookError) return error;
  throw new Error(`a RunbookError was expected, not ${error}`);
}

describe('a query', () => {
  test('gives its rows from all pages, without the header, and its bytes', async () => {
    const { calls } = athena(['QUEUED', 'RUNNING', 'SUCCEEDED'], { rows: 4 });
    const engine = openAthena({ calls, database: 'd', ...clock() });
    expect(await engine.rows('SELECT 1')).toEqual(['0', '1', '2', '3'].map((n) => ({ n, b: true })));
    expect(engine.usage()).toEqual({ queries: 1, scannedBytes: 7 });
  });

  test('is asked about ever less often', async () => {
    const time = clock();
    const { calls } = athena([...Array<'RUNNING'>(8).fill('RUNNING'), 'SUCCEEDED']);
    await openAthena({ calls, database: 'd', ...time }).run('SELECT 1');
    expect(time.pauses).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000, 5000]);
  });

  test('is started with one token however often the start is sent, and with another one each time it runs', async () => {
    const { calls, tokens } = athena(['SUCCEEDED'], { throttles: 2 });
    const engine = openAthena({ calls, database: 'd', ...clock() });
    await engine.run('SELECT 1');
    await engine.run('SELECT 1');
    expect(tokens).toHaveLength(4);
    expect(new Set(tokens.slice(0, 3)).size).toBe(1);
    expect(new Set(tokens).size).toBe(2);
    expect(tokens[0]).toMatch(/^[0-9a-f]{64}$/);
  });

  test('gives up when the throttling does not end', async () => {
    const { calls } = athena(['SUCCEEDED'], { throttles: 1000 });
    const error = await failure(openAthena({ calls, database: 'd', ...clock() }).run('SELECT 1'));
    expect(error.code).toBe('AWS_FAILED');
  });

  test('that is too long is refused before it is sent', async () => {
    const { calls, log } = athena(['SUCCEEDED']);
    const engine = openAthena({ calls, database: 'd', ...clock() });
    await engine.run(`SELECT '${'x'.repeat(262_144 - 9)}'`);
    const error = await failure(engine.run(`SELECT '${'ü'.repeat(131_068)}'`));
    expect(error.code).toBe('QUERY_TOO_LONG');
    expect(log).toEqual(['start']);
  });

  test('that never ends is stopped', async () => {
    const { calls, log } = athena(['RUNNING']);
    const error = await failure(openAthena({ calls, database: 'd', ...clock() }).run('SELECT 1'));
    expect(error.code).toBe('QUERY_TIMED_OUT');
    expect(error.message).toContain('query-1');
    expect(log).toEqual(['start', 'stop']);
  });

  test('is stopped by an interruption', async () => {
    const abort = new AbortController();
    const { calls, log } = athena(['RUNNING']);
    const sleep = async () => abort.abort();
    const error = await failure(
      openAthena({ calls, database: 'd', signal: abort.signal, sleep }).run('SELECT 1'),
    );
    expect(error.code).toBe('INTERRUPTED');
    expect(log).toEqual(['start', 'stop']);
  });
});

test.each([
  ['Query timeout', 'QUERY_TIMED_OUT', 1],
  ['Query exhausted resources at this scale factor', 'OUT_OF_MEMORY', 1],
  ['Bytes scanned limit was exceeded', 'QUERY_FAILED', 1],
  ['Insufficient Lake Formation permission(s) on inventory', 'ACCESS_DENIED', 2],
  ['HIVE_BAD_DATA: Malformed ORC file', 'INVENTORY_FORMAT_UNKNOWN', 2],
  ["INVALID_CAST_ARGUMENT: Cannot cast 'x' to BOOLEAN", 'INVENTORY_ROW_MALFORMED', 2],
  ['GENERIC_INTERNAL_ERROR: oh', 'QUERY_FAILED', 1],
])('the reason %s is told as %s', async (reason, code, exitCode) => {
  const { calls } = athena(['FAILED'], { reason });
  const error = await failure(openAthena({ calls, database: 'd', ...clock() }).run('SELECT 1'));
  expect([error.code, exitCodeOf(error)]).toEqual([code, exitCode]);
  expect(error.message).toContain(`query-1 failed: ${reason}`);
  expect(error.hint).not.toBe('');
});
