import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { clientOf } from './client.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(async () => {
  sandbox.expectLosses('any');
  await sandbox.stop();
});

/** Removes an object version for good, as no command may. */
async function lose(): Promise<void> {
  const { versionId } = sandbox.createBucket('data', { versioning: 'Enabled' }).put('k', { body: 'x' });
  const target = { Bucket: 'data', Key: 'k', VersionId: versionId };
  await clientOf(sandbox).send(new DeleteObjectCommand(target));
}

test('a sandbox that lost an object version does not stop quietly', async () => {
  await lose();
  await expect(sandbox.stop()).rejects.toThrow(/1 permanent deletions \(expected 0\).*"k" \S{32} of data/);
});

test('nor one that lost a null version to a write under suspended versioning', async () => {
  sandbox.createBucket('data', { versioning: 'Suspended' }).put('k', { body: 'x' });
  await clientOf(sandbox).send(new DeleteObjectCommand({ Bucket: 'data', Key: 'k' }));
  await expect(sandbox.stop()).rejects.toThrow(/1 null versions replaced \(expected 0\).*"k" null of data/);
});

test('nor one that lost less than a test is about', async () => {
  sandbox.expectLosses({ permanentDeletions: 1 });
  await expect(sandbox.stop()).rejects.toThrow('0 permanent deletions (expected 1)');
});

test('a loss that was said to come is none', async () => {
  await lose();
  sandbox.expectLosses({ permanentDeletions: 1 });
  await sandbox.stop();
});

test('a removed delete marker is none, and what a lifecycle rule or a test itself removes is no command’s', async () => {
  const bucket = sandbox.createBucket('data', { versioning: 'Enabled' });
  const [expired, removed] = [bucket.put('k', { body: 'x' }), bucket.put('k', { body: 'y' })];
  const { versionId } = bucket.addDeleteMarker('k');
  await clientOf(sandbox).send(new DeleteObjectCommand({ Bucket: 'data', Key: 'k', VersionId: versionId }));
  bucket.expire('k', expired.versionId);
  bucket.remove('k', removed.versionId);
  expect(sandbox.losses).toMatchObject({ permanentDeletions: 0, lifecycleDeletions: 1 });
  await sandbox.stop();
});
