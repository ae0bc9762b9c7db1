import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Bucket } from '../../sandbox/bucket.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { readBucketFacts } from '../../src/aws/bucket-facts.ts';
import { openS3Client } from '../../src/aws/client.ts';
import { clientOf } from '../sandbox/client.ts';

let sandbox: Sandbox;
let bucket: Bucket;

beforeEach(async () => {
  sandbox = await startSandbox();
  bucket = sandbox.createBucket('data', { versioning: 'Enabled', mfaDelete: true });
});
afterEach(() => sandbox.stop());

const read = (name = 'data', accessKeyId = 'AKIASANDBOX') =>
  readBucketFacts(clientOf(sandbox, { accessKeyId }), name);

test('reads every configuration', async () => {
  const set = (name: string, xml: string) => bucket.configurations.set(name, xml);
  set(
    'lifecycle',
    `<LifecycleConfiguration>
      <Rule><ID>old</ID><Status>Enabled</Status><Filter><And><Prefix>data/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></And></Filter><NoncurrentVersionExpiration><NoncurrentDays>30</NoncurrentDays><NewerNoncurrentVersions>2</NewerNoncurrentVersions></NoncurrentVersionExpiration></Rule>
      <Rule><ID>off</ID><Status>Disabled</Status><Filter></Filter><Expiration><Days>1</Days></Expiration></Rule>
      <Rule><ID>markers</ID><Status>Enabled</Status><Prefix>logs/</Prefix><Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration></Rule>
    </LifecycleConfiguration>`,
  );
  set(
    'replication',
    '<ReplicationConfiguration><Role>r</Role><Rule><Status>Enabled</Status><DeleteMarkerReplication><Status>Enabled</Status></DeleteMarkerReplication><Destination><Bucket>arn:aws:s3:::copy</Bucket></Destination></Rule></ReplicationConfiguration>',
  );
  set(
    'notification',
    '<NotificationConfiguration><QueueConfiguration><Queue>arn:aws:sqs:x</Queue><Event>s3:ObjectCreated:*</Event></QueueConfiguration><EventBridgeConfiguration></EventBridgeConfiguration></NotificationConfiguration>',
  );
  set(
    'requestPayment',
    '<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>',
  );
  bucket.objectLock = { defaultRetention: { mode: 'GOVERNANCE', days: 3 } };
  const facts = await read();
  expect(facts).toMatchObject({
    versioning: { value: 'Enabled' },
    mfaDelete: { value: true },
    lifecycle: {
      value: [
        {
          id: 'old',
          enabled: true,
          prefix: 'data/',
          noncurrentDays: 30,
          newerNoncurrentVersions: 2,
          expiresCurrent: false,
        },
        { id: 'off', enabled: false, expiresCurrent: true },
        { id: 'markers', prefix: 'logs/', noncurrentDays: null, removesExpiredMarkers: true },
      ],
    },
    replication: { value: { destinations: ['arn:aws:s3:::copy'], deleteMarkers: true } },
    notifications: { value: ['arn:aws:sqs:x', 'EventBridge'] },
    objectLock: { value: { enabled: true, defaultRetention: 'GOVERNANCE for 3 days' } },
    encryption: { value: { algorithm: 'AES256' } },
    requesterPays: { value: true },
  });
});

test('a bucket with nothing set, versioning never enabled', async () => {
  sandbox.createBucket('plain-bucket');
  const facts = await read('plain-bucket');
  expect(facts.versioning).toEqual({ readable: true, value: 'never' });
  expect(facts.lifecycle).toEqual({ readable: true, value: [] });
  expect(facts.objectLock).toEqual({ readable: true, value: { enabled: false, defaultRetention: null } });
});

test('what may not be read, or is not known to the store, is a fact and no failure', async () => {
  sandbox.faults.add({
    operation: 'GetBucketReplication',
    effect: { error: { code: 'AccessDenied', status: 403 } },
  });
  sandbox.faults.add({
    operation: 'GetBucketEncryption',
    effect: { error: { code: 'NotImplemented', status: 501 } },
  });
  sandbox.faults.add({ operation: 'GetBucketVersioning', effect: 'slow-down', times: 1 });
  const facts = await read();
  expect(facts.replication).toEqual({ readable: false, reason: 's3:GetReplicationConfiguration' });
  expect(facts.encryption).toMatchObject({
    readable: false,
    reason: expect.stringContaining('NotImplemented'),
  });
  expect(facts.versioning).toEqual({ readable: true, value: 'Enabled' });
});

test('a missing bucket is refused', async () => {
  await expect(read('nothing-here')).rejects.toMatchObject({ code: 'BUCKET_NOT_FOUND' });
});

test.each(['InvalidAccessKeyId', 'SignatureDoesNotMatch'] as const)('credentials: %s', async (denial) => {
  sandbox.deniedKeys.set('AKIAGONE', denial);
  await expect(read('data', 'AKIAGONE')).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
});

test('an endpoint where nothing answers, and one that is no S3', async () => {
  process.env.AWS_ACCESS_KEY_ID ??= 'AKIASANDBOX';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'secret';
  const server = createServer((_, response) => response.end('<html><body>Welcome</body></html>'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpointUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = openS3Client({ endpointUrl, region: 'us-east-1', forcePathStyle: true });
  const facts = await readBucketFacts(client, 'data').catch((error: unknown) => error);
  expect(facts).toBeInstanceOf(Object);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await expect(readBucketFacts(client, 'data')).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' });
  client.destroy();
});
