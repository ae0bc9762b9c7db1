import type { Bucket } from '../../sandbox/bucket.ts';

/** The S3 Metadata configuration of a bucket as API_GetBucketMetadataConfiguration answers it. */
export function configureMetadata(
  bucket: Bucket,
  status: { journal?: string; inventory?: string } = {},
): void {
  const { journal = 'ACTIVE', inventory = 'ACTIVE' } = status;
  bucket.configurations.set(
    'metadataConfiguration',
    `<GetBucketMetadataConfigurationResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><MetadataConfigurationResult>
<DestinationResult><TableBucketType>aws</TableBucketType><TableBucketArn>arn:aws:s3tables:us-east-1:123456789012:bucket/aws-s3</TableBucketArn><TableNamespace>b_${bucket.name}</TableNamespace></DestinationResult>
<JournalTableConfigurationResult><TableStatus>${journal}</TableStatus><TableName>journal</TableName><RecordExpiration><Expiration>DISABLED</Expiration></RecordExpiration></JournalTableConfigurationResult>
<InventoryTableConfigurationResult><ConfigurationState>ENABLED</ConfigurationState><TableStatus>${inventory}</TableStatus><TableName>inventory</TableName></InventoryTableConfigurationResult>
</MetadataConfigurationResult></GetBucketMetadataConfigurationResult>`,
  );
}
