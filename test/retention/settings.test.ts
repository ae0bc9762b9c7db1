import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { builtInPrices } from '../../src/plan/prices.ts';
import { estimateRetention } from '../../src/retention/retention-estimate.ts';
import { decideReview } from '../../src/retention/review-need.ts';
import {
  fingerprintOf,
  parseSettings,
  type RawRetentionOptions,
  readSettings,
} from '../../src/retention/settings.ts';
import { settingsOf } from './stage.ts';

const GIVEN = { bucket: 'locked', minimumRetentionDays: '90', extensionFrequencyDays: '28' };
const codeOf = async (attempt: Promise<unknown>) =>
  await attempt.then(() => null).catch((error) => error.code as string);

describe('options', () => {
  test('make one rule', async () => {
    expect(
      await readSettings({ ...GIVEN, prefix: ['b/', 'a/'], budgetTasks: '10', budgetCost: '2.5' }),
    ).toEqual({
      bucket: 'locked',
      scheduleIntervalDays: 7,
      budgetTasks: 10,
      budgetUsd: 2.5,
      rules: [
        {
          prefixes: ['a/', 'b/'],
          minimumRetentionDays: 90,
          extensionFrequencyDays: 28,
          mode: 'COMPLIANCE',
          convertGovernance: false,
          skipLegalHoldOnly: false,
        },
      ],
    });
  });

  const REFUSED: [Partial<RawRetentionOptions>, string][] = [
    [{ minimumRetentionDays: '0' }, 'INVALID_RETENTION'],
    [{ minimumRetentionDays: '-1' }, 'INVALID_RETENTION'],
    [{ minimumRetentionDays: '1.5' }, 'INVALID_RETENTION'],
    [{ minimumRetentionDays: '1e3' }, 'INVALID_RETENTION'],
    [{ minimumRetentionDays: '0x10' }, 'INVALID_RETENTION'],
    [{ minimumRetentionDays: ' 9' }, 'INVALID_RETENTION'],
    [{ minimumRetentionDays: '٩' }, 'INVALID_RETENTION'],
    [{ minimumRetentionDays: 'Infinity' }, 'INVALID_RETENTION'],
    [{ minimumRetentionDays: '99999999999999999999' }, 'INVALID_RETENTION'],
    [{ minimumRetentionDays: '36500' }, 'INVALID_RETENTION'],
    [{ minimumRetentionDays: '36501' }, 'INVALID_RETENTION'],
    [{ minimumRetentionDays: '' }, 'INVALID_OPTION'],
    [{ extensionFrequencyDays: '0' }, 'INVALID_RETENTION'],
    [{ extensionFrequencyDays: '30' }, 'INVALID_RETENTION'],
    [{ extensionFrequencyDays: '6' }, 'INVALID_RETENTION'],
    [{ scheduleIntervalDays: '0' }, 'INVALID_RETENTION'],
    [{ scheduleIntervalDays: '366', extensionFrequencyDays: '366' }, 'INVALID_RETENTION'],
    [{ mode: 'governance' }, 'INVALID_RETENTION'],
    [{ mode: 'GOVERNANCE', convertGovernance: true }, 'INVALID_RETENTION'],
    [{ prefix: [''] }, 'INVALID_PREFIX'],
    [{ prefix: ['a', 'x'.repeat(1025)] }, 'INVALID_PREFIX'],
    [{ bucket: '../etc' }, 'INVALID_BUCKET'],
    [{ budgetTasks: 'many' }, 'INVALID_RETENTION'],
    [{ budgetCost: '-1' }, 'INVALID_RETENTION'],
    [{ budgetCost: 'NaN' }, 'INVALID_RETENTION'],
    [{ config: '/nowhere/settings.json', minimumRetentionDays: '1' }, 'INVALID_OPTION'],
  ];
  test.each(REFUSED)('%j is refused with %s', async (options, code) => {
    expect(await codeOf(readSettings({ ...GIVEN, ...options }))).toBe(code);
  });

  test('the longest periods that S3 takes are taken', async () => {
    const settings = await readSettings({
      ...GIVEN,
      minimumRetentionDays: '36493',
      extensionFrequencyDays: '7',
    });
    expect(settings.rules[0]?.minimumRetentionDays).toBe(36_493);
  });

  test('a frequency that is no multiple says which ones are near', async () => {
    const attempt = readSettings({ ...GIVEN, extensionFrequencyDays: '30' });
    await expect(attempt).rejects.toMatchObject({ hint: expect.stringContaining('28 or 35 days') });
  });
});

describe('the configuration file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 's3-rewind-settings-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const RULE = { minimumRetentionDays: 90, extensionFrequencyDays: 28 };
  const FILES: [what: string, text: string, code: string | null][] = [
    [
      'several rules',
      JSON.stringify({ bucket: 'locked', rules: [RULE, { ...RULE, prefixes: ['a/'] }] }),
      null,
    ],
    ['no JSON', '{', 'INVALID_RETENTION'],
    ['no rules', JSON.stringify({ bucket: 'locked', rules: [] }), 'INVALID_RETENTION'],
    [
      'a misspelt field',
      JSON.stringify({ bucket: 'locked', rules: [{ ...RULE, minimumDays: 1 }] }),
      'INVALID_RETENTION',
    ],
    [
      'a number as text',
      JSON.stringify({ bucket: 'locked', rules: [{ ...RULE, minimumRetentionDays: '90' }] }),
      'INVALID_RETENTION',
    ],
    [
      'a prefix twice',
      JSON.stringify({
        bucket: 'locked',
        rules: [
          { ...RULE, prefixes: ['a'] },
          { ...RULE, prefixes: ['a'] },
        ],
      }),
      'INVALID_RETENTION',
    ],
    [
      'two rules for the rest',
      JSON.stringify({ bucket: 'locked', rules: [RULE, RULE] }),
      'INVALID_RETENTION',
    ],
    ['a bucket that is none', JSON.stringify({ bucket: 's3://x', rules: [RULE] }), 'INVALID_BUCKET'],
    ['a directory bucket', JSON.stringify({ bucket: 'a--use1-az1--x-s3', rules: [RULE] }), 'INVALID_BUCKET'],
  ];
  test.each(FILES)('%s', async (_, text, code) => {
    const config = join(folder, 'settings.json');
    await writeFile(config, text);
    expect(await codeOf(readSettings({ config }))).toBe(code);
  });

  test('of another bucket than the one that is named, or missing', async () => {
    const config = join(folder, 'settings.json');
    expect(await codeOf(readSettings({ config }))).toBe('INVALID_RETENTION');
    await writeFile(config, JSON.stringify({ bucket: 'locked', rules: [RULE] }));
    expect(await codeOf(readSettings({ config, bucket: 'other-bucket' }))).toBe('INVALID_OPTION');
    expect(await codeOf(readSettings({ config, bucket: 'locked' }))).toBe(null);
  });

  test('has the fingerprint of the same settings from options', async () => {
    const parsed = parseSettings(JSON.stringify({ rules: [RULE], bucket: 'locked' }), 'the test');
    expect(fingerprintOf(parsed)).toBe(fingerprintOf(await readSettings(GIVEN)));
    expect(fingerprintOf(parsed)).not.toBe(fingerprintOf(await readSettings({ ...GIVEN, budgetTasks: '1' })));
  });
});

describe('the need for a review', () => {
  const settings = settingsOf({}, { budgetTasks: 100, budgetUsd: 1 });
  const settingsFingerprint = fingerprintOf(settings);
  const digest = `sha256:${'0'.repeat(64)}`;
  const previous = { plan: { digest, settingsFingerprint }, isFinished: true };
  const within = { settings, settingsFingerprint, tasks: 100, costUsd: 1 };

  test.each([
    ['the same settings, within the budget', within, previous, 0],
    ['the first run', within, null, 1],
    ['an earlier run that did not end', within, { ...previous, isFinished: false }, 1],
    ['other settings', within, { ...previous, plan: { digest, settingsFingerprint: 'other' } }, 1],
    ['too many versions', { ...within, tasks: 101 }, previous, 1],
    ['too dear', { ...within, costUsd: 1.01 }, previous, 1],
    ['both', { ...within, tasks: 101, costUsd: 1.01 }, previous, 2],
    ['no budget at all', { ...within, settings: settingsOf() }, previous, 1],
  ])('%s', (_, given, before, reasons) => {
    const review = decideReview(given, before);
    expect(review.reasons).toHaveLength(reasons);
    expect(review.required).toBe(reasons > 0);
  });
});

describe('the estimate', () => {
  const estimate = (frequency: number) =>
    estimateRetention(
      settingsOf({ extensionFrequencyDays: frequency }),
      [1_000_000],
      [250_000],
      builtInPrices(),
    );

  test('is the published one: 1 M objects, 28 days, about $7.63 a month', () => {
    expect(Math.abs(estimate(28).monthlyUsd - 7.63)).toBeLessThan(7.63 * 0.0025);
  });

  test('with 280 days, requests and tasks are a tenth', () => {
    // 0.25 dollars a job and the report are paid every week in both.
    const fixed = (365 / 12 / 7) * (0.25 + 0.0025 + 0.00005);
    expect((estimate(28).monthlyUsd - fixed) / (estimate(280).monthlyUsd - fixed)).toBeCloseTo(10, 6);
  });

  test('shows longer steps, each cheaper and with longer locks', () => {
    const steps = estimate(28).rules[0]?.steps ?? [];
    expect(steps.map((step) => step.extensionFrequencyDays)).toEqual([7, 28, 91, 182, 280, 364]);
    for (const [index, step] of steps.entries()) {
      expect(step.longestLockDays).toBe(90 + step.extensionFrequencyDays);
      if (index > 0) expect(step.monthlyUsd).toBeLessThan(steps[index - 1]?.monthlyUsd ?? 0);
    }
  });

  test('of this run: a PUT and two reads a version, or a PUT and a task, and the job', () => {
    expect(estimate(28).run).toEqual({
      tasks: 250_000,
      directUsd: expect.closeTo(1.25 + 0.2, 9),
      batchUsd: expect.closeTo(1.25 + 0.25 + 0.25, 9),
    });
  });
});
