import {
  ListBucketInventoryConfigurationsCommand,
  PutBucketInventoryConfigurationCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { sendWithRetries } from './send.ts';

/** S3 Inventory's optional fields: what the plan reads of a version beside its identity, and its lock. */
const FIELDS = [
  'Size',
  'LastModifiedDate',
  'StorageClass',
  'ETag',
  'ObjectLockRetainUntilDate',
  'ObjectLockMode',
  'ObjectLockLegalHoldStatus',
] as const;

/** The calls of src/retention/bucket-setup.ts. @throws RunbookError ACCESS_DENIED, BUCKET_NOT_FOUND, … */
export function openRetentionSetup(client: S3Client) {
  return {
    /** IDs of the inventory configurations of a bucket. */
    async listInventories(bucket: string): Promise<string[]> {
      const ids: string[] = [];
      let token: string | undefined;
      do {
        const page = await sendWithRetries(
          {
            bucket,
            doing: 'Reading the inventory configurations of',
            permission: 's3:GetInventoryConfiguration',
          },
          () =>
            client.send(
              new ListBucketInventoryConfigurationsCommand({ Bucket: bucket, ContinuationToken: token }),
            ),
        );
        ids.push(...(page.InventoryConfigurationList ?? []).map(({ Id = '' }) => Id));
        token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      } while (token !== undefined);
      return ids;
    },

    async createInventory(
      bucket: string,
      inventory: {
        id: string;
        frequency: 'Daily' | 'Weekly';
        destination: { bucket: string; prefix: string };
      },
    ): Promise<void> {
      const { id, frequency, destination } = inventory;
      const command = new PutBucketInventoryConfigurationCommand({
        Bucket: bucket,
        Id: id,
        InventoryConfiguration: {
          Id: id,
          IsEnabled: true,
          IncludedObjectVersions: 'All',
          Schedule: { Frequency: frequency },
          OptionalFields: [...FIELDS],
          Destination: {
            S3BucketDestination: {
              Bucket: `arn:aws:s3:::${destination.bucket}`,
              Format: 'Parquet',
              Encryption: { SSES3: {} },
              ...(destination.prefix !== '' && { Prefix: destination.prefix }),
            },
          },
        },
      });
      const subject = { bucket, doing: 'Adding an inventory to', permission: 's3:PutInventoryConfiguration' };
      await sendWithRetries(subject, () => client.send(command));
    },
  };
}
