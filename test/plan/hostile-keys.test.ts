import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BYTE_ORDER_MARK, HOSTILE_KEYS, HOSTILE_STACKS } from './hostile-stacks.ts';
import { openPlanner, type Planned, type Planner, type PlannerOptions } from './planner.ts';
import { parseStack } from './stacks.ts';

/** Keys that break what reads them carelessly have to come out of a plan as they are. */

let planner: Planner;
let csv: Planned;
beforeAll(async () => {
  planner = await openPlanner();
  csv = await planAll();
});
afterAll(() => planner.close());

function planAll(options: PlannerOptions = {}): Promise<Planned> {
  return planner.plan(HOSTILE_STACKS, options);
}

const unquote = (text: string) => decodeURIComponent(text);
const unquotePlus = (text: string) => decodeURIComponent(text.replaceAll('+', ' '));

describe('every key in the manifest decodes to the key', () => {
  test.each(Object.entries(HOSTILE_KEYS))('%s', (_name, key) => {
    const rows = (csv.lists.get('manifests/scenario3b.csv') ?? '').trimEnd().split('\n');
    const fields = rows.map((row) => row.split(','));
    for (const decode of [unquote, unquotePlus]) {
      const own = fields.filter(([, encoded = '']) => decode(encoded) === key);
      expect(own).toHaveLength(1);
      expect(own[0]?.[0]).toBe('example-bucket');
      expect(own[0]?.slice(2)).toEqual(['v1', 'v2', '10', 'STANDARD']);
    }
  });
});

test('every list holds nothing but printable ASCII in plain fields', () => {
  expect(csv.lists.size).toBe(5);
  for (const [path, text] of csv.lists) {
    const rows = text.trimEnd().split('\n');
    if (path.startsWith('manifests/')) {
      const columns = /scenario[24]\.csv$/.test(path) ? 7 : 6;
      for (const row of rows) expect(row.split(',')).toHaveLength(columns);
    }
    for (const row of rows) expect(row).toMatch(/^[\x20-\x7e]+$/);
    const encoded = rows.map((row) => row.split(',')[path.startsWith('manifests/') ? 1 : 0] ?? '');
    for (const key of encoded) {
      expect(key).toMatch(/^([A-Za-z0-9._/-]|%[0-9A-F]{2})+$/);
      expect(unquote(key)).toBe(unquotePlus(key));
    }
  }
});

test.each<[name: string, options: PlannerOptions]>([
  ['+ for a space', { space: '+' }],
  ['Parquet, where keys are not encoded', { format: 'parquet' }],
])('the same lists: %s', async (_name, options) => {
  const other = await planAll(options);
  expect(Object.fromEntries(other.lists)).toEqual(Object.fromEntries(csv.lists));
  expect(other.plan.classes).toEqual(csv.plan.classes);
});

/** One stack for each class that has samples; a plan shows five keys of each. */
const SHOWN_CLASSES = [
  '-> V1',
  'V1 -> DM1',
  'V1[GLACIER] -> V2',
  'V1 -> V2',
  'V1[size=5368709121] -> V2',
  'V1, V2[tie] -> V3',
  'V1[mpu at=-5] -> V2',
  'V1[SSE-C] -> V2',
];

/** Plans eight times five keys, and reads back all that plan.json shows. */
async function shownKeys(keys: readonly string[]): Promise<string[]> {
  const stacks = keys.map(
    (key, index) => [key, parseStack(SHOWN_CLASSES[index % SHOWN_CLASSES.length] ?? '')] as const,
  );
  const { plan } = await planner.plan(new Map(stacks), { detailColumns: true });
  for (const { prefix } of plan.topPrefixes) expect(keys.some((key) => key.startsWith(prefix))).toBe(true);
  return plan.samples.map(({ key }) => key);
}

test('plan.json shows the keys themselves', async () => {
  const keys = Object.values(HOSTILE_KEYS).filter((key) => !key.startsWith(BYTE_ORDER_MARK));
  expect(keys.length).toBeLessThanOrEqual(5 * SHOWN_CLASSES.length);
  expect((await shownKeys(keys)).toSorted()).toEqual(keys.toSorted());
});

// The engine's text decoder drops it.
test('plan.json shows a byte order mark at the beginning of a key', async () => {
  expect(await shownKeys([`${BYTE_ORDER_MARK}a`])).toEqual([`${BYTE_ORDER_MARK}a`]);
});

test('every hostile key as a prefix finds itself', async () => {
  const keys = Object.values(HOSTILE_KEYS);
  const { plan } = await planAll({ prefix: keys });
  expect(plan.inventory.keysInScope).toBe(HOSTILE_STACKS.size);
});
