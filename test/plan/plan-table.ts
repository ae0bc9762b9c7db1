import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPlanner, type Planned, type PlannedKey, type Planner, type PlannerOptions } from './planner.ts';
import { parseStack } from './stacks.ts';

/** One line of a table: a stack in the notation of `stacks.ts`, and what the plan has to say about it. */
export type PlanLine = readonly [stack: string, expected: string];

let shared: Promise<Planner> | null = null;

/** One engine for all tables of a test file; opening it takes longer than a plan. */
function sharedPlanner(): Promise<Planner> {
  if (shared !== null) return shared;
  const planner = openPlanner();
  afterAll(async () => {
    shared = null;
    await (await planner).close();
  });
  shared = planner;
  return planner;
}

/**
 * A suite with one test a line. All lines are keys of one inventory, so a line costs next to nothing.
 * @param tell what is compared: by default the class, then the rows of the manifest, apart by spaces
 */
export function planTable(
  name: string,
  options: PlannerOptions,
  lines: readonly PlanLine[],
  tell: (key: PlannedKey) => string = tellPlan,
): void {
  const planner = sharedPlanner();
  describe(name, () => {
    let planned: Planned;
    beforeAll(async () => {
      const stacks = lines.map(([stack], index) => [keyOf(stack, index), parseStack(stack)] as const);
      planned = await (await planner).plan(new Map(stacks), options);
    });

    test.each(lines.map(([stack, expected], index) => ({ stack, expected, index })))(
      '$stack: $expected',
      ({ stack, expected, index }) => {
        const key = planned.keys.get(keyOf(stack, index));
        expect(key && tell(key)).toBe(expected);
      },
    );
  });
}

function keyOf(stack: string, index: number): string {
  return `${String(index).padStart(3, '0')} ${stack}`;
}

function tellPlan(key: PlannedKey): string {
  return [key.class, ...key.rows].join(' ');
}

/** What a review list holds for the key, but for the sentence that gives the reason. */
export function tellReview(key: PlannedKey): string {
  if (key.review === null) return '';
  const { key: _key, reason: _reason, ...rest } = key.review;
  return [key.class, ...Object.values(rest)].join(' ');
}
