import { describe, expect, test } from 'vitest';
import { asObject, type Json } from '../../src/deploy/resolve-template.ts';
import { documentOf, isAllowed, isTrusted, principalOf } from '../iam/evaluate.ts';
import { bootstrapStack, DIGEST, rollbackRoles } from '../iam/stacks.ts';
import { ROLLBACK_ID } from '../plan/execution-matrix.ts';
import { bootstrapMatrix } from './matrix.ts';
import { BUCKET, type Context, LINES, object, ROLES, type Role, role, TASK } from './role-lines.ts';

/** Who can do what with the roles of the bootstrap stack, asked of a policy evaluator. */

const stack = await bootstrapStack();
describe('each role may what its line says, and the others may not', () => {
  test.each(LINES)('%j: %s of %s %j', async (who, action, resource, context = {}) => {
    const found: Role[] = [];
    for (const id of ROLES) {
      if (await isAllowed(principalOf(stack, id), { action, resource, context })) found.push(id);
    }
    expect(found).toEqual(who);
  });
});

test('the plan role looks at versions of these buckets where the stack is told so, and writes none', async () => {
  const told = await bootstrapStack({}, { LookAtVersions: 'true' });
  const may = (action: string, resource: string) =>
    isAllowed(principalOf(told, 'PlanRole'), { action, resource });
  expect(await may('s3:GetObjectVersion', `${BUCKET}/key`)).toBe(true);
  expect(await may('s3:GetObjectVersion', 'arn:aws:s3:::strange/key')).toBe(false);
  for (const action of ['s3:PutObject', 's3:RestoreObject', 's3:DeleteObject', 's3:DeleteObjectVersion'])
    expect(await may(action, `${BUCKET}/key`), action).toBe(false);
});

describe('the service role, if something else allowed it everything', () => {
  /** One line a request that its own policy still denies. */
  const DENIED: [action: string, context: Context][] = [
    ['iam:CreateRole', { 'aws:TagKeys': ['s3-rewind:approved'] }],
    ['iam:CreateRole', { 'aws:TagKeys': ['a', 'S3-REWIND:Approved'] }],
    ['iam:TagRole', { 'aws:TagKeys': ['S3-Rewind:approved'] }],
    ['iam:UntagRole', { 'aws:TagKeys': ['s3-rewind:approved'] }],
    ['iam:PutRolePolicy', { 'aws:ResourceTag/s3-rewind:approved': DIGEST }],
    ['iam:UpdateAssumeRolePolicy', { 'aws:ResourceTag/s3-rewind:approved': 'checking' }],
    ['iam:DeleteRolePermissionsBoundary', {}],
    ['iam:PutRolePermissionsBoundary', {}],
  ];
  test.each(DENIED)('%s %j', async (action, context) => {
    const own = principalOf(stack, 'ServiceRole');
    const statement = { Effect: 'Allow', Action: '*', Resource: '*' };
    const more = { name: 'more', policy: { Version: '2012-10-17', Statement: [statement] } };
    const request = { action, resource: TASK, context };
    expect(await isAllowed({ ...own, policies: [more] }, request), 'without its own policy').toBe(true);
    expect(await isAllowed({ ...own, policies: [...own.policies, more] }, request)).toBe(false);
  });
});

describe('the record bucket', () => {
  const plan = { arn: role('any'), boundary: null, policies: [{ name: 'all', policy: ALLOW_ALL() }] };
  const policy = documentOf(stack, 'RecordBucketPolicy');
  const TLS = { 'aws:SecureTransport': 'true' };
  const CREATES = { ...TLS, 's3:ObjectCreationOperation': 'true' };
  /** One line a request of somebody whom IAM lets do anything. */
  const REQUESTS: [action: string, path: string, expected: boolean, context: Context][] = [
    ['s3:PutObject', `${ROLLBACK_ID}/plan.json`, true, { ...CREATES, 's3:if-none-match': '*' }],
    ['s3:PutObject', `${ROLLBACK_ID}/plan.json`, false, CREATES],
    ['s3:PutObject', `${ROLLBACK_ID}/manifests/scenario1.csv`, false, CREATES],
    [
      's3:PutObject',
      `${ROLLBACK_ID}/manifests/scenario1.csv`,
      true,
      { ...TLS, 's3:ObjectCreationOperation': 'false' },
    ],
    ['s3:PutObject', 'rs-2-buckets-0a1b2c3d/set.json', true, { ...CREATES, 's3:if-none-match': '*' }],
    ['s3:PutObject', 'rs-2-buckets-0a1b2c3d/set.json', false, CREATES],
    ['s3:DeleteObjectVersion', 'rs-2-buckets-0a1b2c3d/set.json', false, TLS],
    ['s3:PutObject', `${ROLLBACK_ID}/reports/job-1/manifest.json`, true, CREATES],
    ['s3:PutObject', 'work/x', true, CREATES],
    ['s3:GetObject', `${ROLLBACK_ID}/plan.json`, true, TLS],
    ['s3:GetObject', `${ROLLBACK_ID}/plan.json`, false, { 'aws:SecureTransport': 'false' }],
    ['s3:DeleteObjectVersion', `${ROLLBACK_ID}/plan.json`, false, TLS],
    ['s3:DeleteObjectVersion', 'work/x', true, TLS],
  ];
  test.each(REQUESTS)('%s of %s: %s %j', async (action, path, expected, context) => {
    expect(await isAllowed(plan, { action, resource: object(path), context }, policy)).toBe(expected);
  });

  test('is private, versioned, encrypted, kept, and its work expires', () => {
    const { properties, attributes } = stack.resources.RecordBucket ?? { properties: {}, attributes: {} };
    expect(attributes).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
    expect(properties).toMatchObject({
      VersioningConfiguration: { Status: 'Enabled' },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      LifecycleConfiguration: { Rules: [{ Prefix: 'work/', ExpirationInDays: '14' }, {}] },
    });
    expect(properties).not.toHaveProperty('ObjectLockConfiguration');
  });

  test('takes Object Lock on request', async () => {
    const locked = await bootstrapStack({}, { ObjectLockDays: '30' });
    expect(locked.resources.RecordBucket?.properties).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: '30' } } },
    });
  });
});

describe('resources are named', () => {
  /** One line an action that IAM knows no resource for, with the reason why a role has it. */
  const UNAVOIDABLE: Record<string, string> = {
    's3:CreateJob': 'a job has no name before it is made; bound by operation and Region',
    's3:ListJobs': 'cleanup looks for jobs that nobody ended',
    'cloudformation:ListStacks': 'cleanup looks for stacks that expired',
    'logs:DescribeLogGroups': 'CloudFormation asks for it when it makes a log group',
    's3:ListAllMyBuckets': 'plan looks for buckets that replicate into one',
    'lakeformation:GetDataAccess': 'Athena asks for it where Lake Formation guards the S3 Metadata tables',
  };
  const statementsOf = (policies: Json[]) =>
    policies.flatMap((policy) => (asObject(policy).Statement as Json[]).map(asObject));

  test('of the bootstrap stack: only what IAM has no resource for stands with *', () => {
    const open = statementsOf(
      ROLES.flatMap((id) => principalOf(stack, id).policies.map(({ policy }) => policy)),
    )
      .filter(({ Resource }) => [Resource].flat().includes('*'))
      .flatMap(({ Action }) => [Action].flat().map(String));
    expect([...new Set(open)].toSorted()).toEqual(Object.keys(UNAVOIDABLE).toSorted());
  });

  test('of a rollback and of the boundary: none stands with *', async () => {
    const { task, batch } = await rollbackRoles({}, { copyWith: 's3-batch-copy' });
    const policies = [...task.policies, ...batch.policies].map(({ policy }) => policy);
    for (const { Resource, Action } of statementsOf([...policies, documentOf(stack, 'Boundary')])) {
      expect([Resource].flat()).not.toContain('*');
      for (const action of [Action].flat()) expect(action).toMatch(/^[a-z0-9]+:[A-Za-z]+$/);
    }
  });

  test('s3:DeleteObjectVersion stands in the task role and its boundary alone', async () => {
    for (const id of ROLES)
      expect(JSON.stringify(principalOf(stack, id).policies)).not.toContain('DeleteObjectVersion');
    const { batch } = await rollbackRoles({}, { copyWith: 's3-batch-copy' });
    expect(JSON.stringify(batch.policies)).not.toContain('DeleteObjectVersion');
  });

  test('policies are within the quotas of IAM, also for ten long bucket names', async () => {
    const buckets = Array.from({ length: 10 }, (_, index) => `arn:aws:s3:::${index}${'x'.repeat(40)}`).join(
      ',',
    );
    const large = await bootstrapStack({}, { RollbackBuckets: buckets });
    expect(JSON.stringify(documentOf(large, 'Boundary')).length).toBeLessThanOrEqual(6_144);
    for (const id of ROLES) {
      expect(JSON.stringify(principalOf(large, id).policies).length).toBeLessThanOrEqual(10_240);
    }
  });
});

describe('trust', () => {
  const Federated = 'arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com';
  const claim = (sub: string, more: Record<string, string> = {}) => {
    const claims = { sub, aud: 'sts.amazonaws.com', ref: 'refs/heads/main', repository_id: '456', ...more };
    return Object.fromEntries(
      Object.entries(claims).map(([name, value]) => [`token.actions.githubusercontent.com:${name}`, value]),
    );
  };
  const NAMES = 'repo:my-org/my-repo';
  const IDS = 'repo:my-org@123/my-repo@456';
  const GATE = 'environment:s3-rewind';
  const MAIN = 'ref:refs/heads/main';
  const OTHERS = ['PlanRole', 'DeployRole', 'ExtendRole', 'CleanupRole'];
  /** One line a token: who takes it. */
  const TOKENS: [who: string[], claims: Record<string, string>][] = [
    [['StartJobsRole'], claim(`${NAMES}:${GATE}`)],
    [['StartJobsRole'], claim(`${IDS}:${GATE}`)],
    [OTHERS, claim(`${NAMES}:${MAIN}`)],
    [OTHERS, claim(`${IDS}:${MAIN}`)],
    [[], claim(`${NAMES}:${GATE}`, { ref: 'refs/heads/feature' })],
    [[], claim(`${NAMES}:${GATE}`, { aud: 'elsewhere' })],
    [[], claim(`${NAMES}:${GATE}`, { repository_id: '457' })],
    [[], claim(`repo:my-org@124/my-repo@456:${GATE}`)],
    [[], claim(`repo:other/my-repo:${GATE}`)],
    [[], claim(`${NAMES}:environment:other`)],
    [[], claim(`${NAMES}:ref:refs/heads/feature`)],
    [[], claim(`${NAMES}:pull_request`)],
    [[], {}],
  ];
  test.each(TOKENS)('%j take %j', async (who, claims) => {
    const known = await bootstrapStack({ repositoryId: '456', ownerId: '123' });
    const found = ROLES.filter((id) => {
      const trust = documentOf(known, id, 'AssumeRolePolicyDocument');
      return isTrusted(trust, { Federated }, 'sts:AssumeRoleWithWebIdentity', claims);
    });
    expect(found.toSorted()).toEqual(who.toSorted());
  });

  test('a colon in the name of an environment is percent-encoded, as GitHub does', async () => {
    const named = await bootstrapStack({ environment: 'roll back: go' });
    const trust = documentOf(named, 'StartJobsRole', 'AssumeRolePolicyDocument');
    expect(JSON.stringify(trust)).toContain('repo:my-org/my-repo:environment:roll back%3A go');
  });

  test('an existing provider is trusted instead of a new one', async () => {
    const existing = await bootstrapStack({}, { OidcProviderArn: Federated });
    expect(existing.resources).not.toHaveProperty('OidcProvider');
    const trust = documentOf(existing, 'PlanRole', 'AssumeRolePolicyDocument');
    expect(isTrusted(trust, { Federated }, 'sts:AssumeRoleWithWebIdentity', claim(`${NAMES}:${MAIN}`))).toBe(
      true,
    );
  });
});

test.each(await bootstrapMatrix())('$name fits into a request to CloudFormation', ({ template }) => {
  expect(Buffer.byteLength(template)).toBeLessThanOrEqual(51_200);
});

function ALLOW_ALL(): Json {
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] };
}
