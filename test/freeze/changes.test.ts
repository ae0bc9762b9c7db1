import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BucketConfigurationCalls } from '../../src/s3/bucket-configuration.ts';
import { BUCKET, type FreezeStage, freeze, LIFECYCLE, openFreezeStage, POLICY, thaw } from './stage.ts';

/** What happens where somebody else is at work on the same bucket, or the command is killed. */

let stage: FreezeStage;
beforeEach(async () => {
  stage = await openFreezeStage();
  await stage.site.configurations.writePolicy(BUCKET, POLICY);
  await stage.site.configurations.writeLifecycle(BUCKET, LIFECYCLE);
});
afterEach(() => stage.end());

const read = async () => ({
  policy: await stage.site.configurations.readPolicy(BUCKET),
  lifecycle: await stage.site.configurations.readLifecycle(BUCKET),
});
type PolicyDocument = { Statement: { Sid: string }[] } & Record<string, unknown>;
const document = (text: string | null | undefined) => JSON.parse(text ?? '') as PolicyDocument;
const keptPolicy = () => document(stage.bucket.configurations.get('policy'));
const setPolicy = (policy: object) => stage.bucket.configurations.set('policy', JSON.stringify(policy));
const statement = (Sid: string) => ({
  Sid,
  Effect: 'Allow',
  Principal: { AWS: '111122223333' },
  Action: ['s3:GetObject'],
  Resource: 'arn:aws:s3:::data/*',
});

class Killed extends Error {}

type Call = keyof BucketConfigurationCalls;

/** The same stage, on which a call dies: before it is sent, or before its answer arrives. */
function killedAt(name: Call, nth: number, when: 'before' | 'after'): FreezeStage {
  let count = 0;
  const { configurations } = stage.site;
  const wrap =
    <Args extends unknown[], Result>(call: Call, send: (...args: Args) => Promise<Result>) =>
    async (...args: Args) => {
      const isNow = call === name && ++count === nth;
      if (isNow && when === 'before') throw new Killed();
      const answer = await send(...args);
      if (isNow) throw new Killed();
      return answer;
    };
  const dying: BucketConfigurationCalls = {
    readPolicy: wrap('readPolicy', configurations.readPolicy),
    writePolicy: wrap('writePolicy', configurations.writePolicy),
    readLifecycle: wrap('readLifecycle', configurations.readLifecycle),
    writeLifecycle: wrap('writeLifecycle', configurations.writeLifecycle),
  };
  return { ...stage, site: { ...stage.site, configurations: dying } };
}

const FREEZE_KILLS: [Call, number, 'before' | 'after'][] = [
  ['readPolicy', 1, 'before'],
  ['readPolicy', 2, 'after'],
  ['writeLifecycle', 1, 'before'],
  ['writeLifecycle', 1, 'after'],
  ['readLifecycle', 3, 'before'],
  ['readPolicy', 3, 'before'],
  ['writePolicy', 1, 'before'],
  ['writePolicy', 1, 'after'],
  ['readPolicy', 4, 'after'],
];

describe.each(FREEZE_KILLS)('a freeze that is killed at %s %i, %s it', (call, nth, when) => {
  test('is ended by a thaw', async () => {
    const before = await read();
    await expect(freeze(killedAt(call, nth, when))).rejects.toBeInstanceOf(Killed);
    if ((await stage.record.readFreeze()) !== null) await thaw(stage);
    expect(await read()).toEqual(before);
  });

  test('is finished by the same command', async () => {
    const before = await read();
    await expect(freeze(killedAt(call, nth, when))).rejects.toBeInstanceOf(Killed);
    await freeze(stage);
    expect(keptPolicy().Statement).toHaveLength(2);
    expect((await read()).lifecycle?.rules.filter(({ Status }) => Status === 'Enabled')).toHaveLength(1);
    expect(await stage.record.readFreeze()).toMatchObject({ state: 'frozen' });
    expect(await thaw(stage)).toMatchObject({ policy: 'exactly', lifecycle: 'exactly' });
    expect(await read()).toEqual(before);
  });
});

const THAW_KILLS: [Call, number, 'before' | 'after'][] = [
  ['writePolicy', 1, 'before'],
  ['writePolicy', 1, 'after'],
  ['readPolicy', 3, 'after'],
  ['writeLifecycle', 1, 'before'],
  ['writeLifecycle', 1, 'after'],
  ['readLifecycle', 3, 'after'],
];

test.each(THAW_KILLS)(
  'a thaw that is killed at %s %i, %s it, is finished by the next',
  async (call, nth, when) => {
    const before = await read();
    await freeze(stage);
    await expect(thaw(killedAt(call, nth, when))).rejects.toBeInstanceOf(Killed);
    expect(await stage.record.readFreeze()).toMatchObject({ state: 'frozen' });
    await thaw(stage);
    expect(await read()).toEqual(before);
    expect(await stage.record.readFreeze()).toMatchObject({ state: 'thawed' });
  },
);

describe('while the bucket is frozen', () => {
  test('a statement that someone added stays, and is named', async () => {
    await freeze(stage);
    const frozen = keptPolicy();
    setPolicy({ ...frozen, Statement: [...frozen.Statement, statement('Partner')] });
    const thawed = await thaw(stage);
    expect(thawed).toMatchObject({
      policy: 'own-part',
      lifecycle: 'exactly',
      differences: ['policy: Partner was added or changed; it stays'],
    });
    expect(keptPolicy().Statement.map(({ Sid }) => Sid)).toEqual(['TlsOnly', 'Partner']);
  });

  test('a statement that someone removed is not put back', async () => {
    await freeze(stage);
    const frozen = keptPolicy();
    setPolicy({ ...frozen, Statement: frozen.Statement.slice(1) });
    expect((await thaw(stage)).differences).toEqual(['policy: TlsOnly was removed or changed; it stays so']);
    expect(await stage.site.configurations.readPolicy(BUCKET)).toBeNull();
  });

  test('the freeze taken out by hand leaves the rules to the thaw', async () => {
    await freeze(stage);
    await stage.site.configurations.writePolicy(BUCKET, POLICY);
    expect(await thaw(stage)).toMatchObject({ policy: 'already', lifecycle: 'exactly' });
    expect((await read()).lifecycle).toEqual(LIFECYCLE);
  });

  test('the statement changed by hand goes all the same, and it is told', async () => {
    await freeze(stage);
    const frozen = keptPolicy();
    setPolicy({
      ...frozen,
      Statement: frozen.Statement.map((one) =>
        one.Sid === 'TlsOnly' ? one : { ...one, Action: 's3:PutObject' },
      ),
    });
    expect((await thaw(stage)).differences).toEqual(['policy: the statement of the freeze was changed']);
    expect(keptPolicy().Statement).toHaveLength(1);
  });

  test('what S3 writes otherwise is the same policy', async () => {
    setPolicy({ Version: '2012-10-17', Statement: statement('Partner') });
    const before = await read();
    await freeze(stage);
    const frozen = keptPolicy();
    const rewritten = frozen.Statement.map((one) => {
      if (one.Sid !== 'Partner') return one;
      return { ...one, Action: 's3:GetObject', Principal: { AWS: ['arn:aws:iam::111122223333:root'] } };
    });
    setPolicy({ ...frozen, Statement: rewritten.toReversed() });
    expect(await thaw(stage)).toMatchObject({ policy: 'exactly', differences: [] });
    expect(await read()).toEqual(before);
  });

  test('a paused rule that was changed stays off and is named, the others run again', async () => {
    await freeze(stage);
    const { rules = [], ...rest } = (await read()).lifecycle ?? { leastTransitionSize: null };
    const changed = rules.map((rule) =>
      rule.ID === 'date' ? { ...rule, Expiration: { Date: '2031-01-01T00:00:00.000Z' } } : rule,
    );
    await letEverybody(() => stage.site.configurations.writeLifecycle(BUCKET, { ...rest, rules: changed }));
    expect(await thaw(stage)).toMatchObject({
      lifecycle: 'own-part',
      differences: ['lifecycle: the paused rule date was changed; it stays disabled'],
      rulesLeftPaused: ['date'],
    });
    const after = (await read()).lifecycle?.rules.map(({ ID, Status }) => `${ID} ${Status}`);
    expect(after).toEqual(['expire-old Enabled', 'date Disabled', 'off Disabled', 'uploads Enabled']);
  });

  test('paused rules that were removed are not put back', async () => {
    await freeze(stage);
    stage.bucket.configurations.delete('lifecycle');
    expect(await thaw(stage)).toMatchObject({
      lifecycle: 'already',
      differences: [
        'lifecycle: the paused rule expire-old was removed; it is not put back',
        'lifecycle: the paused rule date was removed; it is not put back',
      ],
    });
    expect((await read()).lifecycle).toBeNull();
  });

  test('a rule that someone added stays', async () => {
    await freeze(stage);
    const frozen = (await read()).lifecycle ?? LIFECYCLE;
    const added = { ID: 'new', Status: 'Enabled', Filter: { Prefix: 'n/' }, Expiration: { Days: 9 } };
    await letEverybody(() =>
      stage.site.configurations.writeLifecycle(BUCKET, { ...frozen, rules: [...frozen.rules, added] }),
    );
    expect(await thaw(stage)).toMatchObject({
      lifecycle: 'own-part',
      differences: ['lifecycle: other rules were changed; they stay'],
    });
    expect((await read()).lifecycle?.rules).toEqual([...LIFECYCLE.rules, added]);
  });

  async function letEverybody(write: () => Promise<void>): Promise<void> {
    const kept = keptPolicy();
    setPolicy({ ...kept, Statement: kept.Statement.slice(0, 1) });
    await write();
    setPolicy(kept);
  }
});

describe('while the freeze is on its way', () => {
  /** Changes something right after the nth call of an operation. */
  function meanwhile(operation: string, nth: number, change: () => void): void {
    let count = 0;
    stage.sandbox.on('after', (name) => {
      if (name === operation && ++count === nth) change();
    });
  }

  test('a policy that changes after the first look is read anew', async () => {
    const changed = { ...document(POLICY), Statement: [...document(POLICY).Statement, statement('New')] };
    meanwhile('GetBucketPolicy', 1, () => setPolicy(changed));
    await freeze(stage);
    expect(keptPolicy().Statement.map(({ Sid }) => Sid.slice(0, 8))).toEqual(['TlsOnly', 'New', 'S3Rewind']);
    await thaw(stage);
    expect(keptPolicy()).toEqual(changed);
  });

  test('a policy that changes between lifecycle and policy is read anew', async () => {
    const changed = { ...document(POLICY), Statement: [statement('New')] };
    meanwhile('PutBucketLifecycleConfiguration', 1, () => setPolicy(changed));
    await freeze(stage);
    expect(keptPolicy().Statement).toHaveLength(2);
    await thaw(stage);
    expect(keptPolicy()).toEqual(changed);
    expect((await read()).lifecycle).toEqual(LIFECYCLE);
  });

  test('a policy written over the freeze is a conflict, and a thaw ends what was done', async () => {
    const changed = { ...document(POLICY), Statement: [statement('Over')] };
    meanwhile('PutBucketPolicy', 1, () => setPolicy(changed));
    await expect(freeze(stage)).rejects.toMatchObject({ code: 'FREEZE_CONFLICT' });
    expect(await thaw(stage)).toMatchObject({ policy: 'already', lifecycle: 'exactly' });
    expect(keptPolicy()).toEqual(changed);
  });

  test('a writer that never rests is a conflict', async () => {
    let count = 0;
    stage.sandbox.on('after', (name) => {
      if (name !== 'GetBucketPolicy') return;
      count += 1;
      setPolicy({ ...document(POLICY), Statement: [statement(`N${count}`)] });
    });
    await expect(freeze(stage)).rejects.toMatchObject({ code: 'FREEZE_CONFLICT' });
    expect(keptPolicy().Statement).toHaveLength(1);
  });

  test('a read that still finds the policy of before is asked again', async () => {
    let stale = 3;
    const { configurations } = stage.site;
    const late = {
      ...configurations,
      readPolicy: async (bucket: string) => {
        const now = await configurations.readPolicy(bucket);
        return now?.includes('S3RewindFreeze') && stale-- > 0 ? POLICY : now;
      },
    };
    expect(await freeze({ ...stage, site: { ...stage.site, configurations: late } })).toMatchObject({
      outcome: 'frozen',
    });
    expect(stale).toBeLessThan(0);
  });

  test('a write that never shows is told', async () => {
    const late = { ...stage.site.configurations, readPolicy: async () => POLICY };
    const site = { ...stage.site, configurations: late };
    await expect(freeze({ ...stage, site })).rejects.toMatchObject({ code: 'FREEZE_CONFLICT' });
  });
});
