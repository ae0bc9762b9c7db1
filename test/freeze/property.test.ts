import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FreezeFile } from '../../src/freeze/freeze-file.ts';
import type { FreezeRecord } from '../../src/freeze/freeze-record.ts';
import type { BucketConfigurationCalls, LifecycleDocument } from '../../src/s3/bucket-configuration.ts';
import { freeze, siteOf, thaw } from './stage.ts';

/** Any bucket, frozen and thawed, is as it was; any change of others meanwhile stays. */

const one = <T>(value: fc.Arbitrary<T>) => fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 3 }));
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of IAM.
  fc.constantFrom('${*}', '"', '\\', '<!--'),
);
const conditionKeys = fc.constantFrom('aws:SourceIp', 's3:prefix', 'aws:PrincipalTag/ü x', 'AWS:sourceip');
const statements = fc.array(
  fc.record(
    {
      Sid: fc.oneof(text, fc.constantFrom('S3RewindFreeze', 'S3RewindFreeze0a1b2c3d')),
      Effect: fc.constantFrom('Allow', 'Deny'),
      Principal: fc.oneof(
        fc.constant('*'),
        fc.record({ AWS: one(fc.constantFrom('*', '111122223333', 'arn:aws:iam::111122223333:root')) }),
        fc.record({ Service: one(fc.constantFrom('logging.s3.amazonaws.com')) }),
      ),
      Action: one(fc.constantFrom('s3:*', 's3:PutObject', 's3:GetObject')),
      Resource: one(text.map((name) => `arn:aws:s3:::data/${name}`)),
      Condition: fc.dictionary(
        fc.constantFrom('StringEquals', 'Bool', 'NumericLessThan'),
        fc.dictionary(conditionKeys, one(fc.oneof(text, fc.boolean(), fc.integer()))),
      ),
    },
    { requiredKeys: ['Effect', 'Principal', 'Action', 'Resource'] },
  ),
  { minLength: 1, maxLength: 5 },
);
const policies = fc.option(
  fc
    .record(
      { Version: fc.constantFrom('2012-10-17', '2008-10-17'), Id: text, Statement: statements },
      { requiredKeys: ['Statement'] },
    )
    .chain((policy) => fc.constantFrom(JSON.stringify(policy), JSON.stringify(policy, null, 2))),
);
const prefix = fc.constantFrom('', 'a', 'a/', 'b/', 'a/b/');
const action = {
  Expiration: fc.oneof(
    fc.record({ Days: fc.integer({ min: 1 }) }),
    fc.record({ ExpiredObjectDeleteMarker: fc.boolean() }),
  ),
  NoncurrentVersionExpiration: fc.record({ NoncurrentDays: fc.integer({ min: 1 }) }),
  Transitions: fc.array(fc.record({ Days: fc.nat(), StorageClass: fc.constant('GLACIER') }), {
    maxLength: 2,
  }),
  AbortIncompleteMultipartUpload: fc.record({ DaysAfterInitiation: fc.integer({ min: 1 }) }),
};
const rules = fc.uniqueArray(
  fc.record(
    {
      ID: text,
      Status: fc.constantFrom('Enabled', 'Disabled'),
      Filter: fc.oneof(
        fc.record({ Prefix: prefix }),
        fc.record({ And: fc.record({ Prefix: prefix, ObjectSizeLessThan: fc.nat() }) }),
        fc.constant({}),
      ),
      ...action,
    },
    { requiredKeys: ['ID', 'Status', 'Filter'] },
  ),
  { selector: ({ ID }) => ID, minLength: 1, maxLength: 6 },
);
const lifecycles: fc.Arbitrary<LifecycleDocument | null> = fc.option(
  fc.record({
    rules: rules as fc.Arbitrary<LifecycleDocument['rules']>,
    leastTransitionSize: fc.constantFrom(null, 'varies_by_storage_class'),
  }),
);
const scopes = fc.uniqueArray(fc.constantFrom('a/', 'a/b/c', 'b', 'we*rd$?/ü'), { maxLength: 2 });

function memory(policy: string | null, lifecycle: LifecycleDocument | null) {
  const kept = { policy, lifecycle };
  const configurations: BucketConfigurationCalls = {
    readPolicy: async () => kept.policy,
    writePolicy: async (_bucket, text) => {
      kept.policy = text;
    },
    readLifecycle: async () => structuredClone(kept.lifecycle),
    writeLifecycle: async (_bucket, document) => {
      kept.lifecycle = structuredClone(document);
    },
  };
  let file: FreezeFile | null = null;
  const record: FreezeRecord = {
    name: 'memory',
    readFreeze: async () => file,
    // As through the file.
    writeFreeze: async (written) => {
      file = JSON.parse(JSON.stringify(written));
    },
    readPlan: async () => null,
  };
  return { kept, stage: { site: siteOf(configurations), record } };
}

test('a freeze and a thaw leave no trace', async () => {
  await fc.assert(
    fc.asyncProperty(policies, lifecycles, scopes, async (policy, lifecycle, scope) => {
      const { kept, stage } = memory(policy, lifecycle);
      const { statement, file } = await freeze(stage, { prefix: scope });
      // What was there still says what it said, and comes first.
      const before = policy === null ? [] : JSON.parse(policy).Statement;
      expect(JSON.parse(kept.policy ?? '').Statement).toEqual([...before, statement]);
      const off = kept.lifecycle?.rules.filter(({ Status }) => Status === 'Disabled').length ?? 0;
      const offBefore = lifecycle?.rules.filter(({ Status }) => Status === 'Disabled').length ?? 0;
      expect(off - offBefore).toBe(file.lifecycle.paused.length);
      expect((await freeze(stage, { prefix: scope })).outcome).toBe('already');
      const thawed = await thaw(stage);
      expect(thawed.differences).toEqual([]);
      expect(kept).toEqual({ policy, lifecycle });
      expect((await thaw(stage)).outcome).toBe('already');
      expect(kept).toEqual({ policy, lifecycle });
    }),
    { numRuns: 150 },
  );
});

test('what others write meanwhile stays, whatever it is', async () => {
  await fc.assert(
    fc.asyncProperty(policies, lifecycles, statements, rules, async (policy, lifecycle, added, newRules) => {
      const { kept, stage } = memory(policy, lifecycle);
      await freeze(stage);
      const frozen = JSON.parse(kept.policy ?? '');
      kept.policy = JSON.stringify({ ...frozen, Statement: [...added, ...frozen.Statement] });
      const fresh = newRules.map((rule) => ({ ...rule, ID: `new ${rule.ID}` })) as LifecycleDocument['rules'];
      const paused = kept.lifecycle?.rules ?? [];
      kept.lifecycle = { leastTransitionSize: null, ...lifecycle, rules: [...paused, ...fresh] };
      await thaw(stage);
      const before = policy === null ? [] : JSON.parse(policy).Statement;
      expect(JSON.parse(kept.policy ?? '').Statement).toEqual([...added, ...before]);
      expect(kept.lifecycle.rules).toEqual([...(lifecycle?.rules ?? []), ...fresh]);
    }),
    { numRuns: 100 },
  );
});
