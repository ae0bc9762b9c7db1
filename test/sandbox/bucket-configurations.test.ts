import {
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  GetBucketEncryptionCommand,
  GetBucketInventoryConfigurationCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketReplicationCommand,
  GetBucketRequestPaymentCommand,
  GetBucketTaggingCommand,
  GetPublicAccessBlockCommand,
  ListBucketInventoryConfigurationsCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Bucket as StoreBucket } from '../../sandbox/bucket.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { clientOf } from './client.ts';

const Bucket = 'data';
let sandbox: Sandbox;
let bucket: StoreBucket;
let client: S3Client;

beforeEach(async () => {
  sandbox = await startSandbox();
  sandbox.clock.set('2026-01-01T12:00:00Z');
  bucket = sandbox.createBucket(Bucket, { versioning: 'Enabled', region: 'eu-central-1' });
  client = clientOf(sandbox, { region: 'eu-central-1' });
});
afterEach(() => sandbox.stop());

const nameOf = (error: Error) => error.name;

test('what was never configured is answered as S3 answers it', async () => {
  const get = <Answer>(command: object) => client.send(command as never) as Promise<Answer>;
  for (const [command, code] of [
    [new GetBucketReplicationCommand({ Bucket }), 'ReplicationConfigurationNotFoundError'],
    [new GetBucketLifecycleConfigurationCommand({ Bucket }), 'NoSuchLifecycleConfiguration'],
    [new GetBucketPolicyCommand({ Bucket }), 'NoSuchBucketPolicy'],
    [new GetBucketTaggingCommand({ Bucket }), 'NoSuchTagSet'],
    [new GetPublicAccessBlockCommand({ Bucket }), 'NoSuchPublicAccessBlockConfiguration'],
    [new GetBucketInventoryConfigurationCommand({ Bucket, Id: 'x' }), 'NoSuchConfiguration'],
  ] as const) {
    expect(await get(command).catch(nameOf)).toBe(code);
  }
  const notification = await client.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
  expect(notification.QueueConfigurations).toBeUndefined();
  const encryption = await client.send(new GetBucketEncryptionCommand({ Bucket }));
  expect(encryption.ServerSideEncryptionConfiguration?.Rules).toMatchObject([
    { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
  ]);
  expect((await client.send(new GetBucketRequestPaymentCommand({ Bucket }))).Payer).toBe('BucketOwner');
  expect((await client.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint).toBe(
    'eu-central-1',
  );
});

test('configurations are kept as they were put', async () => {
  const Policy = '{"Version":"2012-10-17","Statement":[]}';
  await client.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  expect((await client.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toBe(Policy);
  await client.send(new DeleteBucketPolicyCommand({ Bucket }));
  expect(await client.send(new GetBucketPolicyCommand({ Bucket })).catch(nameOf)).toBe('NoSuchBucketPolicy');

  bucket.configurations.set(
    'replication',
    '<ReplicationConfiguration><Role>r</Role><Rule><ID>one</ID><Status>Enabled</Status></Rule></ReplicationConfiguration>',
  );
  const { ReplicationConfiguration } = await client.send(new GetBucketReplicationCommand({ Bucket }));
  expect(ReplicationConfiguration).toMatchObject({ Role: 'r', Rules: [{ ID: 'one', Status: 'Enabled' }] });

  const inventory =
    '<InventoryConfiguration><Id>daily</Id><IsEnabled>true</IsEnabled></InventoryConfiguration>';
  bucket.configurations.set('inventory/daily', inventory);
  const listed = await client.send(new ListBucketInventoryConfigurationsCommand({ Bucket }));
  expect(listed.InventoryConfigurationList).toMatchObject([{ Id: 'daily', IsEnabled: true }]);
});

test('the default encryption is given to new objects', async () => {
  await client.send(
    new PutBucketEncryptionCommand({
      Bucket,
      ServerSideEncryptionConfiguration: {
        Rules: [
          {
            ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'arn:key' },
            BucketKeyEnabled: true,
          },
        ],
      },
    }),
  );
  expect(await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }))).toMatchObject({
    ServerSideEncryption: 'aws:kms',
    SSEKMSKeyId: 'arn:key',
    BucketKeyEnabled: true,
  });
});

describe('lifecycle', () => {
  const configure = (Rule: object) =>
    client.send(
      new PutBucketLifecycleConfigurationCommand({
        Bucket,
        LifecycleConfiguration: { Rules: [{ ID: 'r', Status: 'Enabled', Filter: { Prefix: '' }, ...Rule }] },
      }),
    );

  test('expires noncurrent versions the midnight after their days are over', async () => {
    await configure({ NoncurrentVersionExpiration: { NoncurrentDays: 2 } });
    bucket.put('k', { body: '1' });
    bucket.put('k', { body: '2' });
    sandbox.clock.set('2026-01-03T23:59:59Z');
    expect(sandbox.applyLifecycle(Bucket).noncurrentExpired).toBe(0);
    sandbox.clock.set('2026-01-04T00:00:00Z');
    expect(sandbox.applyLifecycle(Bucket).noncurrentExpired).toBe(1);
    expect(bucket.stack('k')).toHaveLength(1);
    expect(sandbox.losses).toMatchObject({ permanentDeletions: 0, lifecycleDeletions: 1 });
  });

  test('keeps as many newer noncurrent versions as asked', async () => {
    await configure({ NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 2 } });
    for (const body of ['1', '2', '3', '4', '5']) bucket.put('k', { body });
    sandbox.clock.advance(10 * 86_400);
    sandbox.applyLifecycle(Bucket);
    expect(bucket.stack('k')).toHaveLength(3);
  });

  test('expires current versions under a marker, then the lone marker, and moves classes', async () => {
    await configure({
      Expiration: { Days: 5 },
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
      Transitions: [{ Days: 1, StorageClass: 'GLACIER' }],
    });
    bucket.put('k');
    sandbox.clock.advance(2 * 86_400);
    expect(sandbox.applyLifecycle(Bucket)).toMatchObject({ transitioned: 1, expired: 0 });
    sandbox.clock.advance(5 * 86_400);
    expect(sandbox.applyLifecycle(Bucket)).toMatchObject({ expired: 1 });
    expect(bucket.current('k')?.isDeleteMarker).toBe(true);
    sandbox.clock.advance(10 * 86_400);
    sandbox.applyLifecycle(Bucket);
    expect(bucket.stack('k')).toEqual([]);
  });
});

test('a bucket with anything in it cannot be deleted', async () => {
  bucket.addDeleteMarker('k');
  expect(await client.send(new DeleteBucketCommand({ Bucket })).catch(nameOf)).toBe('BucketNotEmpty');
});
