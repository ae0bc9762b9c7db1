import { describe, expect, test } from 'vitest';
import { parseBootstrapInputs } from '../../src/bootstrap/template.ts';
import { documentOf, isAllowed, isTrusted, principalOf } from '../iam/evaluate.ts';
import { BUCKETS, bootstrapStack, RECORD } from '../iam/stacks.ts';

/** What the role of drills may, and what the plan role may besides, asked of a policy evaluator. */

const ACCOUNT = '111122223333';
const OWN = `arn:aws:s3:::s3-rewind-drill-${ACCOUNT}-eu-west-1`;
const OTHERS = 'arn:aws:s3:::s3-rewind-drill-444455556666-eu-west-1';
const IN_USE = 'arn:aws:s3:::my-bucket';
const RECORDS = `arn:aws:s3:::${RECORD}`;
const KEY = 'drill-20260101t000000z-0a1b2c3d/a b/object-000001';
const FILE = 'drills/drill-20260101t000000z-0a1b2c3d.json';

/** One line a request: whether the role may send it. */
const MAY: [action: string, resource: string, expected: boolean][] = [
  ['s3:CreateBucket', OWN, true],
  ['s3:CreateBucket', OTHERS, false],
  ['s3:CreateBucket', IN_USE, false],
  ['s3:DeleteBucket', OWN, false],
  ['s3:PutBucketTagging', OWN, true],
  ['s3:PutBucketTagging', IN_USE, false],
  ['s3:GetBucketTagging', OWN, true],
  ['s3:PutBucketVersioning', OWN, true],
  ['s3:PutBucketVersioning', IN_USE, false],
  ['s3:PutLifecycleConfiguration', OWN, true],
  ['s3:PutLifecycleConfiguration', IN_USE, false],
  ['s3:PutLifecycleConfiguration', RECORDS, false],
  ['s3:PutBucketPublicAccessBlock', OWN, true],
  ['s3:PutBucketPolicy', OWN, false],
  ['s3:PutBucketAcl', OWN, false],
  ['s3:ListBucketVersions', OWN, true],
  ['s3:ListBucketVersions', IN_USE, false],
  ...[
    's3:PutObject',
    's3:PutObjectTagging',
    's3:GetObject',
    's3:GetObjectVersion',
    's3:DeleteObject',
    's3:DeleteObjectVersion',
  ].flatMap((action): [string, string, boolean][] => [
    [action, `${OWN}/${KEY}`, true],
    [action, `${OWN}/other/key`, false],
    [action, `${OTHERS}/${KEY}`, false],
    [action, `${IN_USE}/${KEY}`, false],
  ]),
  ['s3:PutObject', `${RECORDS}/${FILE}`, true],
  ['s3:GetObject', `${RECORDS}/${FILE}`, true],
  ['s3:DeleteObject', `${RECORDS}/${FILE}`, false],
  ['s3:PutObject', `${RECORDS}/rb-x/plan.json`, false],
  ['s3:GetObject', `${RECORDS}/rb-x/plan.json`, false],
  ['s3:PutObject', `${RECORDS}/rb-x/approval.json`, false],
  ['s3:CreateJob', '*', false],
  ['iam:TagRole', `arn:aws:iam::${ACCOUNT}:role/s3-rewind/rollback/x`, false],
];

describe('the role of drills', () => {
  test('is not there unless it is asked for', async () => {
    const stack = await bootstrapStack();
    expect(stack.resources).not.toHaveProperty('DrillRole');
    const plan = principalOf(stack, 'PlanRole');
    expect(await isAllowed(plan, { action: 's3:PutObject', resource: `${RECORDS}/${FILE}` })).toBe(false);
  });

  test.each(MAY)('%s of %s: %s', async (action, resource, expected) => {
    // Also where all buckets of the account may be rolled back.
    const stack = await bootstrapStack({ drill: true }, { RollbackBuckets: `${BUCKETS},arn:aws:s3:::*` });
    expect(await isAllowed(principalOf(stack, 'DrillRole'), { action, resource })).toBe(expected);
  });

  test('finds drills in the record bucket, and nothing else there', async () => {
    const role = principalOf(await bootstrapStack({ drill: true }), 'DrillRole');
    const lists = (prefix: string) =>
      isAllowed(role, { action: 's3:ListBucket', resource: RECORDS, context: { 's3:prefix': prefix } });
    expect(await lists('drills/')).toBe(true);
    expect(await lists('rb-x/')).toBe(false);
    expect(await lists('')).toBe(false);
  });

  test('the plan role keeps drills too, and reads them', async () => {
    const plan = principalOf(await bootstrapStack({ drill: true }), 'PlanRole');
    for (const action of ['s3:PutObject', 's3:GetObject'])
      expect(await isAllowed(plan, { action, resource: `${RECORDS}/${FILE}` })).toBe(true);
    expect(await isAllowed(plan, { action: 's3:PutObject', resource: `${OWN}/${KEY}` })).toBe(false);
  });

  test.each<[drill: string | true, trusted: string]>([
    [true, 'ref:refs/heads/main'],
    ['drills', 'environment:drills'],
  ])('with %s it trusts %s alone', async (drill, trusted) => {
    const trust = documentOf(await bootstrapStack({ drill }), 'DrillRole', 'AssumeRolePolicyDocument');
    const Federated = `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`;
    const lets = (context: string) =>
      isTrusted(trust, { Federated }, 'sts:AssumeRoleWithWebIdentity', {
        'token.actions.githubusercontent.com:sub': `repo:my-org/my-repo:${context}`,
        'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
        'token.actions.githubusercontent.com:ref': 'refs/heads/main',
      });
    for (const context of ['ref:refs/heads/main', 'environment:drills', 'environment:s3-rewind'])
      expect(lets(context), context).toBe(context === trusted);
  });

  test('does not wait for the approval of a rollback', () => {
    expect(() => parseBootstrapInputs({ repository: 'my-org/my-repo', drill: 'S3-Rewind' })).toThrow(
      /--drill 'S3-Rewind' is the environment that start-jobs waits in/,
    );
  });
});
