import { expect, test } from 'vitest';
import type { Scenario } from '../../src/s3/rollback.ts';
import { isAllowed } from './evaluate.ts';
import { APPROVED, OTHER_DIGEST, rollbackRoles, UNAPPROVED } from './stacks.ts';

/**
 * Jobs of S3's own ask for restores as the Batch role, which costs money: the approval binds that as well. The task
 * function copies afterwards.
 */

const object = (bucket: string, key: string) => `arn:aws:s3:::${bucket}/${key}`;
const action = 's3:RestoreObject';

/** One line a plan: its mode, its scenarios, how it copies, and whether archived versions are part of it. */
const PLANS: [string, Scenario[], 'guarded' | 's3-batch-copy', boolean][] = [
  ['bucket-rollback', ['1', '3a', '3b'], 'guarded', true],
  ['bucket-rollback', ['3a', '3b'], 's3-batch-copy', true],
  ['bucket-rollback', ['1', '2', '3b', '3c'], 'guarded', false],
  ['bucket-rollback', ['3b'], 's3-batch-copy', false],
  ['copy-to-bucket', ['5a', '5b'], 'guarded', true],
  ['copy-to-bucket', ['5b'], 's3-batch-copy', false],
];
test.each(PLANS)('%s with %s, %s: restores by the Batch role: %s', async (mode, scenarios, copyWith, has) => {
  const raw = { mode, prefix: ['data/'], ...(mode === 'copy-to-bucket' && { destinationBucket: 'my-copy' }) };
  const { batch, task } = await rollbackRoles(raw, { scenarios, copyWith });
  const may = (resource: string, context: Record<string, string>) =>
    isAllowed(batch, { action, resource, context });
  const mine = object('my-bucket', 'data/k');
  expect(await may(mine, APPROVED)).toBe(has);
  expect(await may(mine, UNAPPROVED), 'not approved').toBe(false);
  expect(await may(mine, {}), 'without a tag').toBe(false);
  const others = { ...UNAPPROVED, 'aws:PrincipalTag/s3-rewind:approved': OTHER_DIGEST };
  expect(await may(mine, others), 'approved for another plan').toBe(false);
  expect(await may(object('my-bucket', 'other/k'), APPROVED), 'another prefix').toBe(false);
  expect(await may(object('my-copy', 'data/k'), APPROVED), 'the destination').toBe(false);
  expect(await isAllowed(task, { action, resource: mine, context: APPROVED }), 'the task').toBe(false);
});

/** One line a request of the task role for restored copies, its plan approved: what, in the bucket, in the destination. */
const COPIES: [action: string, inPlace: boolean, source: boolean, destination: boolean][] = [
  ['s3:GetObjectVersion', true, true, true],
  ['s3:GetObjectVersionTagging', true, true, false],
  ['s3:PutObject', true, false, true],
  ['s3:PutObjectTagging', true, false, true],
  ['s3:AbortMultipartUpload', true, false, true],
  ['s3:RestoreObject', false, false, false],
  ['s3:DeleteObject', false, false, false],
  ['s3:DeleteObjectVersion', false, false, false],
  ['s3:PutObjectRetention', false, false, false],
  ['s3:BypassGovernanceRetention', false, false, false],
];
test.each(COPIES)(
  'the task function of restored copies: %s',
  async (action, inPlace, source, destination) => {
    const own = (await rollbackRoles({ prefix: ['data/'] }, { scenarios: ['3a'] })).task;
    const raw = { mode: 'copy-to-bucket', destinationBucket: 'my-copy', prefix: ['data/'] };
    const to = (await rollbackRoles(raw, { scenarios: ['5a'] })).task;
    const may = (role: typeof own, resource: string, context: Record<string, string> = APPROVED) =>
      isAllowed(role, { action, resource, context });
    expect(await may(own, object('my-bucket', 'data/k'))).toBe(inPlace);
    expect(await may(to, object('my-bucket', 'data/k')), 'the source').toBe(source);
    expect(await may(to, object('my-copy', 'data/k')), 'the destination').toBe(destination);
    for (const role of [own, to]) {
      expect(await may(role, object('my-bucket', 'other/k')), 'another prefix').toBe(false);
      expect(await may(role, object('my-copy', 'other/k')), 'another prefix there').toBe(false);
      for (const context of [
        UNAPPROVED,
        {},
        { ...UNAPPROVED, 'aws:PrincipalTag/s3-rewind:approved': OTHER_DIGEST },
      ]) {
        expect(await may(role, object('my-bucket', 'data/k'), context), 'not approved').toBe(false);
        expect(await may(role, object('my-copy', 'data/k'), context), 'not approved, there').toBe(false);
      }
    }
  },
);
