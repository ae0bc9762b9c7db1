import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/deploy/resolve-template.ts';
import { ROLLBACK_ID } from '../plan/execution-matrix.ts';
import { documentOf, isAllowed } from './evaluate.ts';
import { APPROVED, bootstrapStack, OTHER_ID, RECORD, UNAPPROVED } from './stacks.ts';

/** What the boundary lets through of a role whose own policy allows everything, as a stack that nobody reviewed could. */

const EVERYTHING: Json = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
};

async function greedyRole(buckets: string) {
  const stack = await bootstrapStack({}, { RollbackBuckets: buckets });
  return {
    arn: 'arn:aws:iam::111122223333:role/s3-rewind/rollback/greedy',
    policies: [{ name: 'everything', policy: EVERYTHING }],
    boundary: documentOf(stack, 'Boundary'),
  };
}

const object = (bucket: string, key: string) => `arn:aws:s3:::${bucket}/${key}`;

describe('a role that allows itself everything', () => {
  /** One line a request: what, where, before and after an approval. */
  const LINES: [action: string, resource: string, before: boolean, after: boolean][] = [
    ['s3:DeleteObjectVersion', object('my-bucket', 'k'), false, true],
    ['s3:DeleteObject', object('my-bucket', 'k'), false, true],
    ['s3:PutObject', object('my-bucket', 'k'), false, true],
    ['s3:RestoreObject', object('my-bucket', 'k'), false, true],
    ['s3:RestoreObject', object('strange', 'k'), false, false],
    ['s3:GetObject', object('my-bucket', 'k'), false, true],
    ['s3:GetObject', object('strange', 'k'), false, false],
    ['s3:DeleteObjectVersion', object('strange', 'k'), false, false],
    ['s3:PutBucketVersioning', 'arn:aws:s3:::my-bucket', false, false],
    ['s3:DeleteBucket', 'arn:aws:s3:::my-bucket', false, false],
    ['s3:BypassGovernanceRetention', object('my-bucket', 'k'), false, false],
    ['s3:GetObject', object(RECORD, `${ROLLBACK_ID}/plan.json`), true, true],
    ['s3:GetObject', object(RECORD, `${OTHER_ID}/plan.json`), false, false],
    ['s3:PutObject', object(RECORD, `${OTHER_ID}/outcomes/x`), false, false],
    ['s3:PutObject', object(RECORD, `${ROLLBACK_ID}/plan.json`), false, false],
    ['iam:CreateRole', 'arn:aws:iam::111122223333:role/x', false, false],
    ['iam:TagRole', 'arn:aws:iam::111122223333:role/s3-rewind/rollback/greedy', false, false],
    [
      'iam:DeleteRolePermissionsBoundary',
      'arn:aws:iam::111122223333:role/s3-rewind/rollback/greedy',
      false,
      false,
    ],
    ['sts:AssumeRole', 'arn:aws:iam::111122223333:role/admin', false, false],
    ['lambda:InvokeFunction', 'arn:aws:lambda:eu-west-1:111122223333:function:rb-x:1', false, true],
    ['lambda:InvokeFunction', 'arn:aws:lambda:eu-west-1:111122223333:function:payroll', false, false],
    ['kms:Decrypt', 'arn:aws:kms:eu-west-1:111122223333:key/a', false, false],
    ['ec2:RunInstances', 'arn:aws:ec2:eu-west-1:111122223333:instance/*', false, false],
  ];
  test.each(LINES)('%s of %s: %s before an approval, %s after', async (action, resource, before, after) => {
    const role = await greedyRole('arn:aws:s3:::my-bucket');
    expect(await isAllowed(role, { action, resource, context: UNAPPROVED })).toBe(before);
    expect(await isAllowed(role, { action, resource, context: APPROVED })).toBe(after);
  });

  test.each([
    'manifests/scenario1.csv',
    'plan.json',
    'approval.json',
    'restore-approval.json',
    'template.yaml',
    'jobs/scenario1-1.csv',
  ])(
    'cannot rewrite %s, also where the buckets are given so widely that the record is one of them',
    async (path) => {
      const role = await greedyRole('arn:aws:s3:::*');
      const ask = (action: string, resource: string) =>
        isAllowed(role, { action, resource, context: APPROVED });
      expect(await ask('s3:PutObject', object('my-bucket', 'k'))).toBe(true);
      expect(await ask('s3:PutObject', object(RECORD, `${ROLLBACK_ID}/${path}`))).toBe(false);
      expect(await ask('s3:DeleteObject', object(RECORD, `${ROLLBACK_ID}/${path}`))).toBe(false);
      expect(await ask('s3:DeleteObjectVersion', object(RECORD, `${OTHER_ID}/${path}`))).toBe(false);
    },
  );
});
