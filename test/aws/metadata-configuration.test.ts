import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Bucket } from '../../sandbox/bucket.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { readMetadataConfiguration } from '../../src/aws/metadata-configuration.ts';
import { clientOf } from '../sandbox/client.ts';

let sandbox: Sandbox;
let bucket: Bucket;
beforeEach(async () => {
  sandbox = await startSandbox();
  bucket = sandbox.createBucket('data');
});
afterEach(() => sandbox.stop());

const read = (name = 'data') => readMetadataConfiguration(clientOf(sandbox), name);

/** The answer of API_GetBucketMetadataConfiguration. */
function answer(inventory: string, journal = '<TableStatus>ACTIVE</TableStatus>'): string {
  return `<GetBucketMetadataConfigurationResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><MetadataConfigurationResult>
    <DestinationResult><TableBucketType>aws</TableBucketType><TableBucketArn>arn:aws:s3tables:us-east-1:123456789012:bucket/aws-s3</TableBucketArn><TableNamespace>b_data</TableNamespace></DestinationResult>
    <JournalTableConfigurationResult>${journal}<TableName>journal</TableName><RecordExpiration><Expiration>DISABLED</Expiration></RecordExpiration></JournalTableConfigurationResult>
    ${inventory}</MetadataConfigurationResult></GetBucketMetadataConfigurationResult>`;
}

test('tells tables and their status', async () => {
  bucket.configurations.set(
    'metadataConfiguration',
    answer(
      '<InventoryTableConfigurationResult><ConfigurationState>ENABLED</ConfigurationState><TableStatus>FAILED</TableStatus><Error><ErrorCode>AccessDeniedCreatingResources</ErrorCode><ErrorMessage>no</ErrorMessage></Error><TableName>inventory</TableName></InventoryTableConfigurationResult>',
    ),
  );
  expect(await read()).toEqual({
    tableBucketType: 'aws',
    tableBucketArn: 'arn:aws:s3tables:us-east-1:123456789012:bucket/aws-s3',
    namespace: 'b_data',
    journal: { name: 'journal', status: 'ACTIVE', error: '' },
    liveInventory: { name: 'inventory', status: 'FAILED', error: 'AccessDeniedCreatingResources: no' },
  });
});

test('a live inventory that was disabled is none', async () => {
  const disabled =
    '<InventoryTableConfigurationResult><ConfigurationState>DISABLED</ConfigurationState></InventoryTableConfigurationResult>';
  bucket.configurations.set('metadataConfiguration', answer(disabled));
  expect(await read()).toMatchObject({ liveInventory: null });
});

test('a bucket without, and a store that does not know it', async () => {
  expect(await read()).toBeNull();
  const effect = { error: { code: 'NotImplemented', status: 501 } };
  sandbox.faults.add({ operation: 'GetBucketMetadataConfiguration', effect });
  expect(await read()).toBeNull();
});

test('no bucket, and no permission: the action and the role are named', async () => {
  await expect(read('nothing-here')).rejects.toMatchObject({ code: 'BUCKET_NOT_FOUND' });
  const message =
    'User: arn:aws:sts::123456789012:assumed-role/plan/x is not authorized to perform: s3:GetBucketMetadataTableConfiguration on resource: "arn:aws:s3:::data"';
  sandbox.faults.add({
    operation: 'GetBucketMetadataConfiguration',
    effect: { error: { code: 'AccessDenied', status: 403, message } },
  });
  await expect(read()).rejects.toMatchObject({
    code: 'ACCESS_DENIED',
    hint: expect.stringContaining(
      'allow s3:GetBucketMetadataTableConfiguration on arn:aws:s3:::data to arn:aws:iam::123456789012:role/plan',
    ),
  });
});
