import { join } from 'node:path';
import { readBucketFacts } from '../aws/bucket-facts.ts';
import { openS3Client } from '../aws/client.ts';
import type { Check, PlanInputs } from '../plan/plan-file.ts';
import { bucketChecks, destinationChecks, noncurrentExpirationDays } from '../plan/preflight.ts';
import type { Progress } from '../progress.ts';
import { type EndpointOptions, parseEndpoint } from './endpoint-options.ts';
import { outermost } from './inventory.ts';
import { listLiveBucket, parseConcurrency } from './list-bucket.ts';

/** Name of the listing in the record of a plan that was made with it. */
export const LISTING_FILE = 'inventory.parquet';

export type LiveInventory = {
  path: string;
  takenAt: Date;
  /** the inputs, with the expiry of noncurrent versions where the bucket's rules tell it and the user did not */
  inputs: PlanInputs;
  checks: Check[];
};

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
  const checks = bucketChecks(facts, inputs);
  if (inputs.destinationBucket !== null) {
    const client = openS3Client(parseEndpoint(options));
    try {
      checks.push(...destinationChecks(await readBucketFacts(client, inputs.destinationBucket)));
    } finally {
      client.destroy();
    }
  }
  const days = inputs.noncurrentExpirationDays ?? noncurrentExpirationDays(facts, inputs.prefixes);
  return { path, takenAt: listing.takenAt, inputs: { ...inputs, noncurrentExpirationDays: days }, checks };
}
