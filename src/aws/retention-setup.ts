import {
  GetBucketLifecycleConfigurationCommand,
  type GetBucketLifecycleConfigurationCommandOutput,
  type LifecycleRule,
  ListBucketInventoryConfigurationsCommand,
  PutBucketInventoryConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
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

    /** The rules as S3 has them, and what else the configuration says. */
    async readLifecycle(bucket: string): Promise<{
      rules: LifecycleRule[];
      minimumSize: GetBucketLifecycleConfigurationCommandOutput['TransitionDefaultMinimumObjectSize'];
    }> {
      return await sendWithRetries(
        { bucket, doing: 'Reading the lifecycle rules of', permission: 's3:GetLifecycleConfiguration' },
        async () => {
          try {
            const answer = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }));
            return { rules: answer.Rules ?? [], minimumSize: answer.TransitionDefaultMinimumObjectSize };
          } catch (error) {
            if (!(error instanceof Error) || error.name !== 'NoSuchLifecycleConfiguration') throw error;
            return { rules: [], minimumSize: undefined };
          }
        },
      );
    },

    /** Puts all rules: S3 knows no call that adds one. */
    async writeLifecycle(
      bucket: string,
      {
        rules,
        minimumSize,
      }: {
        rules: LifecycleRule[];
        minimumSize: GetBucketLifecycleConfigurationCommandOutput['TransitionDefaultMinimumObjectSize'];
      },
    ): Promise<void> {
      const command = new PutBucketLifecycleConfigurationCommand({
        Bucket: bucket,
        LifecycleConfiguration: { Rules: rules },
        ...(minimumSize !== undefined && { TransitionDefaultMinimumObjectSize: minimumSize }),
      });
      const subject = {
        bucket,
        doing: 'Adding a lifecycle rule to',
        permission: 's3:PutLifecycleConfiguration',
      };
      await sendWithRetries(subject, () => client.send(command));
    },
  };
}
