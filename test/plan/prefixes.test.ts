import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openDuckDb } from '../../src/engine/duckdb.ts';
import { loadSql, sqlText } from '../../src/render/sql.ts';

/** The ten largest prefixes at each of four depths, against a model that looks at one key after the other. */

const DEPTHS = [1, 2, 3, 4];

const key = fc
  .array(fc.constantFrom('a', 'b', '', "it's", 'ü'), { minLength: 1, maxLength: 7 })
  .map((segments) => segments.join('/'));

test('keys are counted under their leading folders, at most four deep', async () => {
  const folder = await mkdtemp(join(tmpdir(), 's3-rewind-prefixes-'));
  const engine = await openDuckDb({ workFolder: folder, memoryLimit: '1GB', threads: 1 });
  const sql = await loadSql('duckdb');
  const count = async (keys: readonly string[]) => {
    const values = keys.map((text) => `(${sqlText(text)}, 'copy')`);
    await engine.run(
      `CREATE OR REPLACE TABLE classified AS SELECT * FROM (VALUES ${[...values, "('left/alone/x', 'unchanged')"].join(', ')}) AS v (key, class)`,
    );
    const rows = await engine.rows(sql('prefixes', { plannedClasses: ['copy'] }));
    return rows.map((row) => [
      Number(row.depth),
      decodeURIComponent(String(row.encoded_prefix)),
      Number(row.keys),
    ]);
  };
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(key, { minLength: 1, maxLength: 60 }), async (keys) => {
        expect(await count(keys)).toEqual(modelOf(keys));
      }),
      { numRuns: 10 },
    );
  } finally {
    engine.close();
    await rm(folder, { recursive: true });
  }
});

function modelOf(keys: readonly string[]): [depth: number, prefix: string, keys: number][] {
  return DEPTHS.flatMap((depth) => {
    const counts = new Map<string, number>();
    for (const text of keys) {
      const folders = text.split('/').slice(0, -1).slice(0, depth);
      const prefix = folders.map((name) => `${name}/`).join('');
      counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
    }
    return [...counts]
      .toSorted(
        ([left, one], [right, other]) => other - one || Buffer.compare(Buffer.from(left), Buffer.from(right)),
      )
      .slice(0, 10)
      .map(([prefix, number]): [number, string, number] => [depth, prefix, number]);
  });
}
