import { readObjectText, readRemotePlan } from '../deploy/remote-plan.ts';
import type { DeploySite } from '../deploy/site.ts';
import { RunbookError } from '../errors.ts';
import { readPatiently, type Sleep } from '../execute/backoff.ts';
import { formatRecordUrl, type RecordPlace } from '../execute/batch/record-place.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { S3CallError } from '../s3/call-error.ts';
import type { ObjectCalls } from '../s3/object-calls.ts';
import type { RollbackSet, SetMember } from './set-file.ts';
import { assertMember, changed, proveSet, SET_FILE } from './set-record.ts';

/**
 * The record of a set on S3: set.json and comment.md under the ID of the set. Each member is a record of its own beside
 * it, under its own ID, as if it had been planned by itself.
 */

/** What the IDs of sets begin with. Policies of the bootstrap stack rest on it. */
const SET_PREFIX = 'rs-';

const COMMENT_FILE = 'comment.md';

type Site = Pick<DeploySite, 'objects' | 'pause'>;

/** Whether an address is that of a set: its ID says so. */
export function isSetPlace({ prefix }: RecordPlace): boolean {
  return prefix.startsWith(SET_PREFIX);
}

/** Where the record of a member is: beside that of the set. */
export function memberPlaceOf({ bucket }: RecordPlace, { rollbackId }: SetMember): RecordPlace {
  return { bucket, prefix: `${rollbackId}/` };
}

/**
 * Reads the set of a place and the plans of its members, each proved by the digest that the set gives it; manifests
 * stay where they are.
 * @throws RunbookError RECORD_NOT_FOUND, RECORD_CHANGED; S3CallError
 */
export async function readRemoteSet(
  site: Site,
  place: RecordPlace,
): Promise<{ set: RollbackSet; members: { member: SetMember; plan: RollbackPlan; place: RecordPlace }[] }> {
  const url = formatRecordUrl(place);
  const text = await readObjectText(site, place, SET_FILE);
  if (text === null) {
    throw new RunbookError('RECORD_NOT_FOUND', `There is no ${SET_FILE} in ${url}.`, {
      hint: `see what is there: aws s3 ls ${url}`,
    });
  }
  const set = proveSet(`${url}${SET_FILE}`, text);
  if (place.prefix !== `${set.setId}/`) throw changed(`${url} holds the set ${set.setId}.`);
  const members = [];
  for (const member of set.members) {
    const own = memberPlaceOf(place, member);
    const { plan } = await readRemotePlan(site, own);
    assertMember(member, plan, formatRecordUrl(own));
    members.push({ member, plan, place: own });
  }
  return { set, members };
}

/**
 * Writes the record of a set whose members have theirs. Each file only where there is none, set.json last: a set on S3
 * is never replaced. The same set made at another time differs in what the digest does not cover: the first one stays.
 * @throws RunbookError RECORD_EXISTS; S3CallError
 */
export async function publishSet(
  calls: Pick<ObjectCalls, 'readObject' | 'writeObject'>,
  place: RecordPlace,
  { set, comment }: { set: RollbackSet; comment: string },
  pause: Sleep,
): Promise<void> {
  const write = async (path: string, body: string): Promise<boolean> => {
    const object = { bucket: place.bucket, key: `${place.prefix}${path}`, body };
    try {
      await readPatiently(() => calls.writeObject({ ...object, condition: { ifNoneMatch: '*' } }), pause);
      return true;
    } catch (error) {
      if (error instanceof S3CallError && error.failure === 'precondition') return false;
      throw error;
    }
  };
  await write(COMMENT_FILE, comment);
  if (await write(SET_FILE, `${JSON.stringify(set, null, 2)}\n`)) return;
  const url = `${formatRecordUrl(place)}${SET_FILE}`;
  const text = await readObjectText({ objects: calls, pause }, place, SET_FILE);
  if (text !== null && proveSet(url, text).digest === set.digest) return;
  throw new RunbookError('RECORD_EXISTS', `${url} is there with other content.`, {
    hint: 'a set on S3 is never replaced: go on with the one that is there (--record s3://…), or plan anew with fresh inventories',
  });
}
