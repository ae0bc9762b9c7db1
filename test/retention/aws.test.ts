import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bypassesGovernance } from '../../sandbox/operations/deletion.ts';
import { RunbookError } from '../../src/errors.ts';
import type { RetentionMode } from '../../src/s3/retention.ts';
import { propertyRuns } from '../property-runs.ts';
import { type Aws, type AwsRecord, openAws, SETTINGS } from './aws-stage.ts';
import { DAY_MS, inDays, lock, locksOf, settingsOf } from './stage.ts';

/** An extension on AWS: plan, stack, approval, native jobs, reports, and later runs by themselves; on loopback. */

const WEEK_SECONDS = (7 * DAY_MS) / 1000;

let aws: Aws;
let bypasses = 0;
beforeEach(async () => {
  aws = await openAws();
  bypasses = 0;
  aws.sandbox.on('before', (_, { headers }) => {
    if (bypassesGovernance(headers)) bypasses += 1;
  });
});
afterEach(async () => {
  expect(bypasses).toBe(0);
  expect([...aws.batch.jobs.values()].map(({ definition }) => definition.operation)).not.toContainEqual(
    expect.objectContaining({ bypassGovernance: true }),
  );
  expect(aws.sandbox.permanentDeletions).toBe(0);
  await aws.end();
});

async function codeOf(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'nothing was refused',
    (error) => (error instanceof RunbookError ? error.code : String(error)),
  );
}

async function deployed(): Promise<AwsRecord> {
  for (const key of ['a', 'b']) aws.bucket.put(key);
  const record = await aws.plan();
  await aws.deploy(record);
  return record;
}

function unlocked(): string[] {
  return [...locksOf(aws.bucket)].flatMap(([name, found]) =>
    found === null ? [name.split('\n')[0] ?? ''] : [],
  );
}

describe('the whole way', () => {
  test('approved once, then by itself for weeks, within the budget', async () => {
    const { bucket, sandbox } = aws;
    for (const key of ['plain', 'a b', 'plus+sign', 'ü,"quoted"', '100%', 'x\ny']) bucket.put(key);
    bucket.put('governed', { attributes: lock(aws, 'GOVERNANCE', 5) });
    bucket.put('long', { attributes: lock(aws, 'COMPLIANCE', 500) });
    bucket.put('old');
    bucket.put('old', { attributes: lock(aws, 'COMPLIANCE', 3) });
    const first = await aws.plan();
    expect(first.plan.review.required).toBe(true);

    // Nothing runs without a stack, an approval and a review.
    expect(await codeOf(aws.start(first, 'review'))).toBe('NOT_DEPLOYED');
    await aws.deploy(first);
    expect(aws.approvals()).toEqual([null]);
    expect(await codeOf(aws.start(first, 'unattended'))).toBe('REVIEW_REQUIRED');
    expect(aws.batch.jobs.size).toBe(0);

    const ran = await aws.start(first, 'review');
    expect(ran).toMatchObject({ startedBy: 'review', executor: 'batch', rows: 8, outcomes: { done: 8 } });
    expect(aws.approvals()).toEqual([first.plan.settingsFingerprint]);
    const jobs = [...aws.batch.jobs.values()];
    expect(jobs.map(({ status }) => status)).toEqual(['Complete', 'Complete']);
    for (const { definition, ends } of jobs) {
      expect(definition.tags.slice(0, 3)).toEqual([
        { key: 'job-created-by', value: 's3-rewind' },
        { key: 's3-rewind:retention-id', value: first.plan.retentionId },
        { key: 's3-rewind:digest', value: first.plan.digest },
      ]);
      expect(definition.confirmationRequired).toBe(true);
      // No header row, so no task fails; and every task names its version.
      expect(ends.every(({ succeeded, task }) => succeeded && task.versionId !== '')).toBe(true);
    }
    expect(unlocked()).toEqual(['old']);
    expect(aws.textOf(first, 'outcomes/compliance.csv')?.trimEnd().split('\n')).toHaveLength(8);
    expect(aws.textOf(first, 'outcomes/governance.csv')).toMatch(
      /,governed,[^,]+,done,,,GOVERNANCE,2026-05-03T/,
    );
    // Again: the same outcome, and no further job.
    expect(await aws.start(first, 'review')).toEqual(ran);
    expect(aws.batch.jobs.size).toBe(2);

    for (let week = 1; week <= 6; week += 1) {
      sandbox.clock.advance(WEEK_SECONDS);
      bucket.put(`new-${week}`);
      const next = await aws.plan(SETTINGS, { latest: true });
      expect(next.plan.review).toMatchObject({ required: false });
      expect(await aws.start(next, 'unattended')).toMatchObject({ startedBy: 'unattended' });
      for (const [key] of bucket.stacks.from(() => true)) {
        const current = bucket.current(key);
        if (current === undefined || current.isDeleteMarker) continue;
        // Until the next run it stays above the minimum.
        expect(current.attributes.retention?.retainUntil).toBeGreaterThanOrEqual(inDays(aws, 97));
      }
    }
    expect(aws.cloudFormation.stacks).toHaveLength(1);

    // Above the budget it stops for a person, and so it does with other settings, which have a stack of their own.
    sandbox.clock.advance(WEEK_SECONDS);
    for (let index = 0; index < 60; index += 1) bucket.put(`many-${index}`);
    const above = await aws.plan(SETTINGS, { latest: true });
    expect(await codeOf(aws.start(above, 'unattended'))).toBe('REVIEW_REQUIRED');
    const other = await aws.plan(settingsOf({}, { budgetTasks: 1_000 }), { latest: true });
    expect(other.plan.review.reasons).toEqual(['the settings are not those of the earlier run']);
    expect(await codeOf(aws.start(other, 'review'))).toBe('NOT_DEPLOYED');
    await aws.deploy(other);
    expect(aws.approvals()).toEqual([first.plan.settingsFingerprint, null]);
    // Whatever a record says of its review, AWS holds no approval of these settings.
    const { batch } = aws;
    expect([...aws.cloudFormation.roles.byName.values()].map(({ arn }) => batch.mayInvoke(arn))).toEqual([
      true,
      false,
    ]);
  });

  test('a lock that someone made longer stays, and every failure has its name', async () => {
    const { bucket } = aws;
    const [longer, gone] = ['longer', 'gone', 'fine', 'denied', 'broken'].map((key) => bucket.put(key));
    if (longer === undefined || gone === undefined) throw new Error('there are five');
    const record = await aws.plan();
    await aws.deploy(record);
    longer.attributes = { ...longer.attributes, ...lock(aws, 'COMPLIANCE', 900) };
    bucket.remove('gone', gone.versionId);
    const fail = (key: string, code: string, status: number) =>
      aws.sandbox.faults.add({ operation: 'PutObjectRetention', key, effect: { error: { code, status } } });
    fail('denied', 'AccessDenied', 403);
    fail('broken', 'InternalError', 500);
    const { outcomes } = await aws.start(record, 'review');
    expect(outcomes).toMatchObject({ done: 1, already: 1, denied: 1, missing: 1, failed: 1 });
    expect(aws.textOf(record, 'outcomes/compliance.csv')).toMatch(
      /^locked,longer,[^,]+,already,COMPLIANCE,/m,
    );
    expect(longer.attributes.retention?.retainUntil).toBe(inDays(aws, 900));
  });
});

describe('what is not as it should be', () => {
  test('GOVERNANCE that is to be converted is denied by S3, and stays as it is', async () => {
    aws.bucket.put('governed', { attributes: lock(aws, 'GOVERNANCE', 3) });
    aws.bucket.put('new');
    const before = inDays(aws, 3);
    const record = await aws.plan(settingsOf({ convertGovernance: true }));
    expect(record.plan.checks).toContainEqual(expect.objectContaining({ code: 'CONVERSION' }));
    await aws.deploy(record);
    expect((await aws.start(record, 'review')).outcomes).toMatchObject({ done: 1, denied: 1 });
    const locks = [...locksOf(aws.bucket).values()];
    expect(locks).toContainEqual({ mode: 'GOVERNANCE', retainUntil: before });
    expect(locks).toContainEqual({ mode: 'COMPLIANCE', retainUntil: inDays(aws, 118) });
  });

  test('another approval is none', async () => {
    const record = await deployed();
    const [role] = [...aws.cloudFormation.roles.byName.values()];
    role?.tags.set('s3-rewind:approved', `sha256:${'0'.repeat(64)}`);
    expect(await codeOf(aws.start(record, 'unattended'))).toBe('REVIEW_REQUIRED');
    expect(unlocked()).toEqual(['a', 'b']);
  });

  test('a role with a further policy is refused, and loses the tag', async () => {
    const record = await deployed();
    const [role] = [...aws.cloudFormation.roles.byName.values()];
    role?.policies.set('more', { Version: '2012-10-17', Statement: [] });
    expect(await codeOf(aws.start(record, 'review'))).toBe('STACK_CHANGED');
    expect(aws.approvals()).toEqual([null]);
    expect(unlocked()).toEqual(['a', 'b']);
  });

  test('a changed manifest is refused', async () => {
    const record = await deployed();
    aws.records.put(`${record.place.prefix}manifests/compliance.csv`, { body: 'locked,c,1,1,1,STANDARD\n' });
    expect(await codeOf(aws.start(record, 'review'))).toBe('RECORD_CHANGED');
    expect(aws.batch.jobs.size).toBe(0);
  });

  test('a job that was cancelled is made again, under the next attempt', async () => {
    const record = await deployed();
    const { site } = aws;
    const { confirmJob } = site.jobs;
    site.jobs.confirmJob = async (id, reason) => {
      site.jobs.confirmJob = confirmJob;
      await site.jobs.cancelJob(id, reason);
      await confirmJob(id, reason);
    };
    await expect(aws.start(record, 'review')).rejects.toThrow();
    expect(unlocked()).toEqual(['a', 'b']);
    expect(await aws.start(record, 'review')).toMatchObject({
      outcomes: { done: 2 },
      jobs: [{ attempt: 2 }],
    });
  });

  test('a job that jobs.json names and nobody planned is not confirmed', async () => {
    const record = await deployed();
    const { site } = aws;
    const { createJob } = site.jobs;
    site.jobs.createJob = (request) =>
      createJob({
        ...request,
        operation: { kind: 'retention', mode: 'COMPLIANCE', retainUntil: new Date(inDays(aws, 9_000)) },
      });
    expect(await codeOf(aws.start(record, 'review'))).toBe('STACK_CHANGED');
    expect(unlocked()).toEqual(['a', 'b']);
  });

  test('a report that is not of these rows claims nothing', async () => {
    const record = await deployed();
    aws.sandbox.on('before', (name, { key }) => {
      if (name !== 'GetObject' || key?.endsWith('manifest.json') !== true) return;
      const { place } = record;
      const [report] = [...aws.records.stacks.from(() => true)]
        .map(([one]) => one)
        .filter((one) => one.includes('/results/'));
      if (report === undefined) throw new Error(`no report in ${place.prefix}`);
      const found = aws.records.current(report);
      const text =
        found === undefined || found.isDeleteMarker ? '' : (found.content.bytes?.toString('utf8') ?? '');
      const [line = ''] = text.split('\n');
      aws.records.put(report, { body: `${line}\n${line}\n` });
    });
    expect(await codeOf(aws.start(record, 'review'))).toBe('REPORT_DAMAGED');
    expect(aws.textOf(record, 'outcome.json')).toBeNull();
  });

  test('a plan of last week is refused', async () => {
    const record = await deployed();
    aws.sandbox.clock.advance(WEEK_SECONDS + 1);
    expect(await codeOf(aws.start(record, 'review'))).toBe('RECORD_STALE');
  });

  test('a bucket without Object Lock is refused by S3 too', async () => {
    const record = await deployed();
    aws.site.pause = async () => {};
    const { createJob } = aws.site.jobs;
    aws.site.jobs.createJob = (request) => {
      aws.bucket.objectLock = undefined;
      return createJob(request);
    };
    expect(await codeOf(aws.start(record, 'review'))).toBe('JOB_FAILED');
  });
});

const mode = fc.constantFrom<RetentionMode>('GOVERNANCE', 'COMPLIANCE');
const lockArb = fc.record({ mode, days: fc.integer({ min: 1, max: 900 }) });

test('property: no job ever makes a date earlier, whatever others did since its plan', async () => {
  const shape = fc.record({
    objects: fc.array(fc.record({ before: fc.option(lockArb), meanwhile: fc.option(lockArb) }), {
      minLength: 1,
      maxLength: 8,
    }),
    rule: fc.record({ mode, minimumRetentionDays: fc.integer({ min: 1, max: 400 }) }),
  });
  await fc.assert(
    fc.asyncProperty(shape, async ({ objects, rule }) => {
      const own = await openAws();
      try {
        for (const [index, { before }] of objects.entries()) {
          own.bucket.put(
            `k${index}`,
            before === null ? {} : { attributes: lock(own, before.mode, before.days) },
          );
        }
        const record = await own.plan(settingsOf(rule));
        await own.deploy(record);
        for (const [index, { meanwhile }] of objects.entries()) {
          const version = own.bucket.current(`k${index}`);
          if (meanwhile === null || version === undefined || version.isDeleteMarker) continue;
          const { retention } = lock(own, meanwhile.mode, meanwhile.days);
          const was = version.attributes.retention;
          const isStronger =
            was === undefined || (retention.retainUntil >= was.retainUntil && was.mode !== 'COMPLIANCE');
          if (isStronger) version.attributes = { ...version.attributes, retention };
        }
        const before = locksOf(own.bucket);
        const { outcomes } = await own.start(record, 'review');
        expect(outcomes.failed).toBe(0);
        for (const [name, after] of locksOf(own.bucket)) {
          const was = before.get(name) ?? null;
          if (was === null) continue;
          expect(after?.retainUntil).toBeGreaterThanOrEqual(was.retainUntil);
          if (was.mode === 'COMPLIANCE') expect(after?.mode).toBe('COMPLIANCE');
        }
      } finally {
        await own.end();
      }
    }),
    { numRuns: propertyRuns(6) },
  );
});
