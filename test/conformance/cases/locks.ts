import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  PutBucketVersioningCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import type { ConformanceCase } from '../case.ts';
import type { ServerUnderTest } from '../server-under-test.ts';

const MS_PER_DAY = 86_400_000;
const Key = 'k';

const inDays = (days: number) => new Date(Date.now() + days * MS_PER_DAY);

/** A bucket with Object Lock and an object in it under retention. */
async function locked(
  server: ServerUnderTest,
  Mode: 'GOVERNANCE' | 'COMPLIANCE' | undefined,
): Promise<{ Bucket: string; Key: string; VersionId: string }> {
  const Bucket = await server.newBucket({ objectLock: true });
  const { VersionId } = await server.put(Bucket, Key);
  const target = { Bucket, Key, VersionId };
  if (Mode !== undefined) {
    // A day: nothing here may outlast the server under test by much.
    await server.client.send(
      new PutObjectRetentionCommand({ ...target, Retention: { Mode, RetainUntilDate: inDays(1) } }),
    );
  }
  return target;
}

function retain(
  server: ServerUnderTest,
  target: { Bucket: string; Key: string; VersionId: string },
  Mode: 'GOVERNANCE' | 'COMPLIANCE',
  days: number,
): Promise<[number, string | undefined]> {
  const Retention = { Mode, RetainUntilDate: inDays(days) };
  return server.refusal(new PutObjectRetentionCommand({ ...target, Retention }));
}

export const LOCK_CASES: readonly ConformanceCase[] = [
  {
    name: 'a retained version cannot be removed, and its key can be deleted',
    page: 'userguide/object-lock',
    run: async (server) => {
      const target = await locked(server, 'COMPLIANCE');
      const refusal = await server.refusal(new DeleteObjectCommand(target));
      const plain = await server.exchange(new DeleteObjectCommand({ Bucket: target.Bucket, Key }));
      return [...refusal, plain.status];
    },
    expected: [403, 'AccessDenied', 204],
  },
  {
    name: 'a delete marker over a retained version can be removed',
    page: 'userguide/object-lock',
    run: async (server) => {
      const { Bucket } = await locked(server, 'COMPLIANCE');
      const VersionId = await server.mark(Bucket, Key);
      const removed = await server.exchange(new DeleteObjectCommand({ Bucket, Key, VersionId }));
      const { status } = await server.exchange(new HeadObjectCommand({ Bucket, Key }));
      return [removed.status, status];
    },
    expected: [204, 200],
  },
  {
    name: 'COMPLIANCE can be made longer and not shorter',
    page: 'userguide/object-lock',
    run: async (server) => {
      const target = await locked(server, 'COMPLIANCE');
      const longer = await retain(server, target, 'COMPLIANCE', 2);
      return [longer[0], await retain(server, target, 'COMPLIANCE', 1)];
    },
    expected: [200, [403, 'AccessDenied']],
  },
  {
    name: 'GOVERNANCE can be made longer and, without a bypass, not shorter',
    page: 'userguide/object-lock',
    run: async (server) => {
      const target = await locked(server, 'GOVERNANCE');
      const longer = await retain(server, target, 'GOVERNANCE', 2);
      return [longer[0], await retain(server, target, 'GOVERNANCE', 1)];
    },
    expected: [200, [403, 'AccessDenied']],
  },
  {
    name: 'COMPLIANCE does not become GOVERNANCE, at a later date either',
    page: 'userguide/object-lock',
    run: async (server) => retain(server, await locked(server, 'COMPLIANCE'), 'GOVERNANCE', 2),
    expected: [403, 'AccessDenied'],
  },
  {
    name: 'GOVERNANCE does not become COMPLIANCE without a bypass',
    page: 'undocumented: docs/unverified.md tells what it rests on',
    run: async (server) => retain(server, await locked(server, 'GOVERNANCE'), 'COMPLIANCE', 2),
    expected: [403, 'AccessDenied'],
  },
  {
    name: 'a retention comes back with the second and the mode that were given',
    page: 'API_GetObjectRetention',
    run: async (server) => {
      const target = await locked(server, undefined);
      const RetainUntilDate = new Date(Math.floor(Date.now() / 1000) * 1000 + MS_PER_DAY);
      await server.client.send(
        new PutObjectRetentionCommand({ ...target, Retention: { Mode: 'GOVERNANCE', RetainUntilDate } }),
      );
      const { Retention } = await server.client.send(new GetObjectRetentionCommand(target));
      return [Retention?.Mode, (Retention?.RetainUntilDate?.getTime() ?? 0) - RetainUntilDate.getTime()];
    },
    expected: ['GOVERNANCE', 0],
  },
  {
    name: 'retention in a bucket without Object Lock is InvalidRequest',
    page: 'API_Error',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const { VersionId } = await server.put(Bucket, Key);
      return retain(server, { Bucket, Key, VersionId }, 'GOVERNANCE', 1);
    },
    expected: [400, 'InvalidRequest'],
  },
  {
    name: 'GOVERNANCE is lifted by those who bypass it',
    page: 'userguide/object-lock',
    run: async (server) => {
      const target = await locked(server, 'GOVERNANCE');
      const refusal = await server.refusal(new DeleteObjectCommand(target));
      const bypassed = await server.exchange(
        new DeleteObjectCommand({ ...target, BypassGovernanceRetention: true }),
      );
      return [...refusal, bypassed.status];
    },
    expected: [403, 'AccessDenied', 204],
  },
  {
    name: 'a legal hold keeps a version',
    page: 'userguide/object-lock',
    run: async (server) => {
      const target = await locked(server, undefined);
      await server.client.send(new PutObjectLegalHoldCommand({ ...target, LegalHold: { Status: 'ON' } }));
      const refusal = await server.refusal(new DeleteObjectCommand(target));
      await server.client.send(new PutObjectLegalHoldCommand({ ...target, LegalHold: { Status: 'OFF' } }));
      return [...refusal, (await server.exchange(new DeleteObjectCommand(target))).status];
    },
    expected: [403, 'AccessDenied', 204],
  },
  {
    name: 'a version that never had a legal hold has none to tell of',
    page: 'API_HeadObject',
    run: async (server) => {
      const target = await locked(server, undefined);
      const { headers } = await server.exchange(new HeadObjectCommand(target));
      const refusal = await server.refusal(new GetObjectLegalHoldCommand(target));
      return [headers['x-amz-object-lock-legal-hold'] ?? 'absent', ...refusal];
    },
    expected: ['absent', 404, 'NoSuchObjectLockConfiguration'],
  },
  {
    name: 'a copy gets the default retention of its bucket, not its source’s',
    page: 'userguide/object-lock',
    run: async (server) => {
      const { Bucket, VersionId } = await locked(server, 'COMPLIANCE');
      const Rule = { DefaultRetention: { Mode: 'GOVERNANCE' as const, Days: 3 } };
      await server.client.send(
        new PutObjectLockConfigurationCommand({
          Bucket,
          ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule },
        }),
      );
      const CopySource = `${Bucket}/${Key}?versionId=${VersionId}`;
      await server.client.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource }));
      const { Retention } = await server.client.send(new GetObjectRetentionCommand({ Bucket, Key: 'copy' }));
      const days = ((Retention?.RetainUntilDate?.getTime() ?? 0) - Date.now()) / MS_PER_DAY;
      return [Retention?.Mode, Math.round(days)];
    },
    expected: ['GOVERNANCE', 3],
  },
  {
    name: 'a retention date in the past is refused',
    page: 'API_PutObjectRetention',
    run: async (server) => {
      const target = await locked(server, undefined);
      return server.refusal(
        new PutObjectRetentionCommand({
          ...target,
          Retention: { Mode: 'GOVERNANCE', RetainUntilDate: new Date('2020-01-01T00:00:00Z') },
        }),
      );
    },
    expected: [400, 'InvalidArgument'],
  },
  {
    name: 'a version without retention is NoSuchObjectLockConfiguration',
    page: 'API_Error',
    run: async (server) => server.refusal(new GetObjectRetentionCommand(await locked(server, undefined))),
    expected: [404, 'NoSuchObjectLockConfiguration'],
  },
  {
    name: 'a bucket without Object Lock is ObjectLockConfigurationNotFoundError',
    page: 'API_Error',
    run: async (server) => {
      const Bucket = await server.newBucket();
      return server.refusal(new GetObjectLockConfigurationCommand({ Bucket }));
    },
    expected: [404, 'ObjectLockConfigurationNotFoundError'],
  },
  {
    name: 'versioning cannot be suspended under Object Lock',
    page: 'userguide/object-lock',
    run: async (server) => {
      const Bucket = await server.newBucket({ objectLock: true });
      return server.refusal(
        new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } }),
      );
    },
    expected: [409, 'InvalidBucketState'],
  },
];
