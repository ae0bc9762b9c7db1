import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { toTrinoStatement } from '../../sandbox/athena/ctas.ts';
import type { QueryEngine } from '../../src/engine/query-engine.ts';
import { sha256OfText } from '../../src/inventory/checksum.ts';
import { tableAccess } from '../../src/inventory/refused-rows.ts';
import type { InventorySource } from '../../src/inventory/source.ts';
import type { PlanSite } from '../../src/plan/build-plan.ts';
import type { WriteList } from '../../src/plan/outputs.ts';
import { queryTrino, rowsOf } from './client.ts';

/** Plans of the Athena text on Trino, with lists read back from the files that Trino wrote. */

/** What one query took. */
export type QueryCost = { sql: string; cpuMs: number; bytes: number };

/** An engine that runs Athena's text on Trino, in one schema. */
export function trinoEngine(url: string): QueryEngine & { costs: QueryCost[] } {
  const costs: QueryCost[] = [];
  const measure = async (sql: string, properties: Record<string, string> = {}) => {
    const result = await queryTrino(url, sql, { properties });
    const { cpuTimeMillis, physicalInputBytes } = result.stats;
    costs.push({ sql, cpuMs: cpuTimeMillis, bytes: physicalInputBytes });
    return result;
  };
  return {
    dialect: 'athena',
    async run(sql) {
      const statement = toTrinoStatement(sql, null);
      const properties = Object.fromEntries(
        Object.entries(statement.properties).map(([name, value]) => [`hive.${name}`, value]),
      );
      await measure(statement.sql, properties);
    },
    rows: async (sql) => rowsOf(await measure(sql)),
    interrupt: () => {},
    close: () => {},
    costs,
  };
}

export type TrinoPlace = { url: string; root: string; database: string };

/**
 * @param checksum of the inventory, which is not what is looked at here
 * @param partBytes of a list; small ones show that parts come together again
 */
export function trinoSite(
  place: TrinoPlace,
  source: InventorySource,
  options: { checksum: string; partBytes: number },
): PlanSite & { engine: ReturnType<typeof trinoEngine> } {
  const engine = trinoEngine(place.url);
  return {
    engine,
    openInventory: (sql, view) => tableAccess(engine, source, sql('refused-rows', view)),
    database: place.database,
    checksum: async () => options.checksum,
    openLists: async (folder) => listsOf(engine, place, folder, options.partBytes),
  };
}

function listsOf(engine: QueryEngine, place: TrinoPlace, folder: string, partBytes: number): WriteList {
  return async (list) => {
    const [size] = await engine.rows(list.render({ kind: 'size' }));
    await engine.run(list.render({ kind: 'parts', partBytes }));
    const text = await readParts(join(place.root, 'metastore', place.database, list.name));
    const path = join(folder, list.path);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    const header = list.header ? list.columns.join(',').length + 1 : 0;
    if (Buffer.byteLength(text) !== Number(size?.bytes) + header) {
      throw new Error(
        `${list.path} has ${Buffer.byteLength(text)} bytes, ${size?.bytes} + ${header} expected`,
      );
    }
    return {
      path: list.path,
      rows: Number(size?.row_count),
      bytes: Buffer.byteLength(text),
      sha256: sha256OfText(text),
    };
  };
}

/** One file a part, in the order of the parts' numbers. */
async function readParts(folder: string): Promise<string> {
  const parts = (await readdir(folder)).flatMap((name) => {
    const number = /^part=(\d+)$/.exec(name)?.[1];
    return number === undefined ? [] : [{ name, number: Number(number) }];
  });
  const texts: string[] = [];
  for (const { name } of parts.toSorted((left, right) => left.number - right.number)) {
    const files = (await readdir(join(folder, name))).filter((file) => !file.startsWith('.'));
    if (files.length !== 1) throw new Error(`${name} has ${files.length} files`);
    texts.push(await readFile(join(folder, name, files[0] ?? ''), 'utf8'));
  }
  return texts.join('');
}
