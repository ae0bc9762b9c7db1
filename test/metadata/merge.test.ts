import { tmpdir } from 'node:os';
import { test } from 'vitest';
import { openDuckDb } from '../../src/engine/duckdb.ts';
import { checkMerge } from './merge-property.ts';

/** A few hundred find what a thousand do; each takes about 50 ms. */
const HISTORIES = 150;

test('live inventory and journal merge into the stacks of the bucket, in their order (DuckDB)', async () => {
  const engine = await openDuckDb({ workFolder: tmpdir(), memoryLimit: '1GB', threads: 1 });
  try {
    await checkMerge(
      {
        dialect: 'duckdb',
        database: '',
        path: (table) => [table],
        run: (sql) => engine.run(sql),
        rows: (sql) => engine.rows(sql),
      },
      HISTORIES,
    );
  } finally {
    engine.close();
  }
});
