import { RunbookError } from '../errors.ts';
import { sleep } from '../execute/backoff.ts';
import { formatRecordUrl, type RecordPlace } from '../execute/batch/record-place.ts';
import { publishPlan } from '../execute/batch/remote-record.ts';
import type { PlanRecord } from '../execute/record.ts';
import { refusalOf } from '../execute/refusals.ts';
import { parseBucketName } from '../s3/bucket.ts';
import { S3CallError } from '../s3/call-error.ts';
import type { EndpointOptions } from './endpoint-options.ts';
import { openRecordCalls } from './open-record.ts';

/**
 * Puts a plan folder into the bucket of records, where the plan is not yet.
 * @returns its place there
 * @throws RunbookError RECORD_EXISTS, ACCESS_DENIED, BUCKET_NOT_FOUND, …
 */
export async function publishRecord(
  options: EndpointOptions,
  record: PlanRecord,
  recordBucket: string,
): Promise<RecordPlace> {
  const bucket = parseBucketName(recordBucket);
  const place = { bucket, prefix: `${record.plan.rollbackId}/` };
  try {
    await publishPlan(openRecordCalls(options), place, record, sleep);
    return place;
  } catch (error) {
    throw mayNotPublish(error, place) ?? refusalOf(error, bucket);
  }
}

/** Of the roles of the bootstrap stack only that of the plan writes plans: what it has written is what is reviewed. */
function mayNotPublish(error: unknown, place: RecordPlace): RunbookError | null {
  if (!(error instanceof S3CallError) || error.failure !== 'denied') return null;
  const url = formatRecordUrl(place);
  return new RunbookError(
    'ACCESS_DENIED',
    `The credentials may not write the plan to ${url} (${error.code}: ${error.message}).`,
    {
      hint: `the plan role of the bootstrap stack may (s3:PutObject), the deploy role may only read it: plan with --record-bucket ${place.bucket} under the plan role, then deploy --record ${url}`,
      cause: error,
    },
  );
}
