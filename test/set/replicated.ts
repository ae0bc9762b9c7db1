import type { Bucket } from '../../sandbox/bucket.ts';
import type { Stage } from '../execute/harness.ts';
import { AFTER_P, BEFORE_P, openStage, RUN_TIME } from '../execute/harness.ts';

/** A stage with a second bucket into which the first one replicates, as S3 does it. */
export type ReplicatedStage = Stage & { replica: Bucket };

export const REPLICA = 'data-replica';

/** A replication configuration, as PutBucketReplication takes it. */
export function replicationXml(
  destination: string,
  {
    filter = '',
    markers = true,
    status = 'Enabled',
  }: { filter?: string; markers?: boolean; status?: string } = {},
): string {
  return `<ReplicationConfiguration><Role>arn:aws:iam::111122223333:role/replication</Role><Rule><ID>all</ID><Priority>1</Priority><Status>${status}</Status><Filter>${filter === '' ? '<Prefix></Prefix>' : filter}</Filter><DeleteMarkerReplication><Status>${markers ? 'Enabled' : 'Disabled'}</Status></DeleteMarkerReplication><Destination><Bucket>arn:aws:s3:::${destination}</Bucket></Destination></Rule></ReplicationConfiguration>`;
}

/**
 * What S3 Replication does: versions, and where the rule says so delete markers, come over with their version ID and
 * time, once. Replicas are not replicated on, and no removal is.
 */
export function replicate(from: Bucket, to: Bucket, options: { markers: boolean; seen: Set<string> }): void {
  for (const [key] of from.stacks.from(() => true)) {
    for (const entry of from.stack(key).toReversed()) {
      const { versionId, lastModified } = entry;
      if (options.seen.has(versionId)) continue;
      options.seen.add(versionId);
      if (!entry.isDeleteMarker) {
        const { content, eTag, attributes } = entry;
        to.put(key, { content, eTag, attributes, versionId, lastModified });
      } else if (options.markers) to.addDeleteMarker(key, { versionId, lastModified });
    }
  }
}

/** A history of four keys that went wrong after P, in both buckets; the source goes on replicating. */
export async function openReplicated(options: { markers?: boolean } = {}): Promise<ReplicatedStage> {
  const { markers = true } = options;
  const stage = await openStage();
  const { sandbox, bucket } = stage;
  const replica = sandbox.createBucket(REPLICA, { versioning: 'Enabled' });
  bucket.configurations.set('replication', replicationXml(REPLICA, { markers }));
  const seen = new Set<string>();
  const follow = () => replicate(bucket, replica, { markers, seen });
  sandbox.on('after', follow);
  sandbox.clock.set(BEFORE_P);
  for (const key of ['kept', 'shown', 'copied']) bucket.put(key, { body: `${key} old` });
  follow();
  sandbox.clock.set(AFTER_P);
  bucket.put('hidden', { body: 'new' });
  bucket.addDeleteMarker('shown');
  bucket.put('copied', { body: 'new and longer' });
  follow();
  sandbox.clock.set(RUN_TIME);
  return { ...stage, replica };
}
