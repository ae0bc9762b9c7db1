import { expect, inject, test } from 'vitest';
import { checkMerge } from '../metadata/merge-property.ts';
import { queryTrino, trinoRows } from './client.ts';

const url = inject('trinoUrl');
/** A history takes about a dozen statements, each with a round of the scheduler: one to twelve seconds in all. */
const HISTORIES = 12;

test('live inventory and journal merge into the stacks of the bucket, in their order (Trino)', async () => {
  await queryTrino(url, 'CREATE SCHEMA metadata');
  const session = { schema: 'metadata' };
  await checkMerge(
    {
      dialect: 'athena',
      database: 'metadata',
      path: (table) => ['hive', 'metadata', table],
      run: async (sql) => {
        await queryTrino(url, sql, session);
      },
      rows: (sql) => trinoRows(url, sql, session),
    },
    HISTORIES,
  );
  expect(await trinoRows(url, 'SELECT count(*) > 0 AS ran FROM metadata.properties')).toEqual([
    { ran: true },
  ]);
});
