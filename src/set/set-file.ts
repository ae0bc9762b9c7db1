import canonicalize from 'canonicalize';
import { z } from 'zod';
import { sha256OfText } from '../inventory/checksum.ts';

/**
 * set.json: several plans that are reviewed, approved and run together, in this order. Its JSON Schema in
 * `docs/set.schema.json` is generated from here. Each member is a plan folder like any other.
 */

const utc = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/);
const sha256 = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/** More would neither fit one comment nor one person's attention. */
export const MAX_MEMBERS = 20;

const memberSchema = z.strictObject({
  order: z.int().min(1).describe('place in the run, from 1'),
  bucket: z.string(),
  region: z.string().nullable().describe('null: that of the command'),
  folder: z.string().describe('the plan folder, relative to set.json'),
  rollbackId: z.string(),
  digest: sha256.describe('of the plan of this member'),
  replicaOf: z.array(z.string()).describe('buckets of the set that replicate into this one'),
});
export type SetMember = z.infer<typeof memberSchema>;

const pairSchema = z.strictObject({
  source: z.string(),
  destination: z.string(),
  account: z.string().nullable().describe('of the destination, where the rule names it'),
  deleteMarkers: z
    .boolean()
    .nullable()
    .describe('whether added delete markers are replicated; null: the rule was not looked at'),
  isPartial: z.boolean().describe('the rule leaves keys of the scope out, by prefix or tag'),
});
export type ReplicationPair = z.infer<typeof pairSchema>;

const checkSchema = z.strictObject({
  code: z.string(),
  level: z.enum(['warning', 'info']),
  message: z.string(),
  hint: z.string(),
});
export type SetCheck = z.infer<typeof checkSchema>;

export const setSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    setId: z.string(),
    digest: sha256.describe('names this set everywhere: it covers the order and the digest of every member'),
    createdAt: utc.describe('not part of the digest'),
    origin: z.enum(['rollback', 'undo']),
    members: z.array(memberSchema).min(1).max(MAX_MEMBERS),
    pairs: z.array(pairSchema).describe('replication between members'),
    checks: z.array(checkSchema).describe('of the set as a whole; not part of the digest'),
  })
  .describe('Several rollback plans of s3-rewind under one approval.');
export type RollbackSet = z.infer<typeof setSchema>;

const ID_HASH_CHARACTERS = 8;

/** The digest of a set: SHA-256 over the canonical JSON (RFC 8785) of all that decides what runs, and in which order. */
export function setDigest({
  schemaVersion,
  setId,
  origin,
  members,
  pairs,
}: Omit<RollbackSet, 'digest' | 'createdAt' | 'checks'>): string {
  return sha256OfText(canonicalize({ schemaVersion, setId, origin, members, pairs }) ?? '');
}

/** The ID of a set, from those of its members: the same plans in the same order always have the same one. */
export function setIdOf(members: readonly { rollbackId: string }[]): string {
  const ids = members.map(({ rollbackId }) => rollbackId);
  const hash = sha256OfText(canonicalize(ids) ?? '').slice('sha256:'.length);
  return `rs-${members.length}-buckets-${hash.slice(0, ID_HASH_CHARACTERS)}`;
}

/** Name of a member's folder. A bucket name is a safe one for a file. */
export function memberFolder(order: number, bucket: string): string {
  return `${order}-${bucket}`;
}
