import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import type { RetentionRecord } from '../../src/retention/retention-record.ts';
import type { RetentionSettings } from '../../src/retention/settings.ts';
import { HOSTILE_STACKS } from '../plan/hostile-stacks.ts';
import { REFUSED_INVENTORIES } from '../retention/refused-inventories.ts';
import {
  inventoryOf,
  lock,
  openStage,
  type PARQUET_DATES,
  planNow,
  type Stage,
  settingsOf,
  writeParquetInventory,
} from '../retention/stage.ts';
import { putTruthRows, TRUTH_ROWS } from '../retention/truth-rows.ts';
import { queryTrino } from './client.ts';
import { createInventoryTable, type TableFormat } from './inventory-table.ts';
import { trinoSite } from './trino-site.ts';

/** The Athena text of an extension on a real Trino selects, byte for byte, what the DuckDB text selects. */

const trino = { url: inject('trinoUrl'), root: inject('trinoRoot') };
/** So small that manifests of a few rows come in several parts. */
const SMALL_PART_BYTES = 500;

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.end());

let schemas = 0;

/** Plans from a file on Trino; its checksum is the one of the plan here, as it is not what is looked at. */
async function planOnTrino(
  settings: RetentionSettings,
  path: string,
  format: TableFormat,
  checksum: string,
): Promise<RetentionRecord> {
  schemas += 1;
  const place = { ...trino, database: `locks_${process.pid}_${schemas}` };
  try {
    return await planNow(stage, settings, {
      path,
      async site(source) {
        await createInventoryTable(place, source, path, format);
        return trinoSite(place, source, { checksum, partBytes: SMALL_PART_BYTES });
      },
    });
  } finally {
    await rm(join(trino.root, 'inventories', place.database), { recursive: true });
    await queryTrino(trino.url, `DROP SCHEMA ${place.database} CASCADE`);
  }
}

async function manifestsOf({ folder }: RetentionRecord): Promise<Record<string, string>> {
  const names = (await readdir(join(folder, 'manifests'))).toSorted();
  const texts = names.map((name) => readFile(join(folder, 'manifests', name), 'utf8'));
  return Object.fromEntries((await Promise.all(texts)).map((text, index) => [names[index], text]));
}

/** Plans on both engines; DuckDB reads Parquet where Trino reads ORC. @returns the plan of DuckDB */
async function planBoth(settings: RetentionSettings, path: string, format: TableFormat) {
  const here = await planNow(stage, settings, { path });
  const there = await planOnTrino(settings, path, format, here.plan.inventory.sha256);
  expect(await manifestsOf(there)).toEqual(await manifestsOf(here));
  expect(there.plan).toEqual(here.plan);
  return here.plan;
}

async function writeCsv(text: string): Promise<string> {
  const path = join(stage.folder, 'report.csv');
  await writeFile(path, text);
  return path;
}

const REPORTS: [format: TableFormat, dates: keyof typeof PARQUET_DATES | 'a text'][] = [
  ['csv', 'a text'],
  ['parquet', 'a time'],
  ['parquet', 'milliseconds'],
  ['orc', 'a time'],
  ['orc', 'a time with a zone'],
];

test.each(REPORTS)(
  'from %s, with the dates as %s: the truth table, and hostile keys',
  async (format, dates) => {
    const { rules, ...settings } = putTruthRows(stage);
    const keys = [...HOSTILE_STACKS.keys()];
    for (const [index, key] of keys.entries()) {
      stage.bucket.put(key, index % 3 === 0 ? {} : { attributes: lock(stage, 'GOVERNANCE', index * 3) });
    }
    const hostile = settingsOf({ prefixes: keys.slice(0, 40), convertGovernance: true }).rules;
    const path =
      dates === 'a text'
        ? await writeCsv(inventoryOf(stage.bucket))
        : await writeParquetInventory(stage, dates);
    const plan = await planBoth({ ...settings, rules: [...rules, ...hostile] }, path, format);
    for (const [index, { what, class: expected, after, end }] of TRUTH_ROWS.entries()) {
      const own = plan.classes.filter(({ rule }) => rule === index + 1);
      const found = own.filter(({ firstKey }) => !/-gone$|!$/.test(firstKey)).map((row) => row.class);
      expect(found, what).toContain(expected);
      const manifests = plan.manifests.filter(({ rule }) => rule === index + 1);
      const isSelected = expected === 'no-lock' || expected === 'too-short';
      // A conversion is planned, whatever the store lets become of it.
      const planned = end === 'denied' ? 'COMPLIANCE' : after?.[0];
      expect(manifests.map(({ mode, rows }) => [mode, rows])).toEqual(isSelected ? [[planned, 1]] : []);
    }
    const last = plan.classes.filter(({ rule }) => rule === rules.length + 1);
    expect(last.reduce((sum, { entries }) => sum + entries, 0)).toBeGreaterThanOrEqual(40);
  },
);

describe('refuses an inventory that', () => {
  test.each(REFUSED_INVENTORIES)('%s', async (_, change, code) => {
    stage.bucket.put('a', { attributes: lock(stage, 'COMPLIANCE', 5) });
    stage.bucket.put('b');
    const path = await writeCsv(change(inventoryOf(stage.bucket)));
    const refused = planOnTrino(settingsOf(), path, 'csv', `sha256:${'0'.repeat(64)}`);
    await expect(refused).rejects.toMatchObject({ code });
  });
});
