import type { DeploySite } from '../deploy/site.ts';
import { RunbookError } from '../errors.ts';
import { formatRecordUrl, parseRecordUrl } from '../execute/batch/record-place.ts';
import { refusalOf } from '../execute/refusals.ts';
import { listRetentionRecords, readRemotePrevious } from '../retention/remote-record.ts';
import { retentionIdPrefix } from '../retention/retention-plan-file.ts';
import { readPreviousRun } from '../retention/retention-record.ts';
import type { PreviousRun } from '../retention/review-need.ts';
import type { RetentionSettings } from '../retention/settings.ts';
import { parseBucketName } from '../s3/bucket.ts';

export type RecordSite = Pick<DeploySite, 'objects' | 'pause'>;

/** Stands for the newest record of the bucket that came to its end. */
const LATEST = 'latest';
/** Records that are looked at: those that were planned and never started lie between. */
const MAX_LOOKS = 50;

/**
 * The run before, whose settings were reviewed; null where none is named, or there is none yet.
 * @throws RunbookError INVALID_OPTION, RECORD_*, ACCESS_DENIED, …
 */
export async function findPreviousRun(
  { previous, recordBucket }: { previous?: string; recordBucket?: string },
  { bucket }: RetentionSettings,
  site: RecordSite,
): Promise<PreviousRun | null> {
  if (previous === undefined) return null;
  const place = parseRecordUrl(previous);
  if (place === null && previous !== LATEST) return await readPreviousRun(previous);
  try {
    if (place !== null) return await readRemotePrevious(site, place);
    if (recordBucket === undefined) {
      throw new RunbookError('INVALID_OPTION', '--previous latest needs --record-bucket.', {
        hint: 'name the bucket that the records are in, or the record itself',
      });
    }
    return await findLatest(site, parseBucketName(recordBucket), bucket);
  } catch (error) {
    throw refusalOf(error, place?.bucket ?? recordBucket ?? '');
  }
}

async function findLatest(
  site: RecordSite,
  recordBucket: string,
  bucket: string,
): Promise<PreviousRun | null> {
  const records = await listRetentionRecords(site, recordBucket, retentionIdPrefix(bucket));
  for (const place of records.toReversed().slice(0, MAX_LOOKS)) {
    const found = await readRemotePrevious(site, place).catch((error) => {
      // What was never finished being written is no record.
      if (error instanceof RunbookError && error.code === 'RECORD_NOT_FOUND') return null;
      throw error;
    });
    if (found?.isFinished === true && found.plan.settings.bucket === bucket) return found;
  }
  if (records.length <= MAX_LOOKS) return null;
  throw new RunbookError(
    'RECORD_NOT_FOUND',
    `None of the newest ${MAX_LOOKS} records of '${bucket}' came to its end.`,
    {
      hint: `name one that did: --previous s3://${recordBucket}/…/; list them: aws s3 ls ${formatRecordUrl({ bucket: recordBucket, prefix: retentionIdPrefix(bucket) })}`,
    },
  );
}
