import process from 'node:process';

const given = process.env.RUNS;
const factor = given === undefined || given === '' ? 1 : Number(given);
if (!Number.isSafeInteger(factor) || factor < 1) {
  throw new Error(`RUNS has to be a whole number above 0, not '${given}'.`);
}

/**
 * How many cases a slow property draws: so many on each run, and RUNS times as many where that is set, as it is in the
 * nightly workflow: `RUNS=10 SEED=$RANDOM npm test`.
 */
export function propertyRuns(count: number): number {
  return count * factor;
}
