import { iamPrefix } from '../render/iam.ts';
import { formatInstant } from '../s3/point-in-time.ts';
import type { FreezeSettings } from './settings.ts';

/**
 * Writes and deletes of objects. Not s3:RestoreObject, which changes no version and which a rollback of archived
 * versions needs.
 */
const OBJECT_ACTIONS = [
  's3:DeleteObject*',
  's3:PutObject*',
  's3:ReplicateDelete',
  's3:ReplicateObject',
  's3:ReplicateTags',
  's3:UpdateObjectEncryption',
] as const;
/**
 * What would let S3 remove versions, or stop keeping them. Never s3:PutBucketPolicy and s3:DeleteBucketPolicy: whoever
 * may write the policy of the bucket can always thaw it.
 */
const BUCKET_ACTIONS = ['s3:DeleteBucket', 's3:PutBucketVersioning', 's3:PutLifecycleConfiguration'] as const;

const SID = /^S3RewindFreeze([0-9a-f]{8})Until(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
const SPECIAL = /[*?$]/;

export type FreezeStatement = {
  Sid: string;
  Effect: 'Deny';
  Principal: '*';
  Action: string[];
  Resource: string[];
  Condition: Record<string, Record<string, string | string[]>>;
};

/** A freeze as its Sid tells it, to whoever reads the policy. */
export type FreezeMark = { id: string; until: string };

/** A Sid of letters and digits alone, which every service takes (IAM User Guide, "Sid"). */
function formatSid({ id, until }: FreezeMark): string {
  return `S3RewindFreeze${id}Until${until.replaceAll(/[-:]/g, '')}`;
}

/** @returns null: the statement is no freeze of ours */
export function parseSid(sid: unknown): FreezeMark | null {
  const [, id, year, month, day, hour, minute, second] = SID.exec(typeof sid === 'string' ? sid : '') ?? [];
  if (id === undefined) return null;
  return { id, until: `${year}-${month}-${day}T${hour}:${minute}:${second}Z` };
}

/**
 * The statement of a freeze. Several keys of a condition have to hold together, and a negated operator holds where the
 * key is missing (IAM User Guide, "Condition operators"): so anonymous requests are denied.
 * @param hasVariables whether the policy's version knows policy variables, 2012-10-17 does
 */
export function freezeStatement(settings: FreezeSettings, hasVariables: boolean): FreezeStatement {
  const { bucket, partition, prefixes, except, letsServicesWrite } = settings;
  const arn = `arn:${partition}:s3:::${bucket}`;
  const scopes = prefixes.length === 0 ? [''] : prefixes;
  return {
    Sid: formatSid({ id: settings.id, until: formatInstant(settings.until) }),
    Effect: 'Deny',
    Principal: '*',
    Action: [...BUCKET_ACTIONS, ...OBJECT_ACTIONS].toSorted(),
    Resource: [arn, ...new Set(scopes.map((prefix) => `${arn}/${scopeOf(prefix, hasVariables)}*`))],
    Condition: {
      ArnNotLike: { 'aws:PrincipalArn': [...except] },
      ...(letsServicesWrite ? { BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' } } : {}),
    },
  };
}

/** Without variables no character can stand for itself: the prefix is cut before the first that cannot, which widens it. */
function scopeOf(prefix: string, hasVariables: boolean): string {
  return iamPrefix(hasVariables ? prefix : prefix.slice(0, firstSpecial(prefix)));
}

function firstSpecial(prefix: string): number {
  const place = prefix.search(SPECIAL);
  return place < 0 ? prefix.length : place;
}
