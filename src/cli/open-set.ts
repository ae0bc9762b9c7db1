import { sleep } from '../execute/backoff.ts';
import { formatRecordUrl, parseRecordUrl, type RecordPlace } from '../execute/batch/record-place.ts';
import { refusalOf } from '../execute/refusals.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { isSetPlace, readRemoteSet } from '../set/remote-set.ts';
import type { RollbackSet, SetMember } from '../set/set-file.ts';
import { assertMember, isSetRecord, readSet } from '../set/set-record.ts';
import type { EndpointOptions } from './endpoint-options.ts';
import { type OpenedRecord, openRecord, openRecordCalls } from './open-record.ts';

/** A set in a folder or on S3, proved by its digest, and each of its plans by theirs. */
export type OpenedSet = {
  set: RollbackSet;
  /** null: the record is a folder */
  place: RecordPlace | null;
  members: OpenedMember[];
};

export type OpenedMember = {
  member: SetMember;
  plan: RollbackPlan;
  /** as a person names it: a folder of the set's, or `s3://BUCKET/ROLLBACK-ID/` beside it */
  record: string;
  /** null: the record is a folder */
  place: RecordPlace | null;
  /** Opens the record, with its manifests; what is on S3 is brought here for the time of a command. */
  open(): Promise<OpenedRecord>;
};

/** Whether a record, as it is named on the command line, is that of a set. @throws RunbookError INVALID_OPTION */
export async function isSet(name: string): Promise<boolean> {
  const place = parseRecordUrl(name);
  return place === null ? await isSetRecord(name) : isSetPlace(place);
}

/**
 * Opens a set that is named as a folder or as `s3://BUCKET/SET-ID/`.
 * @throws RunbookError RECORD_*, BUCKET_NOT_FOUND, ACCESS_DENIED, …
 */
export async function openSet(name: string, options: EndpointOptions): Promise<OpenedSet> {
  const place = parseRecordUrl(name);
  if (place === null) {
    const { set, members } = await readSet(name);
    const opened = members.map(({ member, record }) => ({
      ...{ member, plan: record.plan, record: record.name, place },
      open: async () => ({ record, remote: null, end: async () => {} }),
    }));
    return { set, place, members: opened };
  }
  try {
    const { set, members } = await readRemoteSet({ objects: openRecordCalls(options), pause: sleep }, place);
    return { set, place, members: members.map((one) => onS3(one, options)) };
  } catch (error) {
    throw refusalOf(error, place.bucket);
  }
}

function onS3(
  { member, plan, place }: { member: SetMember; plan: RollbackPlan; place: RecordPlace },
  options: EndpointOptions,
): OpenedMember {
  const record = formatRecordUrl(place);
  return {
    ...{ member, plan, record, place },
    async open() {
      const opened = await openRecord(record, options);
      try {
        assertMember(member, opened.record.plan, record);
        return opened;
      } catch (error) {
        await opened.end();
        throw error;
      }
    },
  };
}
