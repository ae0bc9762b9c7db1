import { z } from 'zod';
import { RunbookError } from '../errors.ts';
import { readPatiently } from '../execute/backoff.ts';
import { formatRecordUrl, type RecordPlace } from '../execute/batch/record-place.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { SCENARIOS } from '../s3/rollback.ts';
import { COPY_STORAGE_CLASSES } from '../s3/storage-class.ts';
import { readObjectText } from './remote-plan.ts';
import type { DeploySite } from './site.ts';

/** jobs.json of a record on S3: the stack of a rollback and the newest job of each scenario, or of each storage class that it copies into. */

const jobSchema = z.strictObject({
  scenario: z.enum(SCENARIOS),
  attempt: z.int().min(1).describe('a later one is over the splits that were left'),
  id: z.string(),
  manifestVersionId: z.string(),
  manifestETag: z.string().describe("of the job's own manifest, the list of its splits"),
  splits: z.array(z.int().min(0)).nullable().describe('null: all of them'),
  copy: z
    .strictObject({
      storageClass: z.enum(COPY_STORAGE_CLASSES).describe('that the job writes'),
      path: z.string().describe("of the job's manifest, in the record"),
      earlier: z.array(z.string()).describe('jobs that were attempts at the same rows before, oldest first'),
    })
    .optional()
    .describe("of a job of S3's own that copies"),
});
const jobsSchema = z.strictObject({
  schemaVersion: z.literal(1),
  rollbackId: z.string(),
  planDigest: z.string(),
  stackId: z.string(),
  jobs: z.array(jobSchema),
});
export type DeployedJob = z.infer<typeof jobSchema>;
export type DeployedJobs = z.infer<typeof jobsSchema>;

/** What tells the jobs of a plan apart: the scenario, and of those that copy by themselves the storage class too. */
export function jobName({ scenario, copy }: Pick<DeployedJob, 'scenario' | 'copy'>): string {
  return copy === undefined ? scenario : `${scenario} ${copy.storageClass}`;
}

const JOBS_FILE = 'jobs.json';

/** @returns null where nothing is deployed. @throws RunbookError RECORD_CHANGED; S3CallError */
export async function readJobs(
  { objects, pause }: Pick<DeploySite, 'objects' | 'pause'>,
  place: RecordPlace,
  plan: Pick<RollbackPlan, 'digest'>,
): Promise<DeployedJobs | null> {
  const text = await readObjectText({ objects, pause }, place, JOBS_FILE);
  if (text === null) return null;
  const parsed = jobsSchema.safeParse(parseJson(text));
  if (parsed.success && parsed.data.planDigest === plan.digest) return parsed.data;
  throw new RunbookError('RECORD_CHANGED', `${JOBS_FILE} in ${formatRecordUrl(place)} is not of this plan.`, {
    hint: `deploy again, which writes it anew: npm run --silent s3-rewind -- deploy --record ${formatRecordUrl(place)}`,
  });
}

export async function writeJobs(
  { objects, pause }: Pick<DeploySite, 'objects' | 'pause'>,
  place: RecordPlace,
  jobs: DeployedJobs,
): Promise<void> {
  const body = `${JSON.stringify(jobs, null, 2)}\n`;
  const object = { bucket: place.bucket, key: `${place.prefix}${JOBS_FILE}`, body, condition: null };
  await readPatiently(() => objects.writeObject(object), pause);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
