import { describe, expect, test } from 'vitest';
import { MODE_SCENARIOS, type Scenario } from '../../src/s3/rollback.ts';
import { documentOf, isAllowed, isTrusted, type Request } from '../iam/evaluate.ts';
import {
  APPROVED,
  DIGEST,
  OTHER_DIGEST,
  OTHER_ID,
  RECORD,
  rollbackRoles,
  UNAPPROVED,
} from '../iam/stacks.ts';
import { KMS_KEY_ARN, ROLLBACK_ID } from './execution-matrix.ts';

/** What the two roles of a rollback may do, asked of a policy evaluator, within the boundary of the bootstrap stack. */

const object = (bucket: string, key: string) => `arn:aws:s3:::${bucket}/${key}`;
const MINE = object('my-bucket', 'data/key');
const COPY = object('my-copy', 'data/key');
const THROUGH_S3 = { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' };
const FUNCTION = `arn:aws:lambda:eu-west-1:111122223333:function:${ROLLBACK_ID}-TaskFunction`;
const IN_FUNCTION = { 'lambda:SourceFunctionArn': FUNCTION };

const READS = ['s3:GetObject', 's3:GetObjectVersion'];
const READS_TAGS = ['s3:GetObjectTagging', 's3:GetObjectVersionTagging'];
const WRITES_COPY = [
  's3:PutObject',
  's3:PutObjectTagging',
  's3:AbortMultipartUpload',
  's3:ListMultipartUploadParts',
];

/** Everything that anyone could want to do to objects: what is not in a line's own list has to be denied. */
const EVERYTHING = [
  ...READS,
  ...READS_TAGS,
  ...WRITES_COPY,
  's3:DeleteObject',
  's3:DeleteObjectVersion',
  's3:DeleteObjectTagging',
  's3:DeleteObjectVersionTagging',
  's3:PutObjectAcl',
  's3:PutObjectVersionAcl',
  's3:PutObjectVersionTagging',
  's3:PutObjectRetention',
  's3:PutObjectLegalHold',
  's3:BypassGovernanceRetention',
  's3:RestoreObject',
  's3:ReplicateDelete',
];

/** One line a scenario: what the task role needs on the bucket's objects, and on the destination's. */
const NEEDS: [scenario: Scenario, own: string[], destination: string[]][] = [
  ['1', [...READS, 's3:DeleteObject'], []],
  ['2', [...READS, 's3:DeleteObjectVersion'], []],
  // The copies of what was restored.
  ['3a', [...READS, ...READS_TAGS, ...WRITES_COPY], []],
  ['3b', [...READS, ...READS_TAGS, ...WRITES_COPY], []],
  ['3c', [...READS, ...READS_TAGS, ...WRITES_COPY], []],
  ['4', [...READS, 's3:DeleteObjectVersion'], []],
  ['5a', [...READS, ...READS_TAGS], [...READS, ...WRITES_COPY]],
  ['5b', [...READS, ...READS_TAGS], [...READS, ...WRITES_COPY]],
];

function optionsOf(scenario: Scenario) {
  if (MODE_SCENARIOS['copy-to-bucket'].includes(scenario)) {
    return { mode: 'copy-to-bucket', destinationBucket: 'my-copy', prefix: ['data/'] };
  }
  return { mode: scenario === '4' ? 'delete-marker-removal' : 'bucket-rollback', prefix: ['data/'] };
}

describe.each(NEEDS)('the task role of scenario %s, approved', (scenario, own, destination) => {
  test.each(EVERYTHING)('%s', async (action) => {
    const { task, batch } = await rollbackRoles(optionsOf(scenario), { scenarios: [scenario] });
    const may = (resource: string) => isAllowed(task, { action, resource, context: APPROVED });
    expect(await may(MINE), 'in scope').toBe(own.includes(action));
    expect(await may(COPY), 'destination').toBe(destination.includes(action));
    expect(await may(object('my-bucket', 'other/key')), 'another prefix').toBe(false);
    expect(await may(object('my-copy', 'other/key')), 'another prefix there').toBe(false);
    expect(await may(object('team-bucket', 'data/key')), 'another bucket within the boundary').toBe(false);
    expect(await may(object('strange', 'data/key')), 'a bucket beyond the boundary').toBe(false);
    const batchMay = (resource: string) => isAllowed(batch, { action, resource, context: APPROVED });
    const isRestore = action === 's3:RestoreObject' && ['3a', '5a'].includes(scenario);
    expect(await batchMay(MINE), 'the Batch role').toBe(isRestore);
    for (const resource of [COPY, object('my-bucket', 'other/key')]) {
      expect(await batchMay(resource), 'the Batch role elsewhere').toBe(false);
    }
  });
});

const ALL: Scenario[] = ['1', '2', '3b', '3c'];
const READING: Request[] = [
  ...[...READS, ...READS_TAGS].map((action) => ({ action, resource: MINE })),
  { action: 's3:GetBucketVersioning', resource: 'arn:aws:s3:::my-bucket' },
  { action: 's3:ListBucketVersions', resource: 'arn:aws:s3:::my-bucket' },
  { action: 's3:ListBucket', resource: 'arn:aws:s3:::my-bucket' },
];
const WRITING: Request[] = [
  ...[...WRITES_COPY, 's3:DeleteObject', 's3:DeleteObjectVersion'].map((action) => ({
    action,
    resource: MINE,
  })),
  {
    action: 's3:PutObject',
    resource: object(RECORD, `${ROLLBACK_ID}/outcomes/journal/scenario1/0000001/1.csv`),
  },
  {
    action: 'kms:GenerateDataKey',
    resource: KMS_KEY_ARN,
    context: THROUGH_S3,
  },
];
/** One line a state of the tags; only the first may write. */
const TAGS: [name: string, tags: Record<string, string>, mayWrite: boolean][] = [
  ['approved', APPROVED, true],
  ['not approved', UNAPPROVED, false],
  [
    'approved with the digest of another plan',
    { ...UNAPPROVED, 'aws:PrincipalTag/s3-rewind:approved': OTHER_DIGEST },
    false,
  ],
  ['being checked', { ...UNAPPROVED, 'aws:PrincipalTag/s3-rewind:approved': 'checking' }, false],
  [
    'approved in other letters',
    { ...UNAPPROVED, 'aws:PrincipalTag/s3-rewind:approved': DIGEST.toUpperCase() },
    false,
  ],
  [
    'approved, without a digest',
    { 'aws:PrincipalTag/s3-rewind:rollback': ROLLBACK_ID, 'aws:PrincipalTag/s3-rewind:approved': DIGEST },
    false,
  ],
  ['without any tag', {}, false],
];

describe.each(TAGS)('the task role, %s', (_name, tags, mayWrite) => {
  test.each(WRITING)('$action of $resource', async ({ context, ...request }) => {
    const { task } = await rollbackRoles({}, { scenarios: ALL });
    for (const place of [{}, IN_FUNCTION]) {
      expect(await isAllowed(task, { ...request, context: { ...tags, ...context, ...place } })).toBe(
        mayWrite,
      );
    }
  });

  test.each(READING)('$action of $resource', async (request) => {
    const { task } = await rollbackRoles({}, { scenarios: ALL });
    expect(
      await isAllowed(task, { ...request, context: { ...tags, ...IN_FUNCTION } }),
      'in the function',
    ).toBe(true);
    expect(await isAllowed(task, { ...request, context: tags }), 'outside it').toBe(mayWrite);
  });
});

describe.each(TAGS)('the Batch role, %s', (_name, tags, mayWrite) => {
  const requests: Request[] = [
    { action: 'lambda:InvokeFunction', resource: `${FUNCTION}:1` },
    {
      action: 's3:PutObject',
      resource: object(RECORD, `${ROLLBACK_ID}/reports/job-1/manifest.json`),
    },
    { action: 's3:PutObject', resource: MINE },
    { action: 's3:PutObjectTagging', resource: MINE },
    { action: 's3:GetObjectVersion', resource: MINE },
    { action: 'kms:Decrypt', resource: KMS_KEY_ARN, context: THROUGH_S3 },
  ];
  test.each(requests)('$action of $resource, with native copies', async ({ context, ...request }) => {
    const { batch, task } = await rollbackRoles({}, { scenarios: ['1', '3b'], copyWith: 's3-batch-copy' });
    expect(await isAllowed(batch, { ...request, context: { ...tags, ...context } })).toBe(mayWrite);
    // It copies what the native job found in an archive, once that is restored.
    expect(await isAllowed(task, { action: 's3:PutObject', resource: MINE, context: tags }), 'the task').toBe(
      mayWrite,
    );
  });
});

describe('the rest of what they need, and nothing beside it', () => {
  const record = (path: string) => object(RECORD, `${ROLLBACK_ID}/${path}`);
  const other = (path: string) => object(RECORD, `${OTHER_ID}/${path}`);
  /** One line a request: the role, what, where, and whether it may. */
  const LINES: [
    role: 'task' | 'batch',
    action: string,
    resource: string,
    expected: boolean,
    context?: Record<string, string>,
  ][] = [
    ['task', 's3:GetObject', record('plan.json'), true],
    ['task', 's3:GetObjectVersion', record('manifests/scenario1.csv'), true],
    ['task', 's3:GetObject', other('plan.json'), false],
    [
      'task',
      's3:ListBucket',
      `arn:aws:s3:::${RECORD}`,
      true,
      { 's3:prefix': `${ROLLBACK_ID}/outcomes/journal/` },
    ],
    [
      'task',
      's3:ListBucket',
      `arn:aws:s3:::${RECORD}`,
      false,
      { 's3:prefix': `${OTHER_ID}/outcomes/journal/` },
    ],
    ['task', 's3:ListBucket', `arn:aws:s3:::${RECORD}`, false],
    ['task', 's3:PutObject', record('outcomes/journal/scenario1/0000000/end.csv'), true],
    ['task', 's3:PutObject', record('manifests/scenario1.csv'), false],
    ['task', 's3:PutObject', record('plan.json'), false],
    ['task', 's3:PutObject', record('approval.json'), false],
    ['task', 's3:PutObject', record('reports/x.csv'), false],
    ['task', 's3:PutObject', other('outcomes/x.csv'), false],
    ['task', 's3:DeleteObject', record('outcomes/x.csv'), false],
    ['task', 's3:DeleteObjectVersion', record('manifests/scenario1.csv'), false],
    ['task', 's3:PutBucketVersioning', 'arn:aws:s3:::my-bucket', false],
    ['task', 's3:PutLifecycleConfiguration', 'arn:aws:s3:::my-bucket', false],
    ['task', 's3:ListBucketVersions', 'arn:aws:s3:::team-bucket', false],
    ['task', 'lambda:InvokeFunction', `${FUNCTION}:1`, false],
    ['task', 'kms:GenerateDataKey', KMS_KEY_ARN, true, THROUGH_S3],
    ['task', 'kms:GenerateDataKey', KMS_KEY_ARN, false],
    ['task', 'kms:Decrypt', KMS_KEY_ARN, false, { 'kms:ViaService': 'ec2.eu-west-1.amazonaws.com' }],
    ['task', 'kms:ScheduleKeyDeletion', KMS_KEY_ARN, false, THROUGH_S3],
    [
      'task',
      'logs:PutLogEvents',
      `arn:aws:logs:eu-west-1:111122223333:log-group:/s3-rewind/rollback/${ROLLBACK_ID}:log-stream:a`,
      true,
    ],
    [
      'task',
      'logs:PutLogEvents',
      `arn:aws:logs:eu-west-1:111122223333:log-group:/s3-rewind/rollback/${OTHER_ID}:log-stream:a`,
      false,
    ],
    [
      'task',
      'iam:TagRole',
      `arn:aws:iam::111122223333:role/s3-rewind/rollback/x`,
      false,
      { 'aws:TagKeys': 's3-rewind:approved' },
    ],
    ['task', 'sts:AssumeRole', `arn:aws:iam::111122223333:role/s3-rewind/rollback/x`, false],
    ['batch', 's3:GetObject', record('jobs/scenario1-1.csv'), true],
    ['batch', 's3:GetObjectVersion', record('jobs/scenario1-1.csv'), true],
    ['batch', 's3:GetObject', record('manifests/scenario1.csv'), false],
    ['batch', 's3:GetObject', record('approval.json'), false],
    ['batch', 's3:GetObject', other('jobs/scenario1-1.csv'), false],
    ['batch', 's3:PutObject', record('reports/job-1/results/a.csv'), true],
    ['batch', 's3:PutObject', record('reports/job-1/manifest.json'), true],
    ['task', 's3:PutObject', record('outcomes/journal/scenario1/0000000/0000000.csv'), true],
    ['batch', 's3:PutObject', record('jobs/scenario1-1.csv'), false],
    ['batch', 's3:PutObject', other('reports/job-1/results/a.csv'), false],
    ['batch', 'lambda:InvokeFunction', `${FUNCTION}:1`, true],
    ['batch', 'lambda:InvokeFunction', `${FUNCTION}:2`, false],
    [
      'batch',
      'lambda:InvokeFunction',
      'arn:aws:lambda:eu-west-1:111122223333:function:rb-other-TaskFunction:1',
      false,
    ],
  ];
  test.each(LINES)('%s: %s of %s: %s', async (role, action, resource, expected, context = {}) => {
    const roles = await rollbackRoles({}, { scenarios: ALL });
    expect(await isAllowed(roles[role], { action, resource, context: { ...APPROVED, ...context } })).toBe(
      expected,
    );
  });

  test('a suspended job can be prepared: its manifest is read before the approval', async () => {
    const { batch } = await rollbackRoles({}, { scenarios: ALL });
    const request = { action: 's3:GetObject', resource: record('jobs/scenario1-1.csv'), context: UNAPPROVED };
    expect(await isAllowed(batch, request)).toBe(true);
  });
});

describe('a prefix is literal', () => {
  /** One line a prefix: keys that it holds, and keys that it would hold if a character meant more than itself. */
  const PREFIXES: [prefix: string, inside: string, outside: string][] = [
    ['a*b/', 'a*b/x', 'axxb/x'],
    ['a?b/', 'a?b/x', 'axb/x'],
    ['$', '$x', 'x'],
    [`\${aws:username}/`, `\${aws:username}/x`, 'any/x'],
    [`\${*}`, `\${*}x`, 'any/x'],
    ['"quoted" \\ {{x}}/', '"quoted" \\ {{x}}/y', '"quoted" \\ /y'],
    ['café/', 'café/x', 'other/x'],
  ];
  test.each(PREFIXES)('%s', async (prefix, inside, outside) => {
    const { task } = await rollbackRoles({ prefix: [prefix] }, { scenarios: ['1'] });
    const may = (key: string) =>
      isAllowed(task, { action: 's3:DeleteObject', resource: object('my-bucket', key), context: APPROVED });
    expect(await may(inside)).toBe(true);
    expect(await may(outside)).toBe(false);
  });

  test('more prefixes than a policy can hold: their common start, and policies within the quota', async () => {
    const prefix = Array.from({ length: 500 }, (_, index) => `data/${'x'.repeat(200)}/${index}/`);
    const { task, batch } = await rollbackRoles({ prefix }, { scenarios: ALL, copyWith: 's3-batch-copy' });
    for (const { policies } of [task, batch]) expect(JSON.stringify(policies).length).toBeLessThan(10_240);
    const may = (key: string) =>
      isAllowed(task, { action: 's3:DeleteObject', resource: object('my-bucket', key), context: APPROVED });
    expect(await may(`data/${'x'.repeat(200)}/499/key`)).toBe(true);
    expect(await may('data/key')).toBe(false);
  });
});

describe('trust', () => {
  const ACCOUNT = '111122223333';
  /** One line a role: the service, and what it acts for. */
  test.each([
    ['TaskRole', 'lambda.amazonaws.com', FUNCTION],
    ['BatchRole', 'batchoperations.s3.amazonaws.com', `arn:aws:s3:eu-west-1:${ACCOUNT}:job/1`],
  ])('%s trusts %s of this account alone', async (role, Service, arn) => {
    const { stack } = await rollbackRoles({});
    const trust = documentOf(stack, role, 'AssumeRolePolicyDocument');
    const ask = (service: string, context: Record<string, string>) =>
      isTrusted(trust, { Service: service }, 'sts:AssumeRole', context);
    expect(ask(Service, { 'aws:SourceAccount': ACCOUNT, 'aws:SourceArn': arn })).toBe(true);
    expect(ask(Service, {}), 'the keys are optional').toBe(true);
    expect(ask(Service, { 'aws:SourceAccount': '999999999999' })).toBe(false);
    expect(ask(Service, { 'aws:SourceArn': arn.replace(ACCOUNT, '999999999999') })).toBe(false);
    expect(ask('ec2.amazonaws.com', { 'aws:SourceAccount': ACCOUNT })).toBe(false);
  });
});
