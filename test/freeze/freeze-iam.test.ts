import { describe, expect, test } from 'vitest';
import { asObject, type Json } from '../../src/deploy/resolve-template.ts';
import { parsePolicy, withFreeze } from '../../src/freeze/policy.ts';
import { parseFreezeSettings, type RawFreezeSettings } from '../../src/freeze/settings.ts';
import { freezeStatement } from '../../src/freeze/statement.ts';
import { documentOf, isAllowed, isTrusted, type Principal, principalOf } from '../iam/evaluate.ts';
import { APPROVED, bootstrapStack, RECORD, rollbackRoles } from '../iam/stacks.ts';

/** What a frozen bucket denies, and what the freeze role may, asked of a policy evaluator. */

const BUCKET = 'my-bucket';
const ARN = `arn:aws:s3:::${BUCKET}`;
const ACCOUNT = '111122223333';
const ON_CALL = `arn:aws:iam::${ACCOUNT}:role/on-call`;
const ALL = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] };

function frozen(raw: Partial<RawFreezeSettings> = {}): Json {
  const settings = parseFreezeSettings(
    { bucket: BUCKET, except: [ON_CALL], account: ACCOUNT, ...raw },
    { id: '0a1b2c3d', partition: 'aws', now: new Date(), earlierEnd: null },
  );
  return JSON.parse(withFreeze(parsePolicy(null), freezeStatement(settings, true)));
}

const admin = (arn: string): Principal => ({ arn, policies: [{ name: 'all', policy: ALL }], boundary: null });
const asks = (principal: Principal, action: string, resource: string, policy: Json, context = {}) =>
  isAllowed(
    principal,
    {
      action,
      resource,
      context: { 'aws:PrincipalArn': principal.arn, 'aws:PrincipalIsAWSService': 'false', ...context },
    },
    policy,
  );

const OTHER = admin(`arn:aws:iam::${ACCOUNT}:role/app`);
const EXCEPTED = admin(ON_CALL);

/** One line a request: of somebody whom IAM lets do anything, and whether the freeze denies it. */
const REQUESTS: [action: string, resource: string, isDenied: boolean][] = [
  ['s3:PutObject', `${ARN}/key`, true],
  ['s3:PutObjectAcl', `${ARN}/key`, true],
  ['s3:PutObjectTagging', `${ARN}/key`, true],
  ['s3:PutObjectVersionTagging', `${ARN}/key`, true],
  ['s3:PutObjectRetention', `${ARN}/key`, true],
  ['s3:PutObjectLegalHold', `${ARN}/key`, true],
  ['s3:DeleteObject', `${ARN}/key`, true],
  ['s3:DeleteObjectVersion', `${ARN}/key`, true],
  ['s3:DeleteObjectTagging', `${ARN}/key`, true],
  ['s3:ReplicateObject', `${ARN}/key`, true],
  ['s3:ReplicateDelete', `${ARN}/key`, true],
  ['s3:PutLifecycleConfiguration', ARN, true],
  ['s3:PutBucketVersioning', ARN, true],
  ['s3:DeleteBucket', ARN, true],
  ['s3:GetObject', `${ARN}/key`, false],
  ['s3:GetObjectVersion', `${ARN}/key`, false],
  ['s3:RestoreObject', `${ARN}/key`, false],
  ['s3:AbortMultipartUpload', `${ARN}/key`, false],
  ['s3:ListBucketVersions', ARN, false],
  ['s3:GetBucketPolicy', ARN, false],
  ['s3:PutBucketPolicy', ARN, false],
  ['s3:DeleteBucketPolicy', ARN, false],
  ['s3:GetLifecycleConfiguration', ARN, false],
];

describe('a frozen bucket', () => {
  test.each(REQUESTS)(
    '%s of %s: denied to others %s, never to whom it excepts',
    async (action, resource, isDenied) => {
      expect(await asks(OTHER, action, resource, frozen())).toBe(!isDenied);
      expect(await asks(EXCEPTED, action, resource, frozen())).toBe(true);
    },
  );

  test('lets the approved task role act where the account is excepted', async () => {
    const { task } = await rollbackRoles({});
    const removal = ['s3:DeleteObjectVersion', `${ARN}/key`] as const;
    expect(task.arn).toMatch(/:role\/s3-rewind\/rollback\//);
    const without = frozen({ account: undefined });
    const context = APPROVED;
    expect(await asks(task, ...removal, frozen(), context)).toBe(true);
    expect(await asks(task, ...removal, without, context)).toBe(false);
  });

  test('lets services write for themselves, unless they are to be denied', async () => {
    const service = admin(`arn:aws:iam::${ACCOUNT}:role/stands-for-a-service`);
    const context = { 'aws:PrincipalIsAWSService': 'true' };
    expect(await asks(service, 's3:PutObject', `${ARN}/logs/x`, frozen(), context)).toBe(true);
    expect(
      await asks(service, 's3:PutObject', `${ARN}/logs/x`, frozen({ denyServices: true }), context),
    ).toBe(false);
  });

  test('with a prefix is frozen there alone, special characters and all', async () => {
    const policy = frozen({ prefix: ['a*b?c$/'] });
    expect(await asks(OTHER, 's3:PutObject', `${ARN}/a*b?c$/key`, policy)).toBe(false);
    expect(await asks(OTHER, 's3:PutObject', `${ARN}/aXbYcZ/key`, policy)).toBe(true);
    expect(await asks(OTHER, 's3:PutLifecycleConfiguration', ARN, policy)).toBe(false);
  });

  test('a pattern for SSO roles takes in its roles and no others', async () => {
    const sso = `arn:aws:iam::${ACCOUNT}:role/aws-reserved/sso.amazonaws.com`;
    const policy = frozen({ except: [`${sso}/*/AWSReservedSSO_OnCall_*`] });
    const put = ['s3:PutObject', `${ARN}/key`] as const;
    expect(await asks(admin(`${sso}/eu-west-1/AWSReservedSSO_OnCall_0a1b`), ...put, policy)).toBe(true);
    expect(await asks(admin(`${sso}/eu-west-1/AWSReservedSSO_Dev_0a1b`), ...put, policy)).toBe(false);
  });
});

describe('the freeze role', () => {
  test('is not there unless an environment is named', async () => {
    expect((await bootstrapStack()).resources).not.toHaveProperty('FreezeRole');
  });

  const object = (path: string) => `arn:aws:s3:::${RECORD}/${path}`;
  /** One line a request: whether the role may send it. */
  const MAY: [action: string, resource: string, expected: boolean][] = [
    ['s3:GetBucketPolicy', ARN, true],
    ['s3:PutBucketPolicy', ARN, true],
    ['s3:DeleteBucketPolicy', ARN, true],
    ['s3:GetLifecycleConfiguration', ARN, true],
    ['s3:PutLifecycleConfiguration', ARN, true],
    ['s3:PutBucketPolicy', 'arn:aws:s3:::strange', false],
    ['s3:PutBucketPolicy', `arn:aws:s3:::${RECORD}`, false],
    ['s3:PutBucketVersioning', ARN, false],
    ['s3:PutBucketAcl', ARN, false],
    ['s3:DeleteBucket', ARN, false],
    ['s3:GetObject', `${ARN}/key`, false],
    ['s3:PutObject', `${ARN}/key`, false],
    ['s3:DeleteObject', `${ARN}/key`, false],
    ['s3:PutObject', object('rb-x/freeze.json'), true],
    ['s3:PutObject', object('freeze-my-bucket/freeze.json'), true],
    ['s3:PutObject', object('rb-x/plan.json'), false],
    ['s3:PutObject', object('rb-x/approval.json'), false],
    ['s3:GetObject', object('rb-x/plan.json'), true],
    ['s3:GetObject', object('rb-x/freeze.json'), true],
    ['s3:GetObject', object('rb-x/outcomes/scenario1.csv'), false],
    ['s3:DeleteObject', object('rb-x/freeze.json'), false],
  ];
  const roleOf = async (buckets?: string) => {
    const parameters = buckets === undefined ? {} : { RollbackBuckets: buckets };
    const stack = await bootstrapStack({ freezeEnvironment: 'freeze' }, parameters);
    return { stack, role: principalOf(stack, 'FreezeRole') };
  };

  test.each(MAY)('%s of %s: %s', async (action, resource, expected) => {
    const { role } = await roleOf();
    expect(await isAllowed(role, { action, resource })).toBe(expected);
  });

  test('cannot use what it would give itself in a policy, nor open the record bucket where all buckets are its', async () => {
    const { role } = await roleOf('arn:aws:s3:::*');
    const open = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: [ARN, `${ARN}/*`] }],
    };
    for (const action of ['s3:PutObject', 's3:DeleteObject', 's3:DeleteObjectVersion'])
      expect(await isAllowed(role, { action, resource: `${ARN}/key` }, open)).toBe(false);
    expect(await isAllowed(role, { action: 's3:PutBucketPolicy', resource: ARN })).toBe(true);
    expect(await isAllowed(role, { action: 's3:PutBucketPolicy', resource: `arn:aws:s3:::${RECORD}` })).toBe(
      false,
    );
  });

  test('trusts its environment alone', async () => {
    const { stack } = await roleOf();
    const trust = documentOf(stack, 'FreezeRole', 'AssumeRolePolicyDocument');
    expect(asObject(trust)).toHaveProperty('Statement');
    const Federated = `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`;
    const lets = (context: string) =>
      isTrusted(trust, { Federated }, 'sts:AssumeRoleWithWebIdentity', {
        'token.actions.githubusercontent.com:sub': `repo:my-org/my-repo:${context}`,
        'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
        'token.actions.githubusercontent.com:ref': 'refs/heads/main',
      });
    expect(['environment:freeze', 'environment:s3-rewind', 'ref:refs/heads/main'].map(lets)).toEqual([
      true,
      false,
      false,
    ]);
  });
});
