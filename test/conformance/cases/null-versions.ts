import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
} from '@aws-sdk/client-s3';
import type { ConformanceCase } from '../case.ts';
import type { ServerUnderTest } from '../server-under-test.ts';

/** Entries of a bucket: V or M, `null` or `id`; each kind newest first. */
async function entries(server: ServerUnderTest, Bucket: string): Promise<string[]> {
  const { Versions, DeleteMarkers } = await server.client.send(new ListObjectVersionsCommand({ Bucket }));
  const kind = (entry: { VersionId?: string | undefined; IsLatest?: boolean | undefined }) =>
    `${entry.VersionId === 'null' ? 'null' : 'id'}${entry.IsLatest === true ? ' current' : ''}`;
  return [
    ...(Versions ?? []).map((version) => `V ${kind(version)}`),
    ...(DeleteMarkers ?? []).map((marker) => `M ${kind(marker)}`),
  ];
}

/** A null version from before versioning, and a version on top of it. */
async function nullBelowVersion(server: ServerUnderTest): Promise<string> {
  const Bucket = await server.newBucket({ versioning: false });
  await server.put(Bucket, 'k', 'null');
  await server.setVersioning(Bucket, 'Enabled');
  await server.put(Bucket, 'k', 'versioned');
  return Bucket;
}

export const NULL_VERSION_CASES: readonly ConformanceCase[] = [
  {
    name: 'what was written before versioning has the version ID null',
    page: 'userguide/versioning-workflows',
    run: async (server) => entries(server, await nullBelowVersion(server)),
    expected: ['V id current', 'V null'],
  },
  {
    name: 'a null version is read and copied by the version ID null',
    page: 'userguide/versioning-workflows',
    run: async (server) => {
      const Bucket = await nullBelowVersion(server);
      const read = await server.exchange(new GetObjectCommand({ Bucket, Key: 'k', VersionId: 'null' }));
      await server.client.send(
        new CopyObjectCommand({ Bucket, Key: 'k', CopySource: `${Bucket}/k?versionId=null` }),
      );
      const current = await server.exchange(new GetObjectCommand({ Bucket, Key: 'k' }));
      return [read.body, current.body, await entries(server, Bucket)];
    },
    expected: ['null', 'null', ['V id current', 'V id', 'V null']],
  },
  {
    name: 'a write while versioning is suspended replaces the null version, on top',
    page: 'userguide/AddingObjectstoVersionSuspendedBuckets',
    run: async (server) => {
      const Bucket = await nullBelowVersion(server);
      await server.setVersioning(Bucket, 'Suspended');
      await server.put(Bucket, 'k', 'suspended');
      const { body } = await server.exchange(new GetObjectCommand({ Bucket, Key: 'k', VersionId: 'null' }));
      return [body, await entries(server, Bucket)];
    },
    expected: ['suspended', ['V null current', 'V id']],
  },
  {
    name: 'a delete while versioning is suspended replaces the null version by a null marker',
    page: 'userguide/DeletingObjectsfromVersionSuspendedBuckets',
    run: async (server) => {
      const Bucket = await nullBelowVersion(server);
      await server.setVersioning(Bucket, 'Suspended');
      const { headers } = await server.exchange(new DeleteObjectCommand({ Bucket, Key: 'k' }));
      return [headers['x-amz-version-id'], headers['x-amz-delete-marker'], await entries(server, Bucket)];
    },
    expected: ['null', 'true', ['V id', 'M null current']],
  },
  {
    name: 'a second delete while versioning is suspended leaves one null marker, and takes no other version',
    page: 'userguide/DeletingObjectsfromVersionSuspendedBuckets',
    run: async (server) => {
      const Bucket = await nullBelowVersion(server);
      await server.setVersioning(Bucket, 'Suspended');
      await server.mark(Bucket, 'k');
      await server.mark(Bucket, 'k');
      return entries(server, Bucket);
    },
    expected: ['V id', 'M null current'],
  },
  {
    name: 'a delete after versioning was enabled again leaves the null version below a marker of its own ID',
    page: 'userguide/DeletingObjectVersions',
    run: async (server) => {
      const Bucket = await nullBelowVersion(server);
      await server.setVersioning(Bucket, 'Suspended');
      await server.put(Bucket, 'k', 'suspended');
      await server.setVersioning(Bucket, 'Enabled');
      await server.mark(Bucket, 'k');
      const { body } = await server.exchange(new GetObjectCommand({ Bucket, Key: 'k', VersionId: 'null' }));
      return [body, await entries(server, Bucket)];
    },
    expected: ['suspended', ['V null', 'V id', 'M id current']],
  },
  {
    name: 'removing the null version by its ID takes that one alone',
    page: 'userguide/DeletingObjectVersions',
    run: async (server) => {
      const Bucket = await nullBelowVersion(server);
      const { status } = await server.exchange(
        new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: 'null' }),
      );
      return [status, await entries(server, Bucket)];
    },
    expected: [204, ['V id current']],
  },
  {
    name: 'a delete where versioning was never set leaves nothing',
    page: 'API_DeleteObject',
    run: async (server) => {
      const Bucket = await server.newBucket({ versioning: false });
      await server.put(Bucket, 'k');
      await server.client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
      return entries(server, Bucket);
    },
    expected: [],
  },
];
