import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketReplicationCommand,
  GetBucketRequestPaymentCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  type NotificationConfiguration,
  type S3Client,
  type LifecycleRule as SdkLifecycleRule,
} from '@aws-sdk/client-s3';
import { RunbookError } from '../errors.ts';
import type { BucketFacts, Fact, LifecycleRule } from '../s3/bucket-facts.ts';
import { sendWithRetries } from './send.ts';

/** Refusals that hold for every request to the bucket, so that asking further makes no sense. */
const FATAL = new Set(['BUCKET_NOT_FOUND', 'CREDENTIALS_MISSING', 'ENDPOINT_UNREACHABLE', 'WRONG_REGION']);
/** Not these credentials at all, as against: not this configuration. */
const UNKNOWN_CREDENTIALS = /refuses the credentials/;

/**
 * Reads what a rollback has to know of a bucket's configuration. What may not be read, or what the store does not
 * know, is told as such.
 * @throws RunbookError BUCKET_NOT_FOUND, CREDENTIALS_MISSING, ENDPOINT_UNREACHABLE, WRONG_REGION, ACCESS_DENIED when
 * the store does not know the credentials
 */
export async function readBucketFacts(client: S3Client, bucket: string): Promise<BucketFacts> {
  const Bucket = bucket;
  // First and alone: what is wrong with the bucket, the endpoint or the credentials shows here, once.
  const versioning = await readFact(bucket, 's3:GetBucketVersioning', () =>
    client.send(new GetBucketVersioningCommand({ Bucket })),
  );
  const [lifecycle, replication, notifications, objectLock, encryption, payment] = await Promise.all([
    readFact(
      bucket,
      's3:GetLifecycleConfiguration',
      () => client.send(new GetBucketLifecycleConfigurationCommand({ Bucket })),
      'NoSuchLifecycleConfiguration',
    ),
    readFact(
      bucket,
      's3:GetReplicationConfiguration',
      () => client.send(new GetBucketReplicationCommand({ Bucket })),
      'ReplicationConfigurationNotFoundError',
    ),
    readFact(bucket, 's3:GetBucketNotification', () =>
      client.send(new GetBucketNotificationConfigurationCommand({ Bucket })),
    ),
    readFact(
      bucket,
      's3:GetBucketObjectLockConfiguration',
      () => client.send(new GetObjectLockConfigurationCommand({ Bucket })),
      'ObjectLockConfigurationNotFoundError',
    ),
    readFact(
      bucket,
      's3:GetEncryptionConfiguration',
      () => client.send(new GetBucketEncryptionCommand({ Bucket })),
      'ServerSideEncryptionConfigurationNotFoundError',
    ),
    readFact(bucket, 's3:GetBucketRequestPayment', () =>
      client.send(new GetBucketRequestPaymentCommand({ Bucket })),
    ),
  ]);
  return {
    bucket,
    versioning: mapFact(versioning, (answer) => answer?.Status ?? 'never'),
    mfaDelete: mapFact(versioning, (answer) => answer?.MFADelete === 'Enabled'),
    lifecycle: mapFact(lifecycle, (answer) => (answer?.Rules ?? []).map(toLifecycleRule)),
    replication: mapFact(replication, (answer) => {
      const rules = (answer?.ReplicationConfiguration?.Rules ?? []).filter(isEnabled);
      return {
        destinations: [...new Set(rules.map((rule) => rule.Destination?.Bucket ?? ''))],
        deleteMarkers: rules.some((rule) => rule.DeleteMarkerReplication?.Status === 'Enabled'),
      };
    }),
    notifications: mapFact(notifications, (answer) => notificationTargets(answer ?? {})),
    objectLock: mapFact(objectLock, (answer) => {
      const { ObjectLockEnabled, Rule } = answer?.ObjectLockConfiguration ?? {};
      const { Mode, Days, Years } = Rule?.DefaultRetention ?? {};
      const length = Days === undefined ? `${Years} years` : `${Days} days`;
      return {
        enabled: ObjectLockEnabled === 'Enabled',
        defaultRetention: Mode === undefined ? null : `${Mode} for ${length}`,
      };
    }),
    encryption: mapFact(encryption, (answer) => {
      const [rule] = answer?.ServerSideEncryptionConfiguration?.Rules ?? [];
      return {
        algorithm: rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm ?? null,
        kmsKey: rule?.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID ?? null,
        mayHoldSseC: !(rule?.BlockedEncryptionTypes?.EncryptionType ?? []).includes('SSE-C'),
      };
    }),
    requesterPays: mapFact(payment, (answer) => answer?.Payer === 'Requester'),
  };
}

/** @param absent the error by which S3 says that there is no such configuration, which is a value: null */
export async function readFact<Answer>(
  bucket: string,
  permission: string,
  read: () => Promise<Answer>,
  absent?: string,
): Promise<Fact<Answer | null>> {
  const subject = { bucket, doing: 'Reading the configuration of', permission };
  try {
    const value = await sendWithRetries(subject, async () => {
      try {
        return await read();
      } catch (error) {
        if (error instanceof Error && error.name === absent) return null;
        throw error;
      }
    });
    return { readable: true, value };
  } catch (error) {
    if (!(error instanceof RunbookError) || FATAL.has(error.code)) throw error;
    if (error.code === 'ACCESS_DENIED' && UNKNOWN_CREDENTIALS.test(error.message)) throw error;
    return { readable: false, reason: error.code === 'ACCESS_DENIED' ? permission : error.message };
  }
}

export function mapFact<From, To>(fact: Fact<From>, map: (value: From) => To): Fact<To> {
  return fact.readable ? { readable: true, value: map(fact.value) } : fact;
}

function isEnabled(rule: { Status?: string | undefined }): boolean {
  return rule.Status === 'Enabled';
}

/** Rules of before 2016 carry their prefix outside of the filter ("Elements to describe lifecycle actions"). */
function toLifecycleRule(rule: SdkLifecycleRule): LifecycleRule {
  const { Filter, Expiration, NoncurrentVersionExpiration } = rule;
  return {
    id: rule.ID ?? '',
    enabled: isEnabled(rule),
    prefix: Filter?.And?.Prefix ?? Filter?.Prefix ?? rule.Prefix ?? '',
    noncurrentDays: NoncurrentVersionExpiration?.NoncurrentDays ?? null,
    newerNoncurrentVersions: NoncurrentVersionExpiration?.NewerNoncurrentVersions ?? null,
    expiresCurrent: Expiration?.Days !== undefined || Expiration?.Date !== undefined,
    removesExpiredMarkers: Expiration?.ExpiredObjectDeleteMarker === true,
  };
}

function notificationTargets(answer: NotificationConfiguration): string[] {
  return [
    ...(answer.TopicConfigurations ?? []).map((one) => one.TopicArn ?? ''),
    ...(answer.QueueConfigurations ?? []).map((one) => one.QueueArn ?? ''),
    ...(answer.LambdaFunctionConfigurations ?? []).map((one) => one.LambdaFunctionArn ?? ''),
    ...(answer.EventBridgeConfiguration === undefined ? [] : ['EventBridge']),
  ];
}
