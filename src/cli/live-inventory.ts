import { join } from 'node:path';
import type { PlanInputs } from '../plan/plan-file.ts';
import type { Progress } from '../progress.ts';
import { type CheckedInputs, checkBuckets } from './bucket-checks.ts';
import type { EndpointOptions } from './endpoint-options.ts';
import { outermost } from './inventory.ts';
import { listLiveBucket, parseConcurrency } from './list-bucket.ts';

/** Name of the listing in the record of a plan that was made with it. */
export const LISTING_FILE = 'inventory.parquet';

export type LiveInventory = CheckedInputs & { path: string; takenAt: Date };

/** `plan --list`: lists the bucket into the plan folder, and looks at the buckets' configuration. */
export async function listForPlan(
  folder: string,
  inputs: PlanInputs,
  options: EndpointOptions & { concurrency?: string },
  progress: Progress,
): Promise<LiveInventory> {
  const path = join(folder, LISTING_FILE);
  const request = {
    bucket: inputs.bucket,
    prefixes: outermost(inputs.prefixes),
    out: path,
    format: 'parquet' as const,
    concurrency: parseConcurrency(options.concurrency),
    resume: false,
    afterInterrupt:
      'list on its own with the command inventory, which can be resumed, and plan with --inventory',
  };
  const { listing, facts } = await listLiveBucket(request, options, progress);
  return { path, takenAt: listing.takenAt, ...(await checkBuckets(inputs, options, facts)) };
}
