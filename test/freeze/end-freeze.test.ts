import { afterEach, beforeEach, expect, test } from 'vitest';
import { openBucketConfigurationCalls } from '../../src/aws/bucket-configuration.ts';
import { freezeNote } from '../../src/cli/freeze-summary.ts';
import { endFreeze } from '../../src/freeze/end-freeze.ts';
import { BUCKET, type FreezeStage, freeze, openFreezeStage, POLICY, thaw } from './stage.ts';

/** What cleanup does with the freeze of a rollback. */

let stage: FreezeStage;
beforeEach(async () => {
  stage = await openFreezeStage();
  stage.bucket.configurations.set('policy', POLICY);
});
afterEach(() => stage.end());

const NONE = { outcome: 'none', bucket: null, wasExpired: false, differences: [], next: null };

test('without a freeze, or with one that has ended, there is nothing to do', async () => {
  expect(await endFreeze(stage.site, stage.record, false)).toEqual(NONE);
  await freeze(stage);
  await thaw(stage);
  const ended = await endFreeze(stage.site, stage.record, false);
  expect(ended).toEqual(NONE);
  expect(freezeNote(ended)).toBe('');
});

test('a freeze in force is thawed, or in a dry run named', async () => {
  await freeze(stage);
  const trial = await endFreeze(stage.site, stage.record, true);
  expect(freezeNote(trial)).toBe('\n  would thaw data');
  expect(stage.bucket.configurations.get('policy')).not.toBe(POLICY);
  const late = { ...stage.site, now: () => new Date('2026-03-03T00:00:00Z') };
  const ended = await endFreeze(late, stage.record, false);
  expect(freezeNote(ended)).toBe('\n  thawed data, which was overdue');
  expect(stage.bucket.configurations.get('policy')).toBe(POLICY);
});

test.each(['GetBucketPolicy', 'DeleteBucketPolicy', 'PutBucketPolicy'])(
  'credentials that may not %s leave it, with the command',
  async (operation) => {
    if (operation === 'DeleteBucketPolicy') stage.bucket.configurations.clear();
    await freeze(stage);
    const frozen = stage.bucket.configurations.get('policy');
    stage.sandbox.faults.add({ operation, effect: { error: { code: 'AccessDenied', status: 403 } } });
    const left = await endFreeze(stage.site, stage.record, false);
    expect(left).toMatchObject({ outcome: 'left', bucket: BUCKET });
    expect(freezeNote(left)).toBe(
      `\n  data is still FROZEN; as someone who may write its policy: npm run --silent s3-rewind -- thaw --record ${stage.folder}`,
    );
    expect(stage.bucket.configurations.get('policy')).toBe(frozen);
    expect(await stage.record.readFreeze()).toMatchObject({ state: 'frozen' });
  },
);

test('any other failure is one', async () => {
  await freeze(stage);
  stage.sandbox.faults.add({ operation: 'GetBucketPolicy', effect: { error: { code: 'Odd', status: 400 } } });
  const site = { ...stage.site, configurations: openBucketConfigurationCalls(stage.client) };
  await expect(endFreeze(site, stage.record, false)).rejects.toMatchObject({ code: 'S3_FAILED' });
});
