import {
  DeleteObjectsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  BUCKET,
  type FreezeStage,
  freeze,
  LIFECYCLE,
  NOW,
  ON_CALL,
  openFreezeStage,
  POLICY,
  putAs,
  thaw,
} from './stage.ts';

let stage: FreezeStage;
beforeEach(async () => {
  stage = await openFreezeStage();
});
afterEach(() => stage.end());

const policyOf = () => stage.bucket.configurations.get('policy');
const read = async () => ({
  policy: await stage.site.configurations.readPolicy(BUCKET),
  lifecycle: await stage.site.configurations.readLifecycle(BUCKET),
});

async function prepare(): Promise<void> {
  await stage.site.configurations.writePolicy(BUCKET, POLICY);
  await stage.site.configurations.writeLifecycle(BUCKET, LIFECYCLE);
}

describe('a frozen bucket', () => {
  test('takes writes of those who are excepted alone', async () => {
    stage.sandbox.principals.set('AKIAONCALL', ON_CALL);
    expect(await putAs(stage, 'AKIAAPP', 'k')).toBeNull();
    await freeze(stage);
    expect(await putAs(stage, 'AKIAAPP', 'k')).toBe('AccessDenied');
    expect(await putAs(stage, 'AKIAONCALL', 'k')).toBeNull();
    expect(stage.bucket.stack('k')).toHaveLength(2);
    await thaw(stage);
    expect(await putAs(stage, 'AKIAAPP', 'k')).toBeNull();
  });

  test('refuses deletes key by key, lifecycle rules and the end of versioning', async () => {
    await prepare();
    await putAs(stage, 'AKIAAPP', 'a/k');
    await freeze(stage);
    const Delete = { Objects: [{ Key: 'a/k' }, { Key: 'other' }] };
    const { Errors } = await stage.client.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete }));
    expect(Errors?.map(({ Code }) => Code)).toEqual(['AccessDenied', 'AccessDenied']);
    const rules = new PutBucketLifecycleConfigurationCommand({
      Bucket: BUCKET,
      LifecycleConfiguration: { Rules: [{ Status: 'Enabled', Filter: {}, Expiration: { Days: 1 } }] },
    });
    await expect(stage.client.send(rules)).rejects.toThrow('Access Denied');
    const suspended = new PutBucketVersioningCommand({
      Bucket: BUCKET,
      VersioningConfiguration: { Status: 'Suspended' },
    });
    await expect(stage.client.send(suspended)).rejects.toThrow('Access Denied');
  });

  test.each([
    ['data/', 'data/k', 'AccessDenied'],
    ['data/', 'other/k', null],
    ['we*rd?$/', 'we*rd?$/k', 'AccessDenied'],
    ['we*rd?$/', 'weird!$/k', null],
  ])('with the prefix %s: %s gives %s', async (prefix, key, expected) => {
    await freeze(stage, { prefix: [prefix] });
    expect(await putAs(stage, 'AKIAAPP', key)).toBe(expected);
  });

  test('is frozen wider where the policy is of a version without variables', async () => {
    const statement = {
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::data/*',
    };
    await stage.site.configurations.writePolicy(BUCKET, JSON.stringify({ Statement: [statement] }));
    await freeze(stage, { prefix: ['we*rd/'] });
    expect(await putAs(stage, 'AKIAAPP', 'we*rd/k')).toBe('AccessDenied');
    expect(await putAs(stage, 'AKIAAPP', 'weird/k')).toBe('AccessDenied');
    expect(await putAs(stage, 'AKIAAPP', 'x')).toBeNull();
  });

  test('keeps what lifecycle rules would have removed', async () => {
    await prepare();
    for (const lastModified of ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z'])
      for (const key of ['a/1', 'a/2']) stage.bucket.put(key, { body: 'x', lastModified });
    for (const key of ['a/1', 'a/2'])
      stage.bucket.put(key, { body: 'x', lastModified: '2026-01-04T00:00:00Z' });
    stage.sandbox.clock.set('2026-06-01T00:00:00Z');
    await freeze(stage);
    expect(stage.sandbox.applyLifecycle(BUCKET)).toMatchObject({ noncurrentExpired: 0 });
    await thaw(stage);
    expect(stage.sandbox.applyLifecycle(BUCKET).noncurrentExpired).toBeGreaterThan(0);
  });
});

test('freeze and thaw put both configurations back as they were, text and all', async () => {
  await prepare();
  const before = { ...(await read()), text: policyOf() };
  const { file } = await freeze(stage);
  expect(file.lifecycle.paused.map(({ ID }) => ID)).toEqual(['expire-old', 'date']);
  expect((await read()).lifecycle?.rules.map(({ Status }) => Status)).toEqual([
    'Disabled',
    'Disabled',
    'Disabled',
    'Enabled',
  ]);
  expect((await read()).lifecycle?.leastTransitionSize).toBe('varies_by_storage_class');
  expect(JSON.parse(policyOf() ?? '').Statement).toHaveLength(2);
  expect(await thaw(stage)).toMatchObject({
    outcome: 'thawed',
    policy: 'exactly',
    lifecycle: 'exactly',
    differences: [],
  });
  expect({ ...(await read()), text: policyOf() }).toEqual(before);
});

test('a bucket without policy and rules has none again afterwards', async () => {
  await freeze(stage);
  expect(policyOf()).toBeDefined();
  await thaw(stage);
  expect([...stage.bucket.configurations.keys()]).toEqual([]);
});

test('both are safe to repeat, and a rule that is disabled after the thaw stays so', async () => {
  await prepare();
  expect(await freeze(stage)).toMatchObject({ outcome: 'frozen' });
  expect(await freeze(stage)).toMatchObject({ outcome: 'already' });
  expect(await thaw(stage)).toMatchObject({ outcome: 'thawed' });
  expect(await thaw(stage)).toMatchObject({ outcome: 'already' });
  const off = { ...LIFECYCLE, rules: LIFECYCLE.rules.map((rule) => ({ ...rule, Status: 'Disabled' })) };
  await stage.site.configurations.writeLifecycle(BUCKET, off);
  expect(await thaw(stage)).toMatchObject({ outcome: 'already', differences: [] });
  expect((await read()).lifecycle).toEqual(off);
});

test('a dry run changes nothing, in the bucket or in the record', async () => {
  await prepare();
  const before = await read();
  expect(await freeze(stage, {}, { isTrial: true })).toMatchObject({ outcome: 'would-freeze' });
  expect(await read()).toEqual(before);
  expect(await stage.record.readFreeze()).toBeNull();
  await freeze(stage);
  const frozen = await read();
  expect(await thaw(stage, true)).toMatchObject({ outcome: 'would-thaw', policy: 'exactly' });
  expect(await read()).toEqual(frozen);
  expect(await stage.record.readFreeze()).toMatchObject({ state: 'frozen' });
});

test('other settings change the freeze, and what was there before it stays known', async () => {
  await prepare();
  const before = await read();
  await freeze(stage);
  // Who is not excepted may not change the rules now, and loses nothing by trying.
  await expect(freeze(stage, { prefix: ['a/'] })).rejects.toMatchObject({
    code: 'ACCESS_DENIED',
    hint: expect.stringContaining('thaw and freeze again'),
  });
  const tried = await stage.record.readFreeze();
  expect(tried?.lifecycle.paused.map(({ ID }) => ID).toSorted()).toEqual(['date', 'expire-old']);
  stage.sandbox.principals.set('AKIASANDBOX', ON_CALL);
  const { outcome, file } = await freeze(stage, { prefix: ['a/'], until: '2026-03-09T00:00:00Z' });
  expect(outcome).toBe('frozen');
  expect(file.policy.before).toBe(POLICY);
  expect(file.lifecycle.paused.map(({ ID }) => ID)).toEqual(['expire-old']);
  expect((await read()).lifecycle?.rules[1]).toMatchObject({ ID: 'date', Status: 'Enabled' });
  expect(policyOf()).toContain('Until20260309T000000Z');
  await thaw(stage);
  expect(await read()).toEqual(before);
});

test('--keep-lifecycle leaves the rules alone', async () => {
  await prepare();
  await freeze(stage, { keepLifecycle: true });
  expect((await read()).lifecycle).toEqual(LIFECYCLE);
  expect(await thaw(stage)).toMatchObject({ policy: 'exactly', lifecycle: 'already' });
});

test('the reminder is over, and the thaw says so', async () => {
  await freeze(stage, { until: new Date(NOW.getTime() + 1000).toISOString().replace('.000', '') });
  stage.site = { ...stage.site, now: () => new Date(NOW.getTime() + 2000) };
  expect(await thaw(stage)).toMatchObject({ wasExpired: true });
});

test('who is not excepted can thaw, though the statement denies lifecycle rules for a while yet', async () => {
  await prepare();
  await freeze(stage);
  const frozen = policyOf() ?? '';
  // S3 still enforces the statement at the first two tries.
  let tries = 0;
  const { configurations } = stage.site;
  stage.site = {
    ...stage.site,
    configurations: {
      ...configurations,
      async writeLifecycle(bucket, lifecycle) {
        tries += 1;
        const kept = policyOf();
        if (tries < 3) stage.bucket.configurations.set('policy', frozen);
        try {
          await configurations.writeLifecycle(bucket, lifecycle);
        } finally {
          if (kept !== undefined) stage.bucket.configurations.set('policy', kept);
        }
      },
    },
  };
  expect(await thaw(stage)).toMatchObject({ policy: 'exactly', lifecycle: 'exactly' });
  expect(tries).toBe(3);
  expect((await read()).lifecycle).toEqual(LIFECYCLE);
});

test('an element that this version does not know is refused, not dropped', async () => {
  stage.bucket.configurations.set(
    'lifecycle',
    '<LifecycleConfiguration><Rule><ID>x</ID><Status>Enabled</Status><Filter/><Expiration><Days>1</Days><Grace>2</Grace></Expiration></Rule></LifecycleConfiguration>',
  );
  await expect(freeze(stage)).rejects.toMatchObject({ code: 'LIFECYCLE_UNKNOWN' });
  expect(policyOf()).toBeUndefined();
});

test('nobody is locked out: the statement denies no change of the policy, and no reading', async () => {
  const { statement } = await freeze(stage);
  expect(statement.Action.filter((action) => /Policy|Get|List|s3:(Put|Delete)?\*/.test(action))).toEqual([]);
  // The one who thaws here is not excepted.
  expect(await thaw(stage)).toMatchObject({ outcome: 'thawed' });
});
