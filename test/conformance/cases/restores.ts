import { CopyObjectCommand, HeadObjectCommand, RestoreObjectCommand } from '@aws-sdk/client-s3';
import type { ConformanceCase } from '../case.ts';
import type { ServerUnderTest } from '../server-under-test.ts';

const RESTORE = { Days: 2, GlacierJobParameters: { Tier: 'Bulk' as const } };

async function archive(server: ServerUnderTest) {
  const Bucket = await server.newBucket();
  const { VersionId } = await server.put(Bucket, 'k', 'cold', { StorageClass: 'GLACIER' });
  await server.put(Bucket, 'k', 'warm');
  return { Bucket, Key: 'k', VersionId };
}

export const RESTORE_CASES: readonly ConformanceCase[] = [
  {
    name: 'HEAD of an archived version tells its class, and no restore',
    page: 'API_HeadObject',
    run: async (server) => {
      const { headers } = await server.exchange(new HeadObjectCommand(await archive(server)));
      return [headers['x-amz-storage-class'], headers['x-amz-restore'] ?? null];
    },
    expected: ['GLACIER', null],
  },
  {
    name: 'a copy of an archived version is 403 InvalidObjectState',
    page: 'API_CopyObject',
    run: async (server) => {
      const { Bucket, Key, VersionId } = await archive(server);
      const CopySource = `${Bucket}/${Key}?versionId=${VersionId}`;
      return server.refusal(new CopyObjectCommand({ Bucket, Key, CopySource }));
    },
    expected: [403, 'InvalidObjectState'],
  },
  {
    name: 'RestoreObject of an archived version is 202, and 409 while it is under way; HEAD tells so',
    page: 'API_RestoreObject',
    run: async (server) => {
      const version = await archive(server);
      const request = () => new RestoreObjectCommand({ ...version, RestoreRequest: RESTORE });
      const { status } = await server.exchange(request());
      const { headers } = await server.exchange(new HeadObjectCommand(version));
      return [status, headers['x-amz-restore'], await server.refusal(request())];
    },
    expected: [202, 'ongoing-request="true"', [409, 'RestoreAlreadyInProgress']],
  },
];
