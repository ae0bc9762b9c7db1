import { describe, expect, test } from 'vitest';
import { PLACE, resolveTemplate } from '../../src/deploy/resolve-template.ts';
import { renderRetentionTemplate, settingsName } from '../../src/retention/retention-template.ts';
import { fingerprintOf, parseSettings } from '../../src/retention/settings.ts';
import { documentOf, isAllowed, isTrusted, principalOf } from './evaluate.ts';
import { BOUNDARY_ARN, bootstrapStack, OTHER_DIGEST, RECORD } from './stacks.ts';

/** What the role of the settings of an extension may do, asked of a policy evaluator, within the boundary. */

const RULES = [
  { prefixes: ['ledger/'], minimumRetentionDays: 90, extensionFrequencyDays: 28 },
  {
    prefixes: ['logs/', 'od*d/'],
    minimumRetentionDays: 30,
    extensionFrequencyDays: 7,
    mode: 'COMPLIANCE',
    convertGovernance: true,
  },
];
const settingsOf = (rules: object[]) =>
  parseSettings(JSON.stringify({ bucket: 'my-bucket', rules }), 'the test');
const SETTINGS = settingsOf(RULES);
const NAME = settingsName(SETTINGS);
const FINGERPRINT = fingerprintOf(SETTINGS);

async function roleOf(settings = SETTINGS) {
  const template = await renderRetentionTemplate(settings);
  const stack = resolveTemplate(
    template,
    { PlanDigest: fingerprintOf(settings), RecordBucket: RECORD, BoundaryArn: BOUNDARY_ARN },
    { ...PLACE, stack: settingsName(settings) },
  );
  return { stack, role: principalOf(stack, 'BatchRole', documentOf(await bootstrapStack(), 'Boundary')) };
}
const { stack, role } = await roleOf();

const UNAPPROVED = {
  'aws:PrincipalTag/s3-rewind:rollback': NAME,
  'aws:PrincipalTag/s3-rewind:digest': FINGERPRINT,
};
const APPROVED = { ...UNAPPROVED, 'aws:PrincipalTag/s3-rewind:approved': FINGERPRINT };
const lock = (mode: string, days: number) => ({
  's3:object-lock-mode': mode,
  's3:object-lock-remaining-retention-days': String(days),
});
const object = (key: string, bucket = 'my-bucket') => `arn:aws:s3:::${bucket}/${key}`;
const record = (path: string) => object(path, RECORD);

type Line = [expected: boolean, action: string, resource: string, context?: Record<string, string>];
const LINES: Line[] = [
  [true, 's3:PutObjectRetention', object('ledger/2026'), lock('COMPLIANCE', 118)],
  [true, 's3:PutObjectRetention', object('ledger/2026'), lock('GOVERNANCE', 117)],
  // Longer than what was approved, whatever a manifest or a job says.
  [false, 's3:PutObjectRetention', object('ledger/2026'), lock('COMPLIANCE', 119)],
  [false, 's3:PutObjectRetention', object('ledger/2026')],
  [true, 's3:PutObjectRetention', object('logs/x'), lock('COMPLIANCE', 37)],
  [false, 's3:PutObjectRetention', object('logs/x'), lock('COMPLIANCE', 38)],
  [false, 's3:PutObjectRetention', object('logs/x'), lock('GOVERNANCE', 7)],
  [true, 's3:PutObjectRetention', object('od*d/x'), lock('COMPLIANCE', 37)],
  [false, 's3:PutObjectRetention', object('odd/x'), lock('COMPLIANCE', 37)],
  [false, 's3:PutObjectRetention', object('other/x'), lock('COMPLIANCE', 7)],
  [false, 's3:PutObjectRetention', object('ledger/x', 'my-copy'), lock('COMPLIANCE', 7)],
  [false, 's3:BypassGovernanceRetention', object('ledger/x')],
  [false, 's3:PutObjectLegalHold', object('ledger/x')],
  [false, 's3:PutBucketObjectLockConfiguration', 'arn:aws:s3:::my-bucket'],
  [true, 's3:GetBucketObjectLockConfiguration', 'arn:aws:s3:::my-bucket'],
  [false, 's3:GetObject', object('ledger/x')],
  [false, 's3:PutObject', object('ledger/x')],
  [false, 's3:DeleteObject', object('ledger/x')],
  [false, 's3:DeleteObjectVersion', object('ledger/x')],
  [true, 's3:GetObject', record('rt-my-bucket-20260105t030000z-1a2b3c4d/manifests/compliance.csv')],
  [true, 's3:GetObjectVersion', record('rt-my-bucket-20260105t030000z-1a2b3c4d/manifests/compliance.csv')],
  [false, 's3:GetObject', record('rt-other-20260105t030000z-1a2b3c4d/manifests/compliance.csv')],
  [true, 's3:PutObject', record('rt-my-bucket-20260105t030000z-1a2b3c4d/reports/job-0a/manifest.json')],
  [false, 's3:PutObject', record('rt-my-bucket-20260105t030000z-1a2b3c4d/manifests/compliance.csv')],
  [false, 's3:PutObject', record('rt-my-bucket-20260105t030000z-1a2b3c4d/outcome.json')],
  [false, 's3:PutObject', record('rb-my-bucket-20260105t030000z-1a2b3c4d/reports/x')],
];

describe('the role may what its line says, once its settings are approved, and nothing before', () => {
  test.each(LINES)('%j: %s of %s %j', async (expected, action, resource, context = {}) => {
    const ask = (tags: Record<string, string>) =>
      isAllowed(role, { action, resource, context: { ...context, ...tags } });
    expect(await ask(APPROVED)).toBe(expected);
    // Names of keys alone can be read before: S3 reads the manifest of a job that still waits.
    const isKnown = expected && resource.includes('/manifests/');
    expect(await ask(UNAPPROVED)).toBe(isKnown);
    expect(await ask({ ...UNAPPROVED, 'aws:PrincipalTag/s3-rewind:approved': OTHER_DIGEST })).toBe(isKnown);
    expect(await ask({ ...UNAPPROVED, 'aws:PrincipalTag/s3-rewind:approved': 'checking' })).toBe(isKnown);
  });
});

test('S3 Batch Operations alone takes the role on, for this account', () => {
  const trust = documentOf(stack, 'BatchRole', 'AssumeRolePolicyDocument');
  const batch = { Service: 'batchoperations.s3.amazonaws.com' };
  const of = (account: string) => ({ 'aws:SourceAccount': account });
  expect(isTrusted(trust, batch, 'sts:AssumeRole', of(PLACE.account))).toBe(true);
  expect(isTrusted(trust, batch, 'sts:AssumeRole', of('444455556666'))).toBe(false);
  expect(isTrusted(trust, { Service: 'lambda.amazonaws.com' }, 'sts:AssumeRole', of(PLACE.account))).toBe(
    false,
  );
});

test('many rules come to one statement, which allows what the widest does', async () => {
  const many = Array.from({ length: 100 }, (_, index) => ({
    ...{ prefixes: [`team-${index}/`], minimumRetentionDays: 7 + index, extensionFrequencyDays: 7 },
  }));
  const found = await roleOf(settingsOf(many));
  const ask = (key: string, days: number) =>
    isAllowed(found.role, {
      ...{ action: 's3:PutObjectRetention', resource: object(key) },
      context: { ...lock('COMPLIANCE', days), ...APPROVED },
    });
  expect(await ask('team-3/x', 113)).toBe(true);
  expect(await ask('team-3/x', 114)).toBe(false);
  expect(await ask('elsewhere/x', 7)).toBe(false);
  // "IAM and AWS STS quotas": the inline policies of a role.
  expect(JSON.stringify(found.role.policies).length).toBeLessThan(10_240);
});
