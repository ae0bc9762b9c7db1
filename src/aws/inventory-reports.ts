import {
  GetObjectCommand,
  ListBucketInventoryConfigurationsCommand,
  ListObjectsV2Command,
  type S3Client,
  type InventoryConfiguration as SdkConfiguration,
} from '@aws-sdk/client-s3';
import type { InventoryConfiguration } from '../s3/inventory-configuration.ts';
import { sendWithRetries } from './send.ts';

/** Reads the inventory configurations of a bucket, and what lies at their destinations. */
export type InventoryReader = {
  /** @throws RunbookError ACCESS_DENIED, BUCKET_NOT_FOUND, WRONG_REGION, … */
  listConfigurations(bucket: string): Promise<InventoryConfiguration[]>;
  /** Names of the folders right below a prefix that ends with `/`, without the prefix and the slash at their end. */
  listFolders(bucket: string, prefix: string): Promise<string[]>;
  /** The text of a small object, or null where there is none. */
  readText(bucket: string, key: string): Promise<string | null>;
};

export function openInventoryReader(client: S3Client): InventoryReader {
  return {
    async listConfigurations(bucket) {
      const subject = {
        bucket,
        doing: 'Reading the inventory configurations of',
        permission: 's3:GetInventoryConfiguration',
      };
      const found: InventoryConfiguration[] = [];
      let token: string | undefined;
      do {
        const page = await sendWithRetries(subject, () =>
          client.send(
            new ListBucketInventoryConfigurationsCommand({ Bucket: bucket, ContinuationToken: token }),
          ),
        );
        found.push(...(page.InventoryConfigurationList ?? []).map(toConfiguration));
        token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      } while (token !== undefined);
      return found;
    },

    async listFolders(bucket, prefix) {
      const subject = { bucket, doing: 'Looking for reports in', permission: 's3:ListBucket' };
      const folders: string[] = [];
      let token: string | undefined;
      do {
        const page = await sendWithRetries(subject, () =>
          client.send(
            new ListObjectsV2Command({
              Bucket: bucket,
              Prefix: prefix,
              Delimiter: '/',
              ContinuationToken: token,
            }),
          ),
        );
        folders.push(
          ...(page.CommonPrefixes ?? []).map((entry) => (entry.Prefix ?? '').slice(prefix.length, -1)),
        );
        token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      } while (token !== undefined);
      return folders;
    },

    readText(bucket, key) {
      const subject = { bucket, doing: `Reading ${key} from`, permission: 's3:GetObject' };
      return sendWithRetries(subject, async () => {
        try {
          const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
          return (await Body?.transformToString('utf-8')) ?? '';
        } catch (error) {
          if (error instanceof Error && error.name === 'NoSuchKey') return null;
          throw error;
        }
      });
    },
  };
}

function toConfiguration(configuration: SdkConfiguration): InventoryConfiguration {
  const destination = configuration.Destination?.S3BucketDestination;
  return {
    id: configuration.Id ?? '',
    enabled: configuration.IsEnabled === true,
    versions: configuration.IncludedObjectVersions === 'All' ? 'All' : 'Current',
    prefix: configuration.Filter?.Prefix ?? '',
    format: destination?.Format ?? '',
    frequency: configuration.Schedule?.Frequency ?? '',
    destination: {
      // arn:PARTITION:s3:::BUCKET
      bucket: (destination?.Bucket ?? '').split(':').at(-1) ?? '',
      prefix: destination?.Prefix ?? '',
    },
  };
}
