import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { openBucketConfigurationCalls } from './bucket-configuration.ts';
import { sendWithRetries } from './send.ts';

/** The one Region that CreateBucket is not told (API_CreateBucket). */
const FIRST_REGION = 'us-east-1';
const TAKEN = new Set(['BucketAlreadyOwnedByYou', 'BucketAlreadyExists']);

/**
 * The calls that make a scratch bucket and know it again, over an S3 client that does not retry. There is none that
 * removes a bucket or an object.
 * @param account whose bucket it has to be; null where the store has no accounts
 */
export function openScratchCalls(client: S3Client, account: string | null) {
  const { writeLifecycle } = openBucketConfigurationCalls(client);
  const named = (bucket: string) => ({
    Bucket: bucket,
    ...(account !== null && { ExpectedBucketOwner: account }),
  });
  const send = <Answer>(bucket: string, doing: string, permission: string, request: () => Promise<Answer>) =>
    sendWithRetries({ bucket, doing: `${doing} of`, permission: `s3:${permission}` }, request);
  return {
    writeLifecycle,

    async createBucket(bucket: string): Promise<boolean> {
      const subject = { bucket, doing: 'Making', permission: 's3:CreateBucket' };
      return await sendWithRetries(subject, async () => {
        // In us-east-1 a second CreateBucket answers as the first, so whether it is there is asked before.
        const region = await client.config.region();
        if (await isThere(client, bucket)) return false;
        try {
          await client.send(
            new CreateBucketCommand({
              Bucket: bucket,
              ...(region !== FIRST_REGION && {
                CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint },
              }),
            }),
          );
          return true;
        } catch (error) {
          if (error instanceof Error && TAKEN.has(error.name)) return false;
          throw error;
        }
      });
    },

    async readTags(bucket: string): Promise<ReadonlyMap<string, string> | null> {
      return await send(bucket, 'Reading the tags', 'GetBucketTagging', async () => {
        try {
          const { TagSet = [] } = await client.send(new GetBucketTaggingCommand(named(bucket)));
          return new Map(TagSet.map(({ Key = '', Value = '' }) => [Key, Value]));
        } catch (error) {
          if (error instanceof Error && error.name === 'NoSuchTagSet') return null;
          throw error;
        }
      });
    },

    async writeTag(bucket: string, key: string, value: string): Promise<void> {
      await send(bucket, 'Writing the tags', 'PutBucketTagging', () =>
        client.send(
          new PutBucketTaggingCommand({
            ...named(bucket),
            ChecksumAlgorithm: 'CRC32',
            Tagging: { TagSet: [{ Key: key, Value: value }] },
          }),
        ),
      );
    },

    async blockPublicAccess(bucket: string): Promise<void> {
      await send(bucket, 'Blocking public access', 'PutBucketPublicAccessBlock', () =>
        client.send(
          new PutPublicAccessBlockCommand({
            ...named(bucket),
            PublicAccessBlockConfiguration: {
              BlockPublicAcls: true,
              BlockPublicPolicy: true,
              IgnorePublicAcls: true,
              RestrictPublicBuckets: true,
            },
          }),
        ),
      );
    },

    async isVersioned(bucket: string): Promise<boolean> {
      return await send(bucket, 'Reading the versioning', 'GetBucketVersioning', async () => {
        const { Status } = await client.send(new GetBucketVersioningCommand(named(bucket)));
        return Status === 'Enabled';
      });
    },

    async enableVersioning(bucket: string): Promise<void> {
      await send(bucket, 'Enabling the versioning', 'PutBucketVersioning', () =>
        client.send(
          new PutBucketVersioningCommand({
            ...named(bucket),
            VersioningConfiguration: { Status: 'Enabled' },
          }),
        ),
      );
    },
  };
}

/** By its versioning, since HEAD answers without a code. Anybody's bucket is there: whose it is, its tags tell. */
async function isThere(client: S3Client, bucket: string): Promise<boolean> {
  try {
    await client.send(new GetBucketVersioningCommand({ Bucket: bucket }));
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchBucket') return false;
    throw error;
  }
}
