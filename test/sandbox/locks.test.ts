import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { clientOf } from './client.ts';

const Bucket = 'locked';
let sandbox: Sandbox;

beforeEach(async () => {
  sandbox = await startSandbox();
  sandbox.clock.set('2026-01-01T00:00:00Z');
});
afterEach(() => sandbox.stop());

const day = (offset: number) => new Date(Date.UTC(2026, 0, 1 + offset));

describe('Object Lock', () => {
  test('the default retention protects new versions, and no delete marker', async () => {
    const client = clientOf(sandbox);
    await client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
    const configuration = {
      ObjectLockEnabled: 'Enabled',
      Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 7 } },
    } as const;
    await client.send(
      new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration: configuration }),
    );
    const kept = await client.send(new GetObjectLockConfigurationCommand({ Bucket }));
    expect(kept.ObjectLockConfiguration).toEqual(configuration);
    const { VersionId } = await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
    const { Retention } = await client.send(new GetObjectRetentionCommand({ Bucket, Key: 'k' }));
    expect(Retention).toEqual({ Mode: 'GOVERNANCE', RetainUntilDate: day(7) });

    const removal = { Bucket, Key: 'k', VersionId };
    await expect(client.send(new DeleteObjectCommand(removal))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    const batch = await client.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'k', VersionId }] } }),
    );
    expect(batch.Errors).toMatchObject([{ Code: 'AccessDenied' }]);
    const marker = await client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: marker.VersionId }));
    expect(sandbox.permanentDeletions).toBe(0);

    await client.send(new DeleteObjectCommand({ ...removal, BypassGovernanceRetention: true }));
    sandbox.expectLosses({ permanentDeletions: 1 });
    expect(sandbox.permanentDeletions).toBe(1);
  });

  test.each([
    ['GOVERNANCE', 5, 10, false, 'done'],
    ['GOVERNANCE', 5, 3, false, 'AccessDenied'],
    ['GOVERNANCE', 5, 3, true, 'done'],
    ['COMPLIANCE', 5, 10, false, 'done'],
    ['COMPLIANCE', 5, 3, true, 'AccessDenied'],
  ] as const)('%s of %i days to %i days, bypass %s: %s', async (Mode, before, after, bypass, expected) => {
    const bucket = sandbox.createBucket(Bucket, { objectLock: true });
    bucket.put('k', { attributes: { retention: { mode: Mode, retainUntil: day(before).getTime() } } });
    const outcome = await clientOf(sandbox)
      .send(
        new PutObjectRetentionCommand({
          Bucket,
          Key: 'k',
          Retention: { Mode, RetainUntilDate: day(after) },
          BypassGovernanceRetention: bypass,
        }),
      )
      .then(
        () => 'done',
        (error) => error.name,
      );
    expect(outcome).toBe(expected);
  });

  test('a legal hold stands until it is taken away', async () => {
    const bucket = sandbox.createBucket(Bucket, { objectLock: true });
    const { versionId: VersionId } = bucket.put('k');
    const client = clientOf(sandbox);
    const target = { Bucket, Key: 'k', VersionId };
    await client.send(new PutObjectLegalHoldCommand({ ...target, LegalHold: { Status: 'ON' } }));
    expect((await client.send(new GetObjectLegalHoldCommand(target))).LegalHold).toEqual({ Status: 'ON' });
    await expect(client.send(new DeleteObjectCommand(target))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    await client.send(new PutObjectLegalHoldCommand({ ...target, LegalHold: { Status: 'OFF' } }));
    await client.send(new DeleteObjectCommand(target));
    sandbox.expectLosses({ permanentDeletions: 1 });
  });

  test('a bucket without it refuses to retain', async () => {
    sandbox.createBucket(Bucket, { versioning: 'Enabled' }).put('k');
    const client = clientOf(sandbox);
    await expect(
      client.send(
        new PutObjectRetentionCommand({
          Bucket,
          Key: 'k',
          Retention: { Mode: 'GOVERNANCE', RetainUntilDate: day(1) },
        }),
      ),
    ).rejects.toMatchObject({ name: 'InvalidRequest' });
    await expect(client.send(new GetObjectLockConfigurationCommand({ Bucket }))).rejects.toMatchObject({
      name: 'ObjectLockConfigurationNotFoundError',
    });
  });
});

describe('MFA delete', () => {
  test('refuses every delete that names a version, markers included', async () => {
    const bucket = sandbox.createBucket(Bucket, { versioning: 'Enabled', mfaDelete: true });
    bucket.put('k');
    const { versionId } = bucket.addDeleteMarker('k');
    const client = clientOf(sandbox);
    expect(await client.send(new GetBucketVersioningCommand({ Bucket }))).toMatchObject({
      Status: 'Enabled',
      MFADelete: 'Enabled',
    });
    await expect(
      client.send(
        new DeleteObjectsCommand({
          Bucket,
          Delete: { Objects: [{ Key: 'other' }, { Key: 'k', VersionId: versionId }] },
        }),
      ),
    ).rejects.toMatchObject({ name: 'AccessDenied' });
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'other' }));
    await client.send(
      new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: versionId, MFA: 'arn:aws:iam::1:mfa/d 123456' }),
    );
    expect(bucket.current('k')).toMatchObject({ isDeleteMarker: false });
  });
});

test('versioning cannot be suspended under Object Lock', async () => {
  sandbox.createBucket(Bucket, { objectLock: true });
  await expect(
    clientOf(sandbox).send(
      new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } }),
    ),
  ).rejects.toMatchObject({ name: 'InvalidBucketState' });
});
