import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Bucket } from '../../sandbox/bucket.ts';
import { bypassesGovernance } from '../../sandbox/operations/deletion.ts';
import { SeededRandom } from '../../sandbox/random.ts';
import type { RetentionRecord } from '../../src/retention/retention-record.ts';
import type { RetentionMode } from '../../src/s3/retention.ts';
import { propertyRuns } from '../property-runs.ts';
import { DAY_MS, lock, locksOf, openStage, planNow, run, type Stage, settingsOf } from './stage.ts';

let stage: Stage;
let bypasses = 0;
beforeEach(async () => {
  stage = await openStage();
  bypasses = 0;
  watchBypasses(stage);
});
afterEach(async () => {
  expect(bypasses).toBe(0);
  expect(stage.sandbox.permanentDeletions).toBe(0);
  await stage.end();
});

function watchBypasses({ sandbox }: Stage): void {
  sandbox.on('before', (_, { headers }) => {
    if (bypassesGovernance(headers)) bypasses += 1;
  });
}

const WEEKS = 13;

function currentVersions(bucket: Bucket) {
  return [...bucket.stacks.from(() => true)].flatMap(([key]) => {
    const current = bucket.current(key);
    return current === undefined || current.isDeleteMarker ? [] : [current];
  });
}

describe('a quarter of weekly runs', () => {
  test.each([
    [90, 28],
    [90, 7],
    [1, 364],
  ])(
    'minimum %i, frequency %i: what a run has seen never falls below the minimum',
    async (minimum, frequency) => {
      const { sandbox, bucket } = stage;
      const random = new SeededRandom(minimum + frequency);
      const settings = settingsOf(
        { minimumRetentionDays: minimum, extensionFrequencyDays: frequency },
        { budgetTasks: 1_000 },
      );
      for (let index = 0; index < 40; index += 1) {
        const days = Math.floor(random.fraction() * 200);
        bucket.put(`k${index}`, days % 3 === 0 ? {} : { attributes: lock(stage, 'COMPLIANCE', days) });
      }
      let previous: RetentionRecord | undefined;
      const extended: number[] = [];
      for (let week = 0; week < WEEKS; week += 1) {
        const record = await planNow(stage, settings, previous === undefined ? {} : { previous });
        // Only the first run is for a person; the others go by its settings and their budget.
        expect(record.plan.review.required).toBe(week === 0);
        const { outcomes } = await run(stage, record, { startedBy: week === 0 ? 'review' : 'unattended' });
        extended.push(outcomes.done);
        previous = record;
        const seen = currentVersions(bucket);
        for (let day = 0; day < 7; day += 1) {
          sandbox.clock.advance(DAY_MS / 1000);
          for (const { attributes } of seen) {
            const left = (attributes.retention?.retainUntil ?? 0) - sandbox.clock.now();
            expect(left).toBeGreaterThanOrEqual(minimum * DAY_MS);
            expect(left).toBeLessThanOrEqual(Math.max(minimum + frequency, 200) * DAY_MS);
          }
        }
        // New, replaced and deleted objects: the next run sees them.
        bucket.put(`new${week}`);
        bucket.put(`k${week}`);
        bucket.addDeleteMarker(`k${week + 20}`);
      }
      // Each version is extended once a frequency, not every week.
      const total = extended.reduce((sum, done) => sum + done, 0);
      if (frequency === 364) expect(total).toBeLessThan(40 + 2 * WEEKS + 1);
      if (frequency === 7) expect(Math.min(...extended.slice(1))).toBeGreaterThan(10);
    },
  );
});

const mode = fc.constantFrom<RetentionMode>('GOVERNANCE', 'COMPLIANCE');
const lockArb = fc.option(fc.record({ mode, days: fc.integer({ min: -20, max: 500 }), hold: fc.boolean() }));

test('property: no run ever makes a date earlier or a lock weaker', async () => {
  const shape = fc.record({
    interval: fc.integer({ min: 1, max: 30 }),
    minimum: fc.integer({ min: 1, max: 400 }),
    steps: fc.integer({ min: 1, max: 12 }),
    mode,
    convert: fc.boolean(),
    skip: fc.boolean(),
    locks: fc.array(lockArb, { minLength: 1, maxLength: 6 }),
    meanwhile: fc.array(fc.record({ mode, days: fc.integer({ min: 1, max: 900 }) }), { maxLength: 4 }),
    gapDays: fc.integer({ min: 0, max: 40 }),
  });
  await fc.assert(
    fc.asyncProperty(shape, async (given) => {
      const own = await openStage();
      watchBypasses(own);
      try {
        const settings = settingsOf(
          {
            minimumRetentionDays: given.minimum,
            extensionFrequencyDays: given.steps * given.interval,
            mode: given.mode,
            convertGovernance: given.convert && given.mode === 'COMPLIANCE',
            skipLegalHoldOnly: given.skip,
          },
          { scheduleIntervalDays: given.interval },
        );
        for (const [index, found] of given.locks.entries()) {
          own.bucket.put(`k${index}`, {
            attributes: { ...(found && lock(own, found.mode, found.days)), legalHold: found?.hold ?? false },
          });
        }
        for (let round = 0; round < 2; round += 1) {
          const record = await planNow(own, settings);
          // Someone else extends locks between the plan and the run.
          for (const [index, change] of given.meanwhile.entries()) {
            const version = own.bucket.current(`k${index}`);
            if (version === undefined || version.isDeleteMarker) continue;
            const before = version.attributes.retention;
            const { retention } = lock(own, change.mode, change.days);
            const isStronger =
              before === undefined ||
              (retention.retainUntil >= before.retainUntil && before.mode !== 'COMPLIANCE');
            if (isStronger) version.attributes = { ...version.attributes, retention };
          }
          const before = locksOf(own.bucket);
          const { outcomes } = await run(own, record);
          expect(outcomes.failed).toBe(0);
          if (settings.rules[0]?.convertGovernance !== true) expect(outcomes.denied).toBe(0);
          for (const [name, after] of locksOf(own.bucket)) {
            const was = before.get(name) ?? null;
            if (was === null) continue;
            expect(after?.retainUntil).toBeGreaterThanOrEqual(was.retainUntil);
            if (after?.mode === was.mode) continue;
            expect([was.mode, after?.mode]).toEqual(['GOVERNANCE', 'COMPLIANCE']);
            expect(settings.rules[0]?.convertGovernance).toBe(true);
          }
          own.sandbox.clock.advance((given.gapDays * DAY_MS) / 1000);
        }
      } finally {
        await own.end();
      }
    }),
    { numRuns: propertyRuns(15) },
  );
});
