import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { PART_BYTES } from '../../src/plan/list-shape.ts';
import { CLASSES, MODES, type Mode, UNCERTAIN_CLASSES } from '../../src/s3/rollback.ts';
import { HOSTILE_STACKS } from '../plan/hostile-stacks.ts';
import { openPlanner, type Planner, type PlannerOptions } from '../plan/planner.ts';
import { randomStack } from '../plan/random-stacks.ts';
import { DAY, POINT_IN_TIME, parseStack, type Stack } from '../plan/stacks.ts';
import type { TableFormat } from './inventory-table.ts';
import { expectSamePlan } from './same-plan.ts';

/** The Athena text on a real Trino plans, byte for byte, what the DuckDB text plans in this process. */

const trino = { url: inject('trinoUrl'), root: inject('trinoRoot') };
const KEYS_PER_PLAN = 300;

let format: TableFormat = 'csv';
let partBytes: number | undefined;
let planner: Planner;
beforeAll(async () => {
  planner = await openPlanner((inventory) => expectSamePlan(trino, format, inventory, partBytes));
});
afterAll(() => planner.close());

/** Plans on both engines; DuckDB reads Parquet where Trino reads ORC. */
function planBoth(stacks: ReadonlyMap<string, Stack>, options: PlannerOptions, tableFormat: TableFormat) {
  format = tableFormat;
  return planner.plan(stacks, { ...options, format: tableFormat === 'csv' ? 'csv' : 'parquet' });
}

const FORMATS: TableFormat[] = ['csv', 'parquet', 'orc'];

/** One line a set of options; each runs in every mode and format, over random histories. */
const SETTINGS: { name: string; options: PlannerOptions }[] = [
  { name: 'as it comes', options: {} },
  {
    name: 'order of the listing, a lifecycle rule, columns of encryption and tier',
    options: {
      order: 'ordinal',
      detailColumns: true,
      noncurrentExpirationDays: '30',
      takenAt: new Date(Date.parse(POINT_IN_TIME) + 31 * DAY * 1000),
      space: '+',
    },
  },
  {
    name: 'sequence numbers, markers copied, a multipart column, some prefixes',
    options: {
      order: 'sequence-number',
      markers: 'copy',
      multipartColumn: true,
      prefix: ['folder 1/', "it's", 'folder 3/2'],
    },
  },
  {
    name: 'all that is uncertain included',
    options: { includeUncertain: UNCERTAIN_CLASSES.join(','), detailColumns: true },
  },
];

const found = new Map<Mode, Set<string>>(MODES.map((mode) => [mode, new Set()]));

describe.each(MODES)('%s', (mode) => {
  describe.each(FORMATS)('from %s', (tableFormat) => {
    test.each(SETTINGS)('$name', async ({ options }) => {
      const isOrderCarried = (options.order ?? 'last-modified') !== 'last-modified';
      const [stacks] = fc.sample(
        fc.array(randomStack(isOrderCarried), {
          minLength: KEYS_PER_PLAN,
          maxLength: KEYS_PER_PLAN,
          size: 'max',
        }),
        1,
      );
      const keyed = (stacks ?? []).map(
        (stack, index) => [`folder ${index % 7}${'/deeper'.repeat(index % 6)}/${index}`, stack] as const,
      );
      const { plan } = await planBoth(new Map(keyed), { ...options, mode }, tableFormat);
      for (const row of plan.classes) if (row.keys > 0) found.get(mode)?.add(row.class);
    });
  });
});

test('the random histories reached every class of Bucket Rollback', () => {
  const classes = CLASSES.filter((name) => name !== 'absent');
  expect([...(found.get('bucket-rollback') ?? [])].toSorted()).toEqual([...classes].toSorted());
});

// Trino's || makes texts of 1 MiB at most.
test('parts of lists with and without a header may be larger than 1 MiB', async () => {
  const stacks = Array.from({ length: 14_000 }, (_, index) => {
    const stack = parseStack(index % 2 === 0 ? 'V1 -> V2' : 'V1, V2[tie] -> V3');
    return [`${'x'.repeat(120)}/${index}`, stack] as const;
  });
  partBytes = PART_BYTES;
  const { lists } = await planBoth(new Map(stacks), {}, 'parquet');
  partBytes = undefined;
  expect(lists.get('manifests/scenario3b.csv')?.length).toBeGreaterThan(1024 ** 2);
  expect(lists.get('review/ambiguous.csv')?.length).toBeGreaterThan(1024 ** 2);
});

describe('hostile keys', () => {
  test.each(FORMATS)('from %s', async (tableFormat) => {
    await planBoth(HOSTILE_STACKS, {}, tableFormat);
  });

  test.each(FORMATS)('as prefixes, from %s', async (tableFormat) => {
    const { plan } = await planBoth(
      HOSTILE_STACKS,
      { prefix: [...HOSTILE_STACKS.keys()].slice(0, 60) },
      tableFormat,
    );
    expect(plan.inventory.keysInScope).toBeGreaterThanOrEqual(60);
  });

  // Trino reads a CSV file line by line, as Athena does: a value with a line break comes from Parquet alone.
  test.each(['csv', 'parquet'] as const)(
    'as values keep their place in the lists, from %s',
    async (tableFormat) => {
      const breaks = tableFormat === 'csv' ? [] : ['\n', '\r'];
      const odd = ['a,"b"', 'é😀', "'; --", ' x ', '"', ',', ...breaks];
      const stacks = new Map(
        odd.map((text, index) => {
          const entries = parseStack(index % 2 === 0 ? 'V1 -> V2' : 'V1 -> DM1');
          const own = entries.map((entry) => ({ ...entry, versionId: `${text}${entry.versionId}` }));
          return [`key ${index}`, own.map((entry) => ({ ...entry, storageClass: `CLASS,${text}` }))];
        }),
      );
      await planBoth(stacks, {}, tableFormat);
    },
  );
});
