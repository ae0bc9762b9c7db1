import type { RollbackSet } from './set-file.ts';

/**
 * The buckets of a set that a member must not run before: of a rollback its sources, whose copies come over by
 * themselves; of an undo its replicas, which are taken back first.
 */
function bucketsBefore({ origin, members, pairs }: RollbackSet, bucket: string): string[] {
  if (origin === 'undo')
    return pairs.filter((pair) => pair.source === bucket).map((pair) => pair.destination);
  return members.find((member) => member.bucket === bucket)?.replicaOf ?? [];
}

/**
 * Why a member may not start.
 * @param held buckets of members that were not carried out, or not to their end
 * @returns one of these that it has to wait for; null: it may
 */
export function waitsFor(set: RollbackSet, bucket: string, held: readonly string[]): string | null {
  return bucketsBefore(set, bucket).find((before) => held.includes(before)) ?? null;
}
