import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EndpointOptions } from '../cli/endpoint-options.ts';
import { openRecordCalls } from '../cli/open-record.ts';
import { readRemotePlan } from '../deploy/remote-plan.ts';
import { RunbookError } from '../errors.ts';
import { sleep } from '../execute/backoff.ts';
import { parseRecordUrl } from '../execute/batch/record-place.ts';
import { provePlan } from '../execute/record.ts';
import { refusalOf } from '../execute/refusals.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';

/**
 * The plan of a record, proved by its digest. Its manifests stay where they are.
 * @param record a plan folder, or `s3://BUCKET/ROLLBACK-ID/`
 * @throws RunbookError INVALID_OPTION, RECORD_NOT_FOUND, RECORD_CHANGED, BUCKET_NOT_FOUND, ACCESS_DENIED, …
 */
export async function readPlanOf(record: string, endpoint: EndpointOptions): Promise<RollbackPlan> {
  const place = parseRecordUrl(record);
  if (place !== null) {
    try {
      return (await readRemotePlan({ objects: openRecordCalls(endpoint), pause: sleep }, place)).plan;
    } catch (error) {
      throw refusalOf(error, place.bucket);
    }
  }
  const path = join(record, 'plan.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new RunbookError('RECORD_NOT_FOUND', `${path} cannot be read: ${(cause as Error).message}.`, {
      hint: 'name the folder of the plan, or its address on S3: the outputs "folder" and "record" of the action plan',
      cause,
    });
  }
  return provePlan(path, text);
}
