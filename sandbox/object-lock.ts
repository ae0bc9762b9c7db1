import type { Bucket } from './bucket.ts';
import type { ObjectVersion, Retention } from './entries.ts';
import { S3Error } from './http/errors.ts';

const MS_PER_DAY = 86_400_000;

/** Retention that a bucket's default gives a new object version ("Object Lock", default retention). */
export function defaultRetention(bucket: Bucket, now: number): Retention | undefined {
  const rule = bucket.objectLock?.defaultRetention;
  if (rule === undefined) return undefined;
  const until = new Date(now + (rule.days ?? 0) * MS_PER_DAY);
  until.setUTCFullYear(until.getUTCFullYear() + (rule.years ?? 0));
  return { mode: rule.mode, retainUntil: until.getTime() };
}

/**
 * Refuses the permanent deletion of a protected object version. Delete markers are never protected.
 * @throws S3Error AccessDenied
 */
export function assertDeletable(version: ObjectVersion, now: number, bypassGovernance: boolean): void {
  if (!isProtected(version, now, bypassGovernance)) return;
  throw new S3Error('AccessDenied', { message: 'Access Denied because object protected by object lock.' });
}

/** Whether retention or a legal hold keeps an object version from being removed. */
export function isProtected(version: ObjectVersion, now: number, bypassGovernance = false): boolean {
  const { legalHold, retention } = version.attributes;
  const retained = retention !== undefined && retention.retainUntil > now;
  const lifted = retention?.mode === 'GOVERNANCE' && bypassGovernance;
  return legalHold === true || (retained && !lifted);
}

/**
 * Refuses a change that weakens retention: COMPLIANCE can only be made longer, GOVERNANCE weakened, or made
 * COMPLIANCE, only by those who bypass it (API_PutObjectRetention; for the second the S3 tests of Ceph, MinIO, and
 * Cloud Storage's description of the same request agree).
 * @throws S3Error AccessDenied
 */
export function assertRetentionChange(
  before: Retention | undefined,
  after: Retention | undefined,
  now: number,
  bypassGovernance: boolean,
): void {
  if (before === undefined || before.retainUntil <= now) return;
  const longer = after !== undefined && after.retainUntil >= before.retainUntil;
  const isExtended = longer && after.mode === before.mode;
  if (isExtended || (before.mode === 'GOVERNANCE' && bypassGovernance)) return;
  throw new S3Error('AccessDenied', { message: 'Access Denied because object protected by object lock.' });
}

/** @throws S3Error InvalidRequest */
export function assertLockable(bucket: Bucket): void {
  if (bucket.objectLock === undefined) {
    throw new S3Error('InvalidRequest', { message: 'Bucket is missing Object Lock Configuration' });
  }
}

/** @throws S3Error InvalidArgument */
export function parseRetention(mode: string, retainUntil: string, now: number): Retention {
  if (mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') {
    throw new S3Error('InvalidArgument', { message: 'Unknown wormMode directive.' });
  }
  const until = Date.parse(retainUntil);
  if (Number.isNaN(until)) {
    throw new S3Error('InvalidArgument', {
      message: 'The retain until date must be provided in ISO 8601 format',
    });
  }
  if (until <= now) {
    throw new S3Error('InvalidArgument', { message: 'The retain until date must be in the future!' });
  }
  return { mode, retainUntil: until };
}
