import { expect, inject, test } from 'vitest';
import { toTrinoStatement } from '../../sandbox/athena/ctas.ts';
import { checkMerge } from '../metadata/merge-property.ts';
import { queryTrino, trinoRows } from './client.ts';

const url = inject('trinoUrl');
/** A history takes about a dozen statements, each with a round of the scheduler: seconds, where DuckDB takes 50 ms. */
const HISTORIES = 12;
const TIMEOUT_MS = 900_000;

test(
  'live inventory and journal merge into the stacks of the bucket, in their order (Trino)',
  async () => {
    await queryTrino(url, 'CREATE SCHEMA metadata');
    const session = { schema: 'metadata' };
    await checkMerge(
      {
        dialect: 'athena',
        database: 'metadata',
        path: (table) => ['hive', 'metadata', table],
        run: async (text) => {
          await queryTrino(url, toTrinoStatement(text, null).sql, session);
        },
        rows: (sql) => trinoRows(url, sql, session),
      },
      HISTORIES,
    );
    expect(await trinoRows(url, 'SELECT count(*) > 0 AS ran FROM metadata.properties')).toEqual([
      { ran: true },
    ]);
  },
  TIMEOUT_MS,
);
