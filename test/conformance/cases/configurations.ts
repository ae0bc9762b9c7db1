import {
  DeleteBucketCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketReplicationCommand,
  GetBucketTaggingCommand,
  HeadBucketCommand,
  PutBucketLifecycleConfigurationCommand,
} from '@aws-sdk/client-s3';
import type { ConformanceCase, DocumentationPage } from '../case.ts';
import { xmlText } from '../exchange.ts';

type Command = { middlewareStack: unknown };

/** The status and error of a bucket that lacks a configuration. */
function absent(
  name: string,
  page: DocumentationPage,
  make: (Bucket: string) => Command,
  expected: [number, string?],
): ConformanceCase {
  return {
    name,
    page,
    run: async (server) => server.refusal(make(await server.newBucket())),
    expected: expected.length === 1 ? [expected[0], undefined] : expected,
  };
}

export const CONFIGURATION_CASES: readonly ConformanceCase[] = [
  absent(
    'a bucket without lifecycle rules is NoSuchLifecycleConfiguration',
    'API_GetBucketLifecycleConfiguration',
    (Bucket) => new GetBucketLifecycleConfigurationCommand({ Bucket }),
    [404, 'NoSuchLifecycleConfiguration'],
  ),
  absent(
    'a bucket without a policy is NoSuchBucketPolicy',
    'API_Error',
    (Bucket) => new GetBucketPolicyCommand({ Bucket }),
    [404, 'NoSuchBucketPolicy'],
  ),
  absent(
    'a bucket without replication is ReplicationConfigurationNotFoundError',
    'API_Error',
    (Bucket) => new GetBucketReplicationCommand({ Bucket }),
    [404, 'ReplicationConfigurationNotFoundError'],
  ),
  absent(
    'a bucket without tags is NoSuchTagSet',
    'API_GetBucketTagging',
    (Bucket) => new GetBucketTaggingCommand({ Bucket }),
    [404, 'NoSuchTagSet'],
  ),
  absent(
    'a bucket without notifications answers an empty configuration',
    'API_GetBucketNotificationConfiguration',
    (Bucket) => new GetBucketNotificationConfigurationCommand({ Bucket }),
    [200],
  ),
  {
    name: 'a bucket has SSE-S3 by default',
    page: 'userguide/default-encryption-faq',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const { body } = await server.exchange(new GetBucketEncryptionCommand({ Bucket }));
      return xmlText(body, 'SSEAlgorithm');
    },
    expected: 'AES256',
  },
  {
    name: 'lifecycle rules come back as they were put',
    page: 'API_PutBucketLifecycleConfiguration',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.client.send(
        new PutBucketLifecycleConfigurationCommand({
          Bucket,
          LifecycleConfiguration: {
            Rules: [
              {
                ID: 'r',
                Status: 'Enabled',
                Filter: { Prefix: 'p/' },
                NoncurrentVersionExpiration: { NoncurrentDays: 30, NewerNoncurrentVersions: 3 },
              },
            ],
          },
        }),
      );
      const { Rules } = await server.client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
      return Rules?.map((rule) => [rule.ID, rule.Filter?.Prefix, rule.NoncurrentVersionExpiration]);
    },
    expected: [['r', 'p/', { NoncurrentDays: 30, NewerNoncurrentVersions: 3 }]],
  },
  {
    name: 'a bucket that does not exist is 404',
    page: 'API_HeadBucket',
    run: async (server) =>
      (await server.exchange(new HeadBucketCommand({ Bucket: 'conformance-none' }))).status,
    expected: 404,
  },
  {
    name: 'a bucket with a key under a delete marker in it cannot be deleted',
    page: 'API_DeleteBucket',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k');
      await server.mark(Bucket, 'k');
      return server.refusal(new DeleteBucketCommand({ Bucket }));
    },
    expected: [409, 'BucketNotEmpty'],
  },
];
