import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPlanner, type Planner, type PlannerOptions } from './planner.ts';
import { parseStack } from './stacks.ts';

/** What is in scope: literal prefixes, and the scenarios that are planned. */

let planner: Planner;
beforeAll(async () => {
  planner = await openPlanner();
});
afterAll(() => planner.close());

const KEYS = [
  ...[
    'a',
    'a/',
    'a/b',
    'ab',
    'A/b',
    'a%/x',
    'a%2Fx',
    'a_x',
    'a.x',
    "a'x",
    'a*x',
    'a+x',
    'a x',
    'a"x',
    'a\\x',
  ],
  ...['é/x', 'e\u0301/x', '😀/x'],
];

type PrefixLine = readonly [prefixes: readonly string[], inScope: readonly string[]];

const PREFIXES: readonly PrefixLine[] = [
  [['a/'], ['a/', 'a/b']],
  [['A'], ['A/b']],
  // Each of these is a sign of some pattern language; none but its own key is in scope.
  [
    ['a_', 'a.', "a'", 'a*', 'a+', 'a ', 'a"', 'a\\'],
    ['a_x', 'a.x', "a'x", 'a*x', 'a+x', 'a x', 'a"x', 'a\\x'],
  ],
  [['a%'], ['a%/x', 'a%2Fx']],
  [['a%2F'], ['a%2Fx']],
  [
    ['é', '😀/x'],
    ['é/x', '😀/x'],
  ],
  [
    ['A', 'a/'],
    ['a/', 'a/b', 'A/b'],
  ],
  // One prefix within another: no key counts twice.
  [
    ['a/', 'a/b', 'no such prefix'],
    ['a/', 'a/b'],
  ],
];

describe('prefixes are literal', () => {
  test.each(PREFIXES)('%j: %j', async (prefix, inScope) => {
    const stacks = new Map(KEYS.map((key) => [key, parseStack('V1 -> V2')]));
    const { plan, keys } = await planner.plan(stacks, { prefix });
    const copied = KEYS.filter((key) => keys.get(key)?.class === 'copy');
    expect(copied.toSorted()).toEqual(inScope.toSorted());
    expect(plan.inventory).toMatchObject({
      entries: 2 * KEYS.length,
      entriesInScope: 2 * inScope.length,
      keysInScope: inScope.length,
    });
  });

  test('a prefix that no key has is refused', async () => {
    const stacks = new Map([['a', parseStack('V1 -> V2')]]);
    await expect(planner.plan(stacks, { prefix: ['a%'] })).rejects.toMatchObject({
      code: 'NOTHING_IN_SCOPE',
    });
  });

  test('a suspect upload outside the prefixes is no key of the plan', async () => {
    const stacks = new Map([
      ['a', parseStack('V1 ->')],
      ['b', parseStack('V1[mpu at=-5] -> V2')],
    ]);
    const { plan } = await planner.plan(stacks, { prefix: ['a'] });
    expect(plan.classes.filter((row) => row.keys > 0)).toEqual([
      { class: 'unchanged', scenario: null, keys: 1, entries: 1, bytes: 0 },
    ]);
  });
});

const ONE_OF_EACH = new Map(
  [
    '-> V1',
    'V1 -> DM1',
    'V1[GLACIER] -> V2',
    'V1 -> V2',
    'V1[size=5368709121] -> V2',
    'V1, V2[tie] -> V3',
  ].map((notation) => [notation, parseStack(notation)]),
);
const SCENARIO_LINES: readonly (readonly [PlannerOptions, manifests: readonly string[]])[] = [
  [{}, ['scenario1', 'scenario2', 'scenario3a', 'scenario3b', 'scenario3c', 'scenario2_undo']],
  [{ scenarios: '2' }, ['scenario2', 'scenario2_undo']],
  [{ scenarios: '3b,1' }, ['scenario1', 'scenario3b']],
  [{ scenarios: '3a,3c' }, ['scenario3a', 'scenario3c']],
  [{ markers: 'copy' }, ['scenario1', 'scenario3a', 'scenario3b', 'scenario3c']],
  [{ mode: 'delete-marker-removal' }, ['scenario4', 'scenario4_undo']],
  [{ mode: 'delete-marker-removal', markers: 'copy' }, ['scenario3b']],
  [{ mode: 'copy-to-bucket' }, ['scenario5a', 'scenario5b']],
  [{ mode: 'copy-to-bucket', scenarios: '5b' }, ['scenario5b']],
];

describe('scenarios', () => {
  test.each(SCENARIO_LINES)('%j: %j', async (options, names) => {
    const { plan, lists } = await planner.plan(ONE_OF_EACH, options);
    const paths = names.map((name) => `manifests/${name}.csv`);
    expect([...plan.manifests, ...plan.undoManifests].map(({ path }) => path)).toEqual(paths);
    expect([...lists.keys()].filter((path) => path.startsWith('manifests/'))).toEqual(paths.toSorted());
    if (options.scenarios === undefined) return;
    // What is not planned is counted all the same, and nothing else about the plan is less.
    const all = await planner.plan(ONE_OF_EACH, { ...options, scenarios: undefined });
    expect(plan.classes).toEqual(all.plan.classes);
    expect(plan.reviewLists).toEqual(all.plan.reviewLists);
    for (const path of paths) expect(lists.get(path)).toBe(all.lists.get(path));
  });
});
