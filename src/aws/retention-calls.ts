import {
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  PutObjectRetentionCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { S3CallError } from '../s3/call-error.ts';
import { type BucketLock, isRetentionMode, type Retention } from '../s3/retention.ts';
import { headObject } from './head-object.ts';
import { asCallError, watchServerTime } from './responses.ts';

type Version = { bucket: string; key: string; versionId: string };

const DAYS_PER_YEAR = 365;
/** By these S3 says that a bucket has no Object Lock, and that a version has no retention or no legal hold. */
const NO_BUCKET_LOCK = 'ObjectLockConfigurationNotFoundError';
const NO_VERSION_LOCK = 'NoSuchObjectLockConfiguration';

/**
 * The calls of src/retention over an S3 client that does not retry; its stack is extended. None of them can bypass
 * GOVERNANCE retention: the header that does is never sent.
 */
export function openRetentionCalls(client: S3Client) {
  const serverTime = watchServerTime(client);

  /** Sends one request. @param absent the code that stands for: there is none. @throws S3CallError */
  async function send<T>(request: () => Promise<T>, absent: string | null = null): Promise<T | null> {
    try {
      return await request();
    } catch (error) {
      const failure = asCallError(error);
      if (absent !== null && failure instanceof S3CallError && failure.code === absent) return null;
      throw failure;
    }
  }

  return {
    serverTime,

    async readBucketLock(bucket: string): Promise<BucketLock> {
      const command = new GetObjectLockConfigurationCommand({ Bucket: bucket });
      const answer = await send(() => client.send(command), NO_BUCKET_LOCK);
      const { ObjectLockEnabled, Rule } = answer?.ObjectLockConfiguration ?? {};
      const { Mode, Days, Years } = Rule?.DefaultRetention ?? {};
      return {
        enabled: ObjectLockEnabled === 'Enabled',
        defaultRetention: isRetentionMode(Mode)
          ? { mode: Mode, days: Days ?? (Years ?? 0) * DAYS_PER_YEAR }
          : null,
      };
    },

    /** The current version of a key, or null where it is a delete marker or the key is gone. */
    async readCurrentVersionId(bucket: string, key: string): Promise<string | null> {
      const answer = await send(() => headObject(client, { bucket, key }));
      return answer?.kind === 'version' ? (answer.versionId ?? 'null') : null;
    },

    /** @returns null where the version has none. @throws S3CallError `not-found` where there is no such version */
    async readRetention({ bucket, key, versionId }: Version): Promise<Retention | null> {
      const command = new GetObjectRetentionCommand({ Bucket: bucket, Key: key, VersionId: versionId });
      const answer = await send(() => client.send(command), NO_VERSION_LOCK);
      const { Mode, RetainUntilDate } = answer?.Retention ?? {};
      if (Mode === undefined && RetainUntilDate === undefined) return null;
      if (isRetentionMode(Mode) && RetainUntilDate !== undefined) {
        return { mode: Mode, retainUntil: RetainUntilDate };
      }
      throw new S3CallError('RetentionUnreadable', `the store answers with the mode ${Mode}`, {
        status: null,
      });
    },

    async readLegalHold({ bucket, key, versionId }: Version): Promise<boolean> {
      const command = new GetObjectLegalHoldCommand({ Bucket: bucket, Key: key, VersionId: versionId });
      const answer = await send(() => client.send(command), NO_VERSION_LOCK);
      return answer?.LegalHold?.Status === 'ON';
    },

    /** S3 refuses a date or mode that would weaken what is there, as nothing is bypassed. */
    async putRetention({ bucket, key, versionId }: Version, { mode, retainUntil }: Retention): Promise<void> {
      const command = new PutObjectRetentionCommand({
        Bucket: bucket,
        Key: key,
        VersionId: versionId,
        Retention: { Mode: mode, RetainUntilDate: retainUntil },
      });
      await send(() => client.send(command));
    },
  };
}
