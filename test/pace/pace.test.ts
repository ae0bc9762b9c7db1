import { expect, it } from 'vitest';
import { Pace } from '../../src/pace.ts';

const SLOW_DOWN = new Error('slow down');
const BROKEN = new Error('broken');

function paceOf(start: number, maximum: number): Pace {
  return new Pace({ start, maximum, asksToSlowDown: (error) => error === SLOW_DOWN });
}

async function runAll(pace: Pace, count: number, outcome: (index: number) => Error | null): Promise<number> {
  let [underWay, most] = [0, 0];
  const request = async (index: number) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
    const error = outcome(index);
    if (error !== null) throw error;
  };
  await Promise.allSettled(Array.from({ length: count }, (_, index) => pace.run(() => request(index))));
  return most;
}

it('sends no more at a time than the limit', async () => {
  expect(await runAll(paceOf(5, 5), 50, () => null)).toBe(5);
});

it('allows one more after a limit of successes, up to the maximum', async () => {
  const pace = paceOf(4, 6);
  await runAll(pace, 4, () => null);
  expect(pace.limit).toBe(5);
  await runAll(pace, 100, () => null);
  expect(pace.limit).toBe(6);
});

it('halves once for requests that were refused together, and never below one', async () => {
  const pace = paceOf(16, 16);
  await runAll(pace, 16, () => SLOW_DOWN);
  expect(pace.limit).toBe(8);
  await runAll(pace, 200, () => SLOW_DOWN);
  expect(pace.limit).toBe(1);
});

it('does not slow down for other errors, and goes on after them', async () => {
  const pace = paceOf(8, 8);
  expect(await runAll(pace, 40, (index) => (index % 2 === 0 ? BROKEN : null))).toBe(8);
  expect(pace.limit).toBe(8);
});
