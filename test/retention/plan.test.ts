import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readTemplate } from '../../src/render/handlebars.ts';
import { renderRetentionComment } from '../../src/retention/retention-comment.ts';
import { retentionDigest } from '../../src/retention/retention-plan-file.ts';
import { REFUSED_INVENTORIES } from './refused-inventories.ts';
import {
  inventoryOf,
  lock,
  openStage,
  PARQUET_DATES,
  planNow,
  run,
  type Stage,
  settingsOf,
  writeParquetInventory,
} from './stage.ts';

const TEMPLATE = await readTemplate(new URL('../../templates/retention.md.hbs', import.meta.url));
const golden = (name: string) => `../golden/retention/${name}.md`;

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.end());

function fill(): void {
  const { bucket } = stage;
  for (let index = 0; index < 8; index += 1)
    bucket.put(`ledger/${index}`, { attributes: lock(stage, 'COMPLIANCE', 80 + index * 5) });
  bucket.put('ledger/governed', { attributes: lock(stage, 'GOVERNANCE', 20) });
  bucket.put('ledger/new');
  bucket.put('ledger/| `@team` <!-- $(x)\n');
  bucket.put('logs/1');
  bucket.addDeleteMarker('logs/1');
  bucket.put('logs/held', { attributes: { legalHold: true } });
}

describe('comment.md', () => {
  test('of a first run', async () => {
    fill();
    const settings = {
      ...settingsOf({}, { budgetTasks: 100, budgetUsd: 2.5 }),
      rules: [
        ...settingsOf({ prefixes: ['ledger/'], convertGovernance: true }).rules,
        ...settingsOf({ minimumRetentionDays: 1, extensionFrequencyDays: 364, mode: 'GOVERNANCE' }).rules,
      ],
    };
    const { plan } = await planNow(stage, settings);
    await expect(renderRetentionComment(plan, TEMPLATE)).toMatchFileSnapshot(golden('first-run'));
  });

  test('of a later run with nothing to do', async () => {
    fill();
    stage.bucket.objectLock = { defaultRetention: { mode: 'COMPLIANCE', days: 30 } };
    const settings = settingsOf({}, { budgetTasks: 100 });
    const previous = await planNow(stage, settings);
    await run(stage, previous);
    const { plan } = await planNow(stage, settings, { previous });
    await expect(renderRetentionComment(plan, TEMPLATE)).toMatchFileSnapshot(golden('nothing-due'));
  });
});

describe('retention.json', () => {
  test('fits its published schema', async () => {
    fill();
    const { plan } = await planNow(stage);
    const schema = JSON.parse(
      await readFile(new URL('../../docs/retention.schema.json', import.meta.url), 'utf8'),
    );
    const validate = new Ajv2020({ strict: false }).compile(schema);
    expect(validate(plan), JSON.stringify(validate.errors)).toBe(true);
  });

  test('has the same digest from the same bucket at the same time, and another one otherwise', async () => {
    fill();
    const [one, two] = [await planNow(stage), await planNow(stage)];
    expect(two.plan.digest).toBe(one.plan.digest);
    expect(retentionDigest({ ...one.plan, now: '2026-01-05T03:00:01Z' })).not.toBe(one.plan.digest);
    stage.sandbox.clock.advance(1);
    expect((await planNow(stage)).plan.digest).not.toBe(one.plan.digest);
  });

  test.each([
    ['no default retention', undefined, /has no default retention/],
    ['a default that is too short', { mode: 'COMPLIANCE', days: 7 } as const, /is 7 days/],
    ['a default in GOVERNANCE', { mode: 'GOVERNANCE', years: 1 } as const, /is GOVERNANCE/],
    ['a default that is long enough', { mode: 'COMPLIANCE', days: 9 } as const, null],
  ])('warns of %s', async (_, defaultRetention, message) => {
    stage.bucket.put('k');
    stage.bucket.objectLock = { defaultRetention };
    const { plan } = await planNow(stage);
    const found = plan.checks.find(({ code }) => code === 'DEFAULT_RETENTION');
    if (message === null) expect(found).toBeUndefined();
    else expect(found?.message).toMatch(message);
  });
});

describe('an inventory that cannot serve', () => {
  test.each(REFUSED_INVENTORIES)('%s', async (_, change, code) => {
    stage.bucket.put('a', { attributes: lock(stage, 'COMPLIANCE', 5) });
    stage.bucket.put('b');
    const inventory = change(inventoryOf(stage.bucket));
    expect(inventory).not.toBe(inventoryOf(stage.bucket));
    await expect(planNow(stage, settingsOf(), { inventory })).rejects.toMatchObject({ code });
  });

  test('has nothing under any rule', async () => {
    stage.bucket.put('a');
    await expect(planNow(stage, settingsOf({ prefixes: ['b/'] }))).rejects.toMatchObject({
      code: 'NOTHING_IN_SCOPE',
    });
  });
});

test('prefixes are taken literally', async () => {
  for (const key of ['a_b/1', 'axb/1', "it's%/1"]) stage.bucket.put(key);
  const { plan, folder } = await planNow(stage, settingsOf({ prefixes: ['a_b/', "it's%"] }));
  expect(plan.estimate.run.tasks).toBe(2);
  await writeFile(join(folder, 'note'), 'the record takes files of others');
});

describe('a report in Parquet', () => {
  test.each(Object.keys(PARQUET_DATES) as (keyof typeof PARQUET_DATES)[])(
    'has the date as %s',
    async (dates) => {
      stage.bucket.put('due', { attributes: lock(stage, 'COMPLIANCE', 96) });
      stage.bucket.put('long', { attributes: lock(stage, 'COMPLIANCE', 97) });
      stage.bucket.put('none');
      const path = await writeParquetInventory(stage, dates);
      const { plan } = await planNow(stage, settingsOf(), { path });
      expect(plan.samples.map(({ key, retainUntil }) => [key, retainUntil])).toEqual([
        ['none', null],
        ['due', '2026-04-11T03:00:00Z'],
      ]);
    },
  );
});
