import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '../execute/backoff.ts';
import { formatRecordUrl } from '../execute/batch/record-place.ts';
import { readRecord } from '../execute/record.ts';
import { refusalOf } from '../execute/refusals.ts';
import { parseBucketName } from '../s3/bucket.ts';
import { publishSet } from '../set/remote-set.ts';
import type { RollbackSet, SetMember } from '../set/set-file.ts';
import type { EndpointOptions } from './endpoint-options.ts';
import { openRecordCalls } from './open-record.ts';
import { publishRecord } from './publish-record.ts';
import { inMember } from './set-member.ts';

/**
 * Puts a set into the bucket of records: each member under its own ID, then the set, without which there is none.
 * @param publish puts the member of a folder there, where that is done otherwise
 * @returns the address of the set
 * @throws RunbookError RECORD_EXISTS, ACCESS_DENIED, BUCKET_NOT_FOUND, …
 */
export async function publishSetFolder(
  options: EndpointOptions,
  folder: string,
  set: RollbackSet,
  recordBucket: string,
  publish: (member: SetMember, folder: string) => Promise<unknown> = async (_member, own) =>
    publishRecord(options, await readRecord(own), recordBucket),
): Promise<string> {
  const bucket = parseBucketName(recordBucket);
  for (const member of set.members) {
    await inMember(member.bucket, () => publish(member, join(folder, member.folder)));
  }
  const place = { bucket, prefix: `${set.setId}/` };
  const comment = await readFile(join(folder, 'comment.md'), 'utf8');
  try {
    await publishSet(openRecordCalls(options), place, { set, comment }, sleep);
  } catch (error) {
    throw refusalOf(error, bucket, 's3:GetObject and s3:PutObject');
  }
  return formatRecordUrl(place);
}
