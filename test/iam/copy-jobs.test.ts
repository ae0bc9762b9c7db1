import { expect, test } from 'vitest';
import { ROLLBACK_ID } from '../plan/execution-matrix.ts';
import { isAllowed, principalOf } from './evaluate.ts';
import {
  APPROVED,
  bootstrapStack,
  OTHER_DIGEST,
  OTHER_ID,
  RECORD,
  rollbackRoles,
  UNAPPROVED,
} from './stacks.ts';

/** With `copy-with: s3-batch-copy` S3 itself copies, as the Batch role: the approval has to bind that role too. */

const object = (bucket: string, key: string) => `arn:aws:s3:::${bucket}/${key}`;
const OTHERS = { ...UNAPPROVED, 'aws:PrincipalTag/s3-rewind:approved': OTHER_DIGEST };

/** One line a request of the Batch role, its plan approved: what, where, with guarded copies, with S3's own. */
const IN_PLACE: [action: string, resource: string, guarded: boolean, native: boolean][] = [
  ['s3:PutObject', object('my-bucket', 'data/k'), false, true],
  ['s3:PutObjectTagging', object('my-bucket', 'data/k'), false, true],
  ['s3:GetObjectVersion', object('my-bucket', 'data/k'), false, true],
  ['s3:GetObjectVersionTagging', object('my-bucket', 'data/k'), false, true],
  ['s3:PutObject', object('my-bucket', 'other/k'), false, false],
  ['s3:PutObjectAcl', object('my-bucket', 'data/k'), false, false],
  ['s3:DeleteObject', object('my-bucket', 'data/k'), false, false],
  ['s3:DeleteObjectVersion', object('my-bucket', 'data/k'), false, false],
  ['s3:BypassGovernanceRetention', object('my-bucket', 'data/k'), false, false],
  ['s3:GetObjectVersion', object(RECORD, `${ROLLBACK_ID}/manifests/scenario3b_STANDARD.csv`), false, true],
  ['s3:GetObjectVersion', object(RECORD, `${ROLLBACK_ID}/jobs/scenario3b-STANDARD-2.csv`), true, true],
  ['s3:GetObjectVersion', object(RECORD, `${OTHER_ID}/manifests/scenario3b.csv`), false, false],
  ['s3:PutObject', object(RECORD, `${ROLLBACK_ID}/manifests/scenario3b.csv`), false, false],
  ['s3:PutObject', object(RECORD, `${ROLLBACK_ID}/outcomes/scenario3b.csv`), false, false],
];
test.each(IN_PLACE)('the Batch role: %s of %s', async (action, resource, guarded, native) => {
  const given = { scenarios: ['1', '3b', '3c'] as const };
  const raw = { prefix: ['data/'] };
  const own = (await rollbackRoles(raw, { ...given, copyWith: 's3-batch-copy' })).batch;
  expect(await isAllowed(own, { action, resource, context: APPROVED })).toBe(native);
  const other = (await rollbackRoles(raw, given)).batch;
  expect(await isAllowed(other, { action, resource, context: APPROVED }), 'guarded').toBe(guarded);
});

test.each([
  ['not approved', UNAPPROVED],
  ['approved for another plan', OTHERS],
  ['without a tag', {}],
])('%s: the Batch role copies nothing and reads no source', async (_name, context) => {
  const { batch } = await rollbackRoles({}, { scenarios: ['3b'], copyWith: 's3-batch-copy' });
  for (const action of ['s3:PutObject', 's3:PutObjectTagging', 's3:GetObjectVersion']) {
    expect(await isAllowed(batch, { action, resource: object('my-bucket', 'k'), context })).toBe(false);
    expect(await isAllowed(batch, { action, resource: object('my-bucket', 'k'), context: APPROVED })).toBe(
      true,
    );
  }
});

test('to another bucket: reads here, writes there, and nothing the other way round', async () => {
  const raw = { mode: 'copy-to-bucket', destinationBucket: 'my-copy' };
  const { batch, task } = await rollbackRoles(raw, { scenarios: ['5b'], copyWith: 's3-batch-copy' });
  const may = (action: string, bucket: string) =>
    isAllowed(batch, { action, resource: object(bucket, 'k'), context: APPROVED });
  expect(await may('s3:GetObjectVersion', 'my-bucket')).toBe(true);
  expect(await may('s3:PutObject', 'my-bucket')).toBe(false);
  expect(await may('s3:PutObject', 'my-copy')).toBe(true);
  expect(await may('s3:GetObjectVersion', 'my-copy')).toBe(false);
  // The task function copies what the job found in an archive, once it is restored: within the same bounds.
  const taskMay = (action: string, bucket: string, context: Record<string, string>) =>
    isAllowed(task, { action, resource: object(bucket, 'k'), context });
  expect(await taskMay('s3:PutObject', 'my-copy', APPROVED)).toBe(true);
  expect(await taskMay('s3:PutObject', 'my-copy', UNAPPROVED)).toBe(false);
  expect(await taskMay('s3:PutObject', 'my-bucket', APPROVED)).toBe(false);
  expect(await taskMay('s3:DeleteObject', 'my-copy', APPROVED)).toBe(false);
});

test('start-jobs may look at the copies and try again what failed, and write to no bucket that is rolled back', async () => {
  const role = principalOf(await bootstrapStack(), 'StartJobsRole');
  const may = (action: string, resource: string, context: Record<string, string> = {}) =>
    isAllowed(role, { action, resource, context });
  expect(await may('s3:ListBucketVersions', 'arn:aws:s3:::my-bucket')).toBe(true);
  expect(await may('s3:GetObjectVersion', object('my-bucket', 'k'))).toBe(true);
  expect(await may('s3:PutObject', object(RECORD, `${ROLLBACK_ID}/jobs/scenario3b-STANDARD-2.csv`))).toBe(
    true,
  );
  expect(await may('s3:PutObject', object(RECORD, `${ROLLBACK_ID}/manifests/scenario3b.csv`))).toBe(false);
  expect(await may('s3:PutObject', object('my-bucket', 'k'))).toBe(false);
});
