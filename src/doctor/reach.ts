import type { Fact } from '../s3/bucket-facts.ts';
import { checksOf, type DoctorCheck, type Reading } from './check.ts';
import type { CheckCode } from './codes.ts';

/** Refusals that say something of the bucket, as against: that nothing can be said. */
const FOUND_OUT = new Set(['BUCKET_NOT_FOUND', 'WRONG_REGION']);

/** Whether a bucket is there, where it was looked for. */
export function checkReach(
  code: CheckCode,
  bucket: string,
  reading: Reading<unknown>,
  region: string | null,
): DoctorCheck {
  const check = checksOf(bucket);
  if (reading.readable) return check.ok(code, region === null ? 'it is there' : `it is there, in ${region}`);
  return FOUND_OUT.has(reading.code)
    ? check.problem(code, reading.reason, reading.next)
    : check.unreadable(code, reading);
}

/** A configuration that could not be read; its reason is the permission, or what the store said. */
export function ofFact(bucket: string, { reason }: Extract<Fact<unknown>, { readable: false }>) {
  const isPermission = /^s3:\w+$/.test(reason);
  return isPermission
    ? { reason: `${reason} is denied`, next: `allow ${reason} on arn:aws:s3:::${bucket} to whoever plans` }
    : { reason, next: 'look at the configuration yourself; other stores do not have every one' };
}
