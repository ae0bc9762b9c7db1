import { join } from 'node:path';
import type { PlanInputs } from '../plan/plan-file.ts';
import type { Progress } from '../progress.ts';
import { type CheckedInputs, checkBuckets, readDestinationFacts } from './bucket-checks.ts';
import { parseEndpoint } from './endpoint-options.ts';
import { listLiveBucket, outermost, parseConcurrency } from './list-bucket.ts';
import type { DestinationOptions } from './open-calls.ts';

/** Name of the listing in the record of a plan that was made with it. */
export const LISTING_FILE = 'inventory.parquet';

export type LiveInventory = CheckedInputs & { path: string; takenAt: Date };

/**
 * `plan --list`: lists the bucket into the plan folder, and looks at the buckets' configuration.
 * @param partialPath where an unfinished listing stays for `--resume`, or null where there is no place for it
 */
export async function listForPlan(
  folder: string,
  inputs: PlanInputs,
  options: DestinationOptions & { concurrency?: string; resume?: boolean },
  partialPath: string | null,
  progress: Progress,
): Promise<LiveInventory> {
  const path = join(folder, LISTING_FILE);
  const request = {
    bucket: inputs.bucket,
    prefixes: outermost(inputs.prefixes),
    out: path,
    format: 'parquet' as const,
    concurrency: parseConcurrency(options.concurrency),
    resume: options.resume ?? false,
    ...(partialPath === null
      ? { afterInterrupt: 'run the same command again; with another --out or a --work-dir it can be resumed' }
      : { partialPath, afterInterrupt: 'run the same command again with --resume to go on' }),
  };
  const destination = await readDestinationFacts(inputs, options);
  const { listing, facts } = await listLiveBucket(request, parseEndpoint(options), progress);
  const checked = await checkBuckets(inputs, options, { own: facts, destination });
  return { path, takenAt: listing.takenAt, ...checked };
}
