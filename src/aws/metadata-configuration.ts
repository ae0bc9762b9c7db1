import { GetBucketMetadataConfigurationCommand, type S3Client } from '@aws-sdk/client-s3';
import type { MetadataConfiguration, MetadataTable } from '../s3/metadata-tables.ts';
import { statusOf } from './responses.ts';
import { sendWithRetries } from './send.ts';

/** Statuses of a store that has no such configuration, or does not know the request at all. */
const ABSENT_STATUSES = new Set([404, 405, 501]);

/**
 * Reads the S3 Metadata configuration of a bucket.
 * @returns null where the bucket has none
 * @throws RunbookError ACCESS_DENIED, BUCKET_NOT_FOUND, WRONG_REGION, …
 */
export async function readMetadataConfiguration(
  client: S3Client,
  bucket: string,
): Promise<MetadataConfiguration | null> {
  const subject = {
    bucket,
    doing: 'Reading the S3 Metadata configuration of',
    permission: 's3:GetBucketMetadataTableConfiguration',
  };
  const answer = await sendWithRetries(subject, async () => {
    try {
      return await client.send(new GetBucketMetadataConfigurationCommand({ Bucket: bucket }));
    } catch (error) {
      const isAbsent = ABSENT_STATUSES.has(statusOf(error) ?? 0);
      if (isAbsent && error instanceof Error && error.name !== 'NoSuchBucket') return null;
      throw error;
    }
  });
  const result = answer?.GetBucketMetadataConfigurationResult?.MetadataConfigurationResult;
  if (result === undefined) return null;
  const { DestinationResult, JournalTableConfigurationResult, InventoryTableConfigurationResult } = result;
  const isDisabled = InventoryTableConfigurationResult?.ConfigurationState === 'DISABLED';
  return {
    tableBucketType: DestinationResult?.TableBucketType ?? '',
    tableBucketArn: DestinationResult?.TableBucketArn ?? '',
    namespace: DestinationResult?.TableNamespace ?? '',
    journal: toTable(JournalTableConfigurationResult),
    liveInventory: isDisabled ? null : toTable(InventoryTableConfigurationResult),
  };
}

type TableResult = {
  TableName?: string | undefined;
  TableStatus?: string | undefined;
  Error?: { ErrorCode?: string | undefined; ErrorMessage?: string | undefined } | undefined;
};

function toTable(result: TableResult | undefined): MetadataTable | null {
  if (result === undefined) return null;
  const { ErrorCode, ErrorMessage } = result.Error ?? {};
  return {
    name: result.TableName ?? '',
    status: result.TableStatus ?? '',
    error: [ErrorCode, ErrorMessage].filter((text) => text !== undefined && text !== '').join(': '),
  };
}
