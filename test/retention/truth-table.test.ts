import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { classifyEntry, datesOf, modeAfter } from '../../src/retention/rule.ts';
import { lock, openStage, planNow, run, type Stage, settingsOf } from './stage.ts';
import { TRUTH_KEY as KEY, TRUTH_ROWS } from './truth-rows.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.end());

describe('the rule', () => {
  test.each(TRUTH_ROWS)('$what', async ({ put: prepare, rule, class: expected, after, end }) => {
    prepare(stage, KEY);
    const now = stage.sandbox.clock.now();
    const settings = settingsOf(rule);
    const record = await planNow(stage, settings);
    expect(record.plan.classes.map((row) => row.class)).toEqual([expected]);
    const isSelected = expected === 'no-lock' || expected === 'too-short';
    expect(record.plan.estimate.run.tasks).toBe(isSelected ? 1 : 0);

    // The rule in TypeScript says the same as the rule in SQL.
    const [own] = settings.rules;
    const version = stage.bucket.stack(KEY)[0];
    if (own === undefined || version?.isDeleteMarker !== false) throw new Error('one version is there');
    const { retention, legalHold } = version.attributes;
    const before = retention && { mode: retention.mode, retainUntil: new Date(retention.retainUntil) };
    const entry = {
      isDeleteMarker: false,
      isCurrent: true,
      retention: before ?? null,
      legalHold: legalHold === true,
    };
    expect(classifyEntry(entry, own, datesOf(own, 7, new Date(now)))).toBe(expected);
    if (isSelected) expect(record.plan.manifests[0]?.mode).toBe(modeAfter(before?.mode ?? null, own));

    const { outcomes } = await run(stage, record);
    expect(outcomes[end ?? 'done']).toBe(isSelected ? 1 : 0);
    const locked = version.attributes.retention;
    expect(locked ? [locked.mode, (locked.retainUntil - now) / 86_400_000] : null).toEqual(after);
  });

  test('noncurrent versions and delete markers are left alone', async () => {
    stage.bucket.put('k', { attributes: lock(stage, 'COMPLIANCE', 1) });
    stage.bucket.put('k');
    stage.bucket.put('deleted');
    stage.bucket.addDeleteMarker('deleted');
    const record = await planNow(stage);
    const counts = Object.fromEntries(
      record.plan.classes.map((row) => [`${row.class} ${row.mode}`, row.entries]),
    );
    expect(counts).toEqual({
      'delete-marker null': 1,
      'no-lock null': 1,
      'noncurrent COMPLIANCE': 1,
      'noncurrent null': 1,
    });
    const rule = settingsOf().rules[0];
    if (rule === undefined) throw new Error('there is a rule');
    const dates = datesOf(rule, 7, new Date());
    const entry = { isDeleteMarker: false, isCurrent: false, retention: null, legalHold: false };
    expect(classifyEntry(entry, rule, dates)).toBe('noncurrent');
    expect(classifyEntry({ ...entry, isDeleteMarker: true }, rule, dates)).toBe('delete-marker');
  });

  test.each([
    [90, 28, 97, 118],
    // The published text says 364 here and 118 above; by one rule it is 365.
    [1, 364, 8, 365],
  ])(
    'minimum %i, frequency %i: selected below %i days, then %i',
    async (minimum, frequency, below, after) => {
      const settings = settingsOf({ minimumRetentionDays: minimum, extensionFrequencyDays: frequency });
      stage.bucket.put('k');
      const { plan } = await planNow(stage, settings);
      const days = (until: string | undefined) =>
        (Date.parse(until ?? '') - stage.sandbox.clock.now()) / 86_400_000;
      expect([days(plan.dates[0]?.horizon), days(plan.dates[0]?.target)]).toEqual([below, after]);
      expect(days(plan.manifests[0]?.retainUntil)).toBe(after);
    },
  );
});

describe('manifests', () => {
  test('have no header, encoded keys, and a version ID in every row', async () => {
    stage.bucket.put(KEY);
    stage.bucket.put('null', { versionId: 'null' });
    const { folder, plan } = await planNow(stage);
    const text = await readFile(join(folder, plan.manifests[0]?.path ?? ''), 'utf8');
    const rows = text
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','));
    expect(rows.map((fields) => fields.length)).toEqual([6, 6]);
    expect(rows[0]?.[1]).toBe('a%20key/with%20%2B%25%2C%22quotes%22%20and%20%C3%BCn%C3%AFcode');
    for (const [bucket, , versionId, current] of rows) {
      expect(bucket).toBe('locked');
      expect(versionId).toMatch(/^\S+$/);
      expect(current).toBe(versionId);
    }
  });

  test('one for each rule and mode; the longest prefix decides', async () => {
    for (const key of ['a/1', 'a/b/1', 'c', 'a/b/2']) stage.bucket.put(key);
    stage.bucket.put('a/g', { attributes: lock(stage, 'GOVERNANCE', 5) });
    const settings = {
      ...settingsOf(),
      rules: [
        ...settingsOf({ prefixes: ['a/'] }).rules,
        ...settingsOf({
          prefixes: ['a/b/'],
          minimumRetentionDays: 1,
          extensionFrequencyDays: 7,
          mode: 'GOVERNANCE',
        }).rules,
      ],
    };
    const { plan } = await planNow(stage, settings);
    expect(plan.manifests.map(({ name, rows, rule }) => [name, rule, rows])).toEqual([
      ['rule1-governance', 1, 1],
      ['rule1-compliance', 1, 1],
      ['rule2-governance', 2, 2],
    ]);
    expect(plan.inventory).toMatchObject({ entries: 5, entriesInScope: 4 });
  });
});
