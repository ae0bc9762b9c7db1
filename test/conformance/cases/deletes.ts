import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
} from '@aws-sdk/client-s3';
import type { ConformanceCase } from '../case.ts';
import { xmlTexts } from '../exchange.ts';

export const DELETE_CASES: readonly ConformanceCase[] = [
  {
    name: 'removing a delete marker by version ID shows the key again, and says it was a marker',
    page: 'userguide/ManagingDelMarkers',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k', 'back');
      const VersionId = await server.mark(Bucket, 'k');
      const removed = await server.exchange(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId }));
      const { body } = await server.exchange(new GetObjectCommand({ Bucket, Key: 'k' }));
      return [
        removed.status,
        removed.headers['x-amz-delete-marker'],
        removed.headers['x-amz-version-id'] === VersionId,
        body,
      ];
    },
    expected: [204, 'true', true, 'back'],
  },
  {
    name: 'a delete adds a marker and answers its version ID',
    page: 'API_DeleteObject',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k');
      const { status, headers } = await server.exchange(new DeleteObjectCommand({ Bucket, Key: 'k' }));
      const { DeleteMarkers } = await server.client.send(new ListObjectVersionsCommand({ Bucket }));
      return [
        status,
        headers['x-amz-delete-marker'],
        DeleteMarkers?.map((marker) => marker.VersionId === headers['x-amz-version-id']),
      ];
    },
    expected: [204, 'true', [true]],
  },
  {
    name: 'a delete of a key that never was adds a marker',
    page: 'userguide/DeletingObjectVersions',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.mark(Bucket, 'never');
      const { DeleteMarkers } = await server.client.send(new ListObjectVersionsCommand({ Bucket }));
      return DeleteMarkers?.map((marker) => [marker.Key, marker.IsLatest]);
    },
    expected: [['never', true]],
  },
  {
    name: 'a delete under a delete marker adds another',
    page: 'userguide/ManagingDelMarkers',
    run: async (server) => {
      const Bucket = await server.newBucket();
      await server.put(Bucket, 'k');
      await server.mark(Bucket, 'k');
      await server.mark(Bucket, 'k');
      const { DeleteMarkers } = await server.client.send(new ListObjectVersionsCommand({ Bucket }));
      return DeleteMarkers?.map((marker) => marker.IsLatest);
    },
    expected: [true, false],
  },
  {
    name: 'removing a version twice succeeds both times',
    page: 'API_DeleteObject',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const { VersionId } = await server.put(Bucket, 'k');
      const statuses: number[] = [];
      for (let turn = 0; turn < 2; turn += 1) {
        statuses.push(
          (await server.exchange(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId }))).status,
        );
      }
      return statuses;
    },
    expected: [204, 204],
  },
  {
    name: 'DeleteObjects tells of each key what it did',
    page: 'API_DeleteObjects',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const { VersionId: object } = await server.put(Bucket, 'object');
      await server.put(Bucket, 'marked');
      await server.put(Bucket, 'plain');
      const marker = await server.mark(Bucket, 'marked');
      const { Deleted, Errors } = await server.client.send(
        new DeleteObjectsCommand({
          Bucket,
          Delete: {
            Objects: [
              { Key: 'object', VersionId: object },
              { Key: 'marked', VersionId: marker },
              { Key: 'plain' },
            ],
          },
        }),
      );
      const described = (Deleted ?? []).map((deleted) => [
        deleted.Key,
        deleted.VersionId === object || deleted.VersionId === marker,
        deleted.DeleteMarker ?? false,
        deleted.DeleteMarkerVersionId === marker
          ? 'removed'
          : deleted.DeleteMarkerVersionId?.length !== undefined,
      ]);
      return [described, Errors ?? []];
    },
    expected: [
      [
        ['object', true, false, false],
        ['marked', true, true, 'removed'],
        ['plain', false, true, true],
      ],
      [],
    ],
  },
  {
    name: 'DeleteObjects in quiet mode tells errors alone',
    page: 'API_DeleteObjects',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const { body } = await server.exchange(
        new DeleteObjectsCommand({ Bucket, Delete: { Quiet: true, Objects: [{ Key: 'a' }, { Key: 'b' }] } }),
      );
      return xmlTexts(body, 'Key');
    },
    expected: [],
  },
  {
    name: 'DeleteObjects takes keys that XML must escape',
    page: 'API_DeleteObjects',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const keys = ['&amp;', '<a>"\'', 'c\rd', 'e\nf', ' g '];
      for (const key of keys) await server.put(Bucket, key);
      const { Deleted } = await server.client.send(
        new DeleteObjectsCommand({ Bucket, Delete: { Objects: keys.map((Key) => ({ Key })) } }),
      );
      const { DeleteMarkers } = await server.client.send(new ListObjectVersionsCommand({ Bucket }));
      const told = new Set(Deleted?.map((deleted) => deleted.Key));
      const marked = new Set(DeleteMarkers?.map((marker) => marker.Key));
      return keys.filter((key) => !told.has(key) || !marked.has(key));
    },
    expected: [],
  },
  {
    name: 'DeleteObjects of more than 1,000 keys is MalformedXML',
    page: 'API_DeleteObjects',
    run: async (server) => {
      const Bucket = await server.newBucket();
      const Objects = Array.from({ length: 1001 }, (_, index) => ({ Key: `k${index}` }));
      return server.refusal(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    },
    expected: [400, 'MalformedXML'],
  },
];
