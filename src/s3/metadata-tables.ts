/** The S3 Metadata configuration of a bucket (API_GetBucketMetadataConfiguration), as far as a plan depends on it. */
export type MetadataTable = {
  name: string;
  /** `CREATING`, `BACKFILLING`, `ACTIVE` or `FAILED` */
  status: string;
  /** what S3 says of a failure; '' where nothing */
  error: string;
};

export type MetadataConfiguration = {
  /** `aws`, or `customer` for configurations of before July 2025, which have no live inventory table */
  tableBucketType: string;
  tableBucketArn: string;
  namespace: string;
  journal: MetadataTable | null;
  /** null where it is not configured or was disabled */
  liveInventory: MetadataTable | null;
};
