import { readFile, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breakDownCosts, type EstimateInput, estimatePlan } from '../../src/plan/estimate.ts';
import { formatGuidanceCosts, formatGuidanceTimes, GUIDANCE_CASES } from '../../src/plan/estimate-cases.ts';
import * as rates from '../../src/plan/estimate-rates.ts';
import { planSchema } from '../../src/plan/plan-file.ts';
import { builtInPrices } from '../../src/plan/prices.ts';
import { MODE_SCENARIOS, MODES } from '../../src/s3/rollback.ts';
import { STORAGE_CLASS_CHOICES } from '../../src/s3/storage-class.ts';
import { GIB, plan, type Scenario, versions } from './estimate-inputs.ts';

const DOC = new URL('../../docs/estimates.md', import.meta.url);
const prices = builtInPrices();
const MILLION = 1_000_000;

const guidanceCase = (name: string) => {
  const found = GUIDANCE_CASES.find((candidate) => candidate.name.startsWith(name));
  if (found === undefined) throw new Error(`no case '${name}'`);
  return found;
};
const oneTaskAKey = (input: EstimateInput) => breakDownCosts(input, prices, 'nativeCopy', { rowsPerTask: 1 });

describe('the published figures, one task a key', () => {
  it('1 B entries with 1 M + 1 M + 1 M changes: Athena $1, COPY $5, Batch Operations $4, Lambda $1', () => {
    const costs = oneTaskAKey(guidanceCase('1 B entries; 1 M new').input);
    const total = Object.values(costs).reduce((sum, usd) => sum + usd, 0);
    const dollars = Object.fromEntries(Object.entries(costs).map(([name, usd]) => [name, Math.round(usd)]));
    expect(dollars).toEqual({ athenaUsd: 1, requestsUsd: 5, batchOperationsUsd: 4, lambdaUsd: 1 });
    expect(Math.round(total)).toBe(11);
  });

  it('100 M delete markers: $36 of Lambda and $100.25 of Batch Operations', () => {
    const costs = oneTaskAKey(guidanceCase('100 M delete markers, dense').input);
    expect(costs.lambdaUsd).toBeCloseTo(36, 2);
    expect(costs.batchOperationsUsd).toBe(100.25);
    expect(costs.requestsUsd).toBe(0);
  });

  it('the demo: $0.75 for three jobs', () => {
    const { batchOperationsUsd } = oneTaskAKey(guidanceCase('The demo').input);
    expect(batchOperationsUsd).toBeCloseTo(0.75, 4);
  });

  const MINUTE = 60;
  const HOUR = 3_600;
  it.each([
    ['100 M delete markers, dense', 3.45 * HOUR, 3.55 * HOUR],
    ['The demo', MINUTE, 2.5 * MINUTE],
    ['1 M entries; 5,000 deleted', 0, 15 * MINUTE],
    ['10 B entries; 1 M deleted', 0, HOUR],
    ['1 B entries; 4 M new', 0, HOUR],
    ['1 B entries; 40 M new', 0, 5 * HOUR],
  ])('%s: the time', (name, least, most) => {
    const { query, totals } = estimatePlan(guidanceCase(name).input, prices, { rowsPerTask: 1 });
    const seconds = query.seconds + (totals.nativeCopy ?? totals.batch).seconds;
    expect(seconds).toBeGreaterThanOrEqual(least);
    expect(seconds).toBeLessThanOrEqual(most);
  });
});

describe('split tasks', () => {
  const markers = 100 * MILLION;
  it.each([
    ['every key deleted', 2 * markers, 5],
    ['one entry in ten', 10 * markers, 9.5],
    ['one entry in a hundred', 100 * markers, 45],
    ['one entry in a thousand', 1_000 * markers, 45],
  ])('100 M delete markers, %s', (_name, entriesInScope, mostUsd) => {
    const { totals } = estimatePlan(plan({ keys: markers }, { entriesInScope }), prices);
    expect(totals.batch.tasks).toBe(100_000);
    expect(totals.batch.costUsd).toBeLessThanOrEqual(mostUsd);
    expect(totals.direct.costUsd).toBeLessThan(totals.batch.costUsd);
  });

  it('proves guards by LIST where keys are dense and by HEAD where they are sparse', () => {
    const requests = (entriesInScope: number) =>
      estimatePlan(plan({ keys: MILLION }, { entriesInScope }), prices).totals.direct.tasks;
    const otherRequests = 1_000; // DeleteObjects of 1,000 tasks
    expect(requests(2 * MILLION) - otherRequests).toBe(2_000 + 1_000);
    const triedPages = 3 * 1_000;
    expect(requests(1_000 * MILLION) - otherRequests).toBe(MILLION + triedPages);
  });

  it.each([
    [1, 1],
    [1_000, 1],
    [1_001, 2],
    [10_000, 10],
  ])('%i rows are %i tasks', (keys, tasks) => {
    expect(estimatePlan(plan({ keys }), prices).totals.batch.tasks).toBe(tasks);
  });

  it.each([
    ['dense delete markers', plan({ keys: MILLION }, { entriesInScope: 2 * MILLION }), 15, 17],
    ['copies of small objects', plan(versions('3b', 'STANDARD', MILLION, 100_000 * MILLION)), 30, 50],
    ['copies of large objects', plan(versions('3b', 'STANDARD', MILLION, GIB * MILLION)), 100, 100],
    ['few large objects', plan(versions('3b', 'STANDARD', 50, 50 * GIB)), 15, 15],
    ['nothing', plan({ keys: 0 }), 15, 15],
  ])('take as many functions as reach the rate of S3, within bounds: %s', (_name, input, least, most) => {
    const { concurrency } = estimatePlan(input, prices);
    expect(concurrency).toBeGreaterThanOrEqual(least);
    expect(concurrency).toBeLessThanOrEqual(most);
  });

  it('take longer where bytes decide and the functions are bounded', () => {
    const keys = 100_000;
    const { totals } = estimatePlan(plan(versions('3b', 'STANDARD', keys, GIB * keys)), prices);
    // A copy takes its bytes' time, 32 at a time in each of 100 functions.
    const copying = (keys * (GIB / 100_000_000)) / 32 / 100;
    expect(totals.batch.seconds).toBeGreaterThan(copying);
    expect(totals.batch.seconds).toBeLessThan(1.2 * copying + 60);
  });

  it('refuses a number of rows that no task can have', () => {
    for (const rowsPerTask of [0, -1, 0.5, Number.NaN]) {
      expect(() => estimatePlan(plan({}), prices, { rowsPerTask })).toThrow(RangeError);
    }
  });
});

describe('copies', () => {
  const requestsUsd = (input: EstimateInput) => breakDownCosts(input, prices, 'nativeCopy').requestsUsd;

  it.each([
    ['as-source', 'STANDARD', 5],
    ['as-source', 'STANDARD_IA', 10],
    ['as-source', 'GLACIER_IR', 20],
    ['as-source', '', 5],
    ['DEEP_ARCHIVE', 'STANDARD', 50],
    ['INTELLIGENT_TIERING', 'STANDARD_IA', 5],
  ] as const)('into %s from %s: 1 M cost $%i', (storageClass, from, usd) => {
    expect(requestsUsd(plan(versions('3b', from, MILLION, GIB), { storageClass }))).toBeCloseTo(usd, 6);
  });

  it('take one native job, or one a class where each keeps its own', () => {
    const mixed = {
      scenario: '3b' as const,
      keys: 20,
      byStorageClass: [
        { storageClass: 'STANDARD', keys: 10, bytes: 10 },
        { storageClass: 'GLACIER_IR', keys: 10, bytes: 10 },
      ],
    };
    const jobs = (storageClass: EstimateInput['storageClass']) =>
      Math.round(
        breakDownCosts(plan(mixed, { storageClass }), prices, 'nativeCopy').batchOperationsUsd / 0.25,
      );
    expect([jobs('STANDARD'), jobs('as-source')]).toEqual([1, 2]);
  });

  it.each([
    [6 * GIB, 12],
    [6 * GIB + 1, 13],
    [5_000 * GIB, 10_000],
  ])('over 5 GiB go by parts of 512 MiB: %i bytes are %i parts', (bytes, parts) => {
    const { direct } = estimatePlan(plan(versions('3c', 'STANDARD', 1, bytes)), prices).totals;
    const guard = 2;
    const createCompleteHeadAndTagging = 4;
    expect(direct.tasks).toBe(guard + createCompleteHeadAndTagging + parts);
  });

  it('over 5 GiB to another bucket go by parts where the plan tells them apart', () => {
    const scenario = versions('5b', 'STANDARD', 10, 20 * GIB);
    const input = { mode: 'copy-to-bucket' as const };
    const without = estimatePlan(plan(scenario, input), prices).totals.direct;
    const multipart = { keys: 2, bytes: 12 * GIB };
    const withParts = estimatePlan(plan({ ...scenario, multipart }, input), prices).totals.direct;
    expect(withParts.tasks - without.tasks).toBe(25 + 2 * 2 + 2 * 2 - 2);
  });

  it('between Regions take longer', () => {
    const seconds = (crossRegion: boolean | null) =>
      estimatePlan(
        plan(versions('5b', 'STANDARD', 1_000, 1_000 * GIB), { mode: 'copy-to-bucket', crossRegion }),
        prices,
      ).totals.batch.seconds;
    expect(seconds(true)).toBeGreaterThan(2 * seconds(false));
    expect(seconds(null)).toBe(seconds(false));
  });
});

describe('any plan', () => {
  const anyScenario = (scenario: Scenario['scenario']) =>
    fc
      .record({
        keys: fc.nat(10 ** 9),
        rowsPerKey: fc.constantFrom(1, 3),
        bytesPerKey: fc.nat(10 ** 10),
        storageClass: fc.constantFrom(
          'STANDARD',
          'STANDARD_IA',
          'GLACIER',
          'INTELLIGENT_TIERING',
          'unheard of',
        ),
        share: fc.constantFrom(0, 1, 2),
      })
      .map(({ keys, rowsPerKey, bytesPerKey, storageClass, share }): Scenario => {
        const isMarkers = ['1', '2', '4'].includes(scenario);
        const some = share === 0 ? 0 : Math.floor(keys / share);
        return {
          scenario,
          keys,
          rows: scenario === '2' || scenario === '4' ? keys * rowsPerKey : keys,
          bytes: keys * bytesPerKey,
          byStorageClass: isMarkers ? [] : [{ storageClass, keys: some, bytes: some * bytesPerKey }],
        };
      });
  const anyPlan = fc
    .constantFrom(...MODES)
    .chain((mode) =>
      fc.record({
        mode: fc.constant(mode),
        otherEntries: fc.nat(10 ** 11),
        entriesOutOfScope: fc.nat(10 ** 10),
        inventoryBytes: fc.nat(10 ** 13),
        storageClass: fc.constantFrom(...STORAGE_CLASS_CHOICES),
        crossRegion: fc.constantFrom(true, false, null),
        scenarios: fc.tuple(...MODE_SCENARIOS[mode].map(anyScenario)),
      }),
    )
    .map(({ otherEntries, entriesOutOfScope, ...input }): EstimateInput => {
      const entriesInScope = otherEntries + input.scenarios.reduce((sum, { rows }) => sum + rows, 0);
      const entries = entriesInScope + entriesOutOfScope;
      return { ...input, entries, entriesInScope, keysInScope: entriesInScope };
    });
  const anyRowsPerTask = fc.constantFrom(1, 100, 1_000);
  const near = (value: number) => expect.closeTo(value, 6 - Math.ceil(Math.log10(1 + value)));

  it('is estimated within the schema of plan.json: no cost or time is negative', () => {
    fc.assert(
      fc.property(anyPlan, anyRowsPerTask, (input, rowsPerTask) => {
        planSchema.shape.estimate.parse(estimatePlan(input, prices, { rowsPerTask }));
      }),
    );
  });

  it('has totals that are the sums of its scenarios, and of its services', () => {
    fc.assert(
      fc.property(anyPlan, anyRowsPerTask, (input, rowsPerTask) => {
        const { query, scenarios, totals } = estimatePlan(input, prices, { rowsPerTask });
        for (const executor of ['batch', 'direct', 'nativeCopy'] as const) {
          const total = totals[executor];
          if (total === null) continue;
          const parts = scenarios.map((scenario) => scenario[executor] ?? scenario.batch);
          expect(total.costUsd).toEqual(near(parts.reduce((sum, { costUsd }) => sum + costUsd, 0)));
          expect(total.tasks).toBe(parts.reduce((sum, { tasks }) => sum + tasks, 0));
          const services = breakDownCosts(input, prices, executor, { rowsPerTask });
          const sum = Object.values(services).reduce((all, usd) => all + usd, 0);
          expect(sum).toEqual(near(query.costUsd + total.costUsd));
        }
      }),
    );
  });

  it('costs no less with more rows', () => {
    fc.assert(
      fc.property(anyPlan, anyRowsPerTask, fc.integer({ min: 1, max: 50 }), (input, rowsPerTask, factor) => {
        const grown = input.scenarios.map((scenario) => ({
          ...scenario,
          keys: scenario.keys * factor,
          rows: scenario.rows * factor,
          bytes: scenario.bytes * factor,
          byStorageClass: scenario.byStorageClass.map(({ storageClass, keys, bytes }) => ({
            storageClass,
            keys: keys * factor,
            bytes: bytes * factor,
          })),
        }));
        const before = estimatePlan(input, prices, { rowsPerTask });
        const after = estimatePlan({ ...input, scenarios: grown }, prices, { rowsPerTask });
        const tolerance = 1 - 1e-9;
        expect(after.totals.batch.tasks).toBeGreaterThanOrEqual(before.totals.batch.tasks);
        expect(after.query.costUsd).toBeGreaterThanOrEqual(before.query.costUsd * tolerance);
        for (const executor of ['batch', 'direct', 'nativeCopy'] as const) {
          const [least, most] = [before.totals[executor], after.totals[executor]];
          expect(most?.costUsd ?? 0).toBeGreaterThanOrEqual((least?.costUsd ?? 0) * tolerance);
        }
      }),
    );
  });
});

/** Set UPDATE_DOCS=1 to write the tables into the page instead of comparing them. */
describe('docs/estimates.md', () => {
  it.each([
    ['costs', formatGuidanceCosts],
    ['times', formatGuidanceTimes],
  ] as const)('shows the table of %s that the code computes', async (name, format) => {
    const block = `<!-- ${name}: written by UPDATE_DOCS=1, do not edit -->\n${format(prices)}\n<!-- end of ${name} -->`;
    const page = await readFile(DOC, 'utf8');
    if (process.env.UPDATE_DOCS === '1') {
      const old = new RegExp(`<!-- ${name}: .*-->[\\s\\S]*<!-- end of ${name} -->`);
      expect(page).toMatch(old);
      await writeFile(
        DOC,
        page.replace(old, () => block),
      );
    } else {
      expect(page).toContain(block);
    }
  });

  it.each(Object.entries(rates))('states the assumption %s', async (name, value) => {
    const stated = value.toLocaleString('en-US', { maximumFractionDigits: 10 });
    expect(await readFile(DOC, 'utf8')).toContain(`| \`${name}\` | ${stated} |`);
  });
});
