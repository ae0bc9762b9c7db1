import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EndpointOptions } from '../cli/endpoint-options.ts';
import { type OpenedRecord, openRecord, openRecordCalls } from '../cli/open-record.ts';
import { type DeployedJob, readJobs } from '../deploy/jobs-file.ts';
import { sleep } from '../execute/backoff.ts';
import { parseRecordUrl, type RecordPlace } from '../execute/batch/record-place.ts';
import { refusalOf } from '../execute/refusals.ts';
import type { RollbackPlan } from '../plan/plan-file.ts';
import { readPlanOf } from './record-plan.ts';

/** A record that is to be started. */
export type OpenedRollback = Pick<OpenedRecord, 'remote' | 'end'> & {
  plan: RollbackPlan;
  /** Its files, or a folder for the files of this run alone. */
  folder: string;
  /** Jobs that S3 Batch Operations had for it when it was opened; null: the runner carries it out. */
  jobs: readonly DeployedJob[] | null;
};

/** The jobs as they are now: what failed is given to another job. It is for links alone, so no answer stops nothing. */
export async function readLatestJobs({
  plan,
  jobs,
  remote,
}: OpenedRollback): Promise<readonly DeployedJob[]> {
  if (jobs === null || remote === null) return [];
  try {
    const latest = await readJobs({ objects: remote.calls, pause: sleep }, remote.place, plan);
    return latest?.jobs ?? jobs;
  } catch {
    return jobs;
  }
}

/**
 * Opens a record. Where jobs wait for it, its manifests stay on S3, however large they are: start-jobs proves them there.
 * @throws RunbookError INVALID_OPTION, RECORD_*, OUTCOMES_DAMAGED, BUCKET_NOT_FOUND, ACCESS_DENIED, …
 */
export async function openRollback(name: string, endpoint: EndpointOptions): Promise<OpenedRollback> {
  const place = parseRecordUrl(name);
  const deployed = place === null ? null : await openDeployed(name, place, endpoint);
  if (deployed !== null) return deployed;
  const { record, remote, end } = await openRecord(name, endpoint);
  return { plan: record.plan, folder: record.folder, jobs: null, remote, end };
}

async function openDeployed(
  name: string,
  place: RecordPlace,
  endpoint: EndpointOptions,
): Promise<OpenedRollback | null> {
  const plan = await readPlanOf(name, endpoint);
  const calls = openRecordCalls(endpoint);
  try {
    const deployed = await readJobs({ objects: calls, pause: sleep }, place, plan);
    if (deployed === null) return null;
    const folder = await mkdtemp(join(tmpdir(), 's3-rewind-record-'));
    const end = () => rm(folder, { recursive: true, force: true });
    return { plan, folder, jobs: deployed.jobs, remote: { place, calls }, end };
  } catch (error) {
    throw refusalOf(error, place.bucket);
  }
}
