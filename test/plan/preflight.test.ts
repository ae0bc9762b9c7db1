import { describe, expect, test } from 'vitest';
import {
  bucketChecks,
  destinationChecks,
  noncurrentExpirationDays,
  type PreflightInputs,
} from '../../src/plan/preflight.ts';
import type { BucketFacts, Fact, LifecycleRule } from '../../src/s3/bucket-facts.ts';

const known = <Value>(value: Value): Fact<Value> => ({ readable: true, value });

const quiet: BucketFacts = {
  bucket: 'data',
  versioning: known('Enabled'),
  mfaDelete: known(false),
  lifecycle: known([]),
  replication: known({ destinations: [], deleteMarkers: false }),
  notifications: known([]),
  objectLock: known({ enabled: false, defaultRetention: null }),
  encryption: known({ algorithm: 'AES256', kmsKey: null, mayHoldSseC: false }),
  requesterPays: known(false),
};

const KMS_DEFAULT: BucketFacts['encryption'] = known({
  ...{ algorithm: 'aws:kms', kmsKey: 'arn:aws:kms:eu-west-1:1:key/k' },
  mayHoldSseC: false,
});

const inputs: PreflightInputs = {
  mode: 'bucket-rollback',
  markers: 'remove',
  prefixes: [],
  scenarios: ['1', '2', '3a', '3b', '3c'],
  destinationBucket: null,
  kmsKeyArn: null,
};

const rule = (part: Partial<LifecycleRule>): LifecycleRule => ({
  id: 'r',
  enabled: true,
  prefix: '',
  noncurrentDays: null,
  newerNoncurrentVersions: null,
  expiresCurrent: false,
  removesExpiredMarkers: false,
  ...part,
});

const codes = (facts: Partial<BucketFacts>, changed: Partial<PreflightInputs> = {}) =>
  bucketChecks({ ...quiet, ...facts }, { ...inputs, ...changed }).map(
    ({ code, level }) => `${level} ${code}`,
  );

test('a bucket like any other has nothing to say', () => {
  expect(codes({})).toEqual([]);
});

test.each<[string, Partial<BucketFacts>, Partial<PreflightInputs>, string[]]>([
  ['versioning never enabled', { versioning: known('never') }, {}, ['blocking VERSIONING_NOT_ENABLED']],
  ['versioning suspended', { versioning: known('Suspended') }, {}, ['blocking VERSIONING_NOT_ENABLED']],
  [
    'suspended, but only read',
    { versioning: known('Suspended') },
    { mode: 'copy-to-bucket', scenarios: ['5b'] },
    ['warning VERSIONING_SUSPENDED'],
  ],
  ['MFA delete', { mfaDelete: known(true) }, {}, ['blocking MFA_DELETE_ENABLED']],
  [
    'MFA delete, markers copied',
    { mfaDelete: known(true) },
    { markers: 'copy' },
    ['warning MFA_DELETE_ENABLED'],
  ],
  [
    'MFA delete, no markers removed',
    { mfaDelete: known(true) },
    { scenarios: ['1', '3b'] },
    ['warning MFA_DELETE_ENABLED'],
  ],
  [
    'noncurrent versions expire',
    { lifecycle: known([rule({ noncurrentDays: 30 })]) },
    {},
    ['warning LIFECYCLE_EXPIRES_NONCURRENT'],
  ],
  [
    'noncurrent versions expired until the rule was suspended',
    { lifecycle: known([rule({ enabled: false, noncurrentDays: 30 })]) },
    {},
    ['warning LIFECYCLE_EXPIRES_NONCURRENT'],
  ],
  [
    'suspended rules that expire nothing noncurrent',
    { lifecycle: known([rule({ enabled: false, expiresCurrent: true, removesExpiredMarkers: true })]) },
    {},
    [],
  ],
  [
    'current objects expire',
    { lifecycle: known([rule({ expiresCurrent: true })]) },
    {},
    ['warning LIFECYCLE_EXPIRES_CURRENT'],
  ],
  [
    'lone markers are removed',
    { lifecycle: known([rule({ removesExpiredMarkers: true })]) },
    {},
    ['warning EXPIRED_MARKER_CLEANUP'],
  ],
  [
    'a rule elsewhere',
    { lifecycle: known([rule({ prefix: 'logs/', noncurrentDays: 1 })]) },
    { prefixes: ['data/'] },
    [],
  ],
  [
    'replication',
    { replication: known({ destinations: ['arn:aws:s3:::copy'], deleteMarkers: false }) },
    {},
    ['warning REPLICATION_ACTIVE'],
  ],
  ['notifications', { notifications: known(['EventBridge']) }, {}, ['warning NOTIFICATIONS_ACTIVE']],
  [
    'Object Lock',
    { objectLock: known({ enabled: true, defaultRetention: 'GOVERNANCE for 3 days' }) },
    {},
    ['warning OBJECT_LOCK_ENABLED'],
  ],
  [
    'SSE-C not blocked',
    { encryption: known({ algorithm: null, kmsKey: null, mayHoldSseC: true }) },
    {},
    ['info SSE_C_POSSIBLE'],
  ],
  [
    'copies get the default encryption, KMS',
    { encryption: KMS_DEFAULT },
    {},
    ['info COPIES_ENCRYPTED_WITH_KMS'],
  ],
  ['a key of its own for the copies', { encryption: KMS_DEFAULT }, { kmsKeyArn: 'arn:aws:kms:x' }, []],
  ['no copies', { encryption: KMS_DEFAULT }, { mode: 'delete-marker-removal', scenarios: ['4'] }, []],
  ['requester pays', { requesterPays: known(true) }, {}, ['warning REQUESTER_PAYS']],
  [
    'not readable',
    { mfaDelete: { readable: false, reason: 's3:GetBucketVersioning' } },
    {},
    ['warning BUCKET_FACTS_UNREADABLE'],
  ],
])('%s', (_, facts, changed, expected) => {
  expect(codes(facts, changed)).toEqual(expected);
});

describe('the destination is written to', () => {
  const toBucket = {
    ...inputs,
    mode: 'copy-to-bucket',
    scenarios: ['5b'],
    destinationBucket: 'copy',
  } as const;
  test.each<[string, Partial<BucketFacts>, string[]]>([
    ['like any other', {}, []],
    [
      'its versioning has to be enabled',
      { versioning: known('Suspended') },
      ['blocking VERSIONING_NOT_ENABLED'],
    ],
    [
      'copies get its default retention',
      { objectLock: known({ enabled: true, defaultRetention: 'COMPLIANCE for 7 years' }) },
      ['warning OBJECT_LOCK_ENABLED'],
    ],
    ['copies get its default encryption', { encryption: KMS_DEFAULT }, ['info COPIES_ENCRYPTED_WITH_KMS']],
  ])('%s', (_, facts, expected) => {
    const checks = destinationChecks({ ...quiet, ...facts }, { ...toBucket, scenarios: ['5b'] });
    expect(checks.map(({ code, level }) => `${level} ${code}`)).toEqual(expected);
  });
  test('the bucket that is read has no say in the encryption of copies elsewhere', () => {
    const checks = bucketChecks({ ...quiet, encryption: KMS_DEFAULT }, { ...toBucket, scenarios: ['5b'] });
    expect(checks).toEqual([]);
  });
});

describe('the smallest NoncurrentDays that reach the scope', () => {
  const rules = known([
    rule({ noncurrentDays: 30 }),
    rule({ prefix: 'data/tmp/', noncurrentDays: 3 }),
    rule({ prefix: 'logs/', noncurrentDays: 1 }),
    rule({ expiresCurrent: true }),
    rule({ prefix: 'old/', enabled: false, noncurrentDays: 7 }),
  ]);
  test.each([
    [[], 1],
    [['data/'], 3],
    [['data/2025/'], 30],
    [['data/tmp/x/'], 3],
    [['old/'], 7],
  ])('%j: %i days', (prefixes, days) => {
    expect(noncurrentExpirationDays({ ...quiet, lifecycle: rules }, prefixes)).toBe(days);
  });
  test('no rule, no days', () => {
    expect(noncurrentExpirationDays(quiet, [])).toBeNull();
  });
});
