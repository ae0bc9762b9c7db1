import { readBucketFacts } from '../aws/bucket-facts.ts';
import { openS3Client } from '../aws/client.ts';
import { atDestination } from '../execute/refusals.ts';
import type { Check, PlanInputs } from '../plan/plan-file.ts';
import { bucketChecks, destinationChecks, noncurrentExpirationDays } from '../plan/preflight.ts';
import type { BucketFacts } from '../s3/bucket-facts.ts';
import { parseEndpoint } from './endpoint-options.ts';
import { type DestinationOptions, destinationEndpoint } from './open-calls.ts';

export type CheckedInputs = {
  /** the inputs, with the expiry of noncurrent versions where the bucket's rules tell it and the user did not */
  inputs: PlanInputs;
  checks: Check[];
};

/**
 * Checks the buckets of a plan by their configuration.
 * @param facts of the bucket that is rolled back, where they are known already
 */
export async function checkBuckets(
  inputs: PlanInputs,
  endpoint: DestinationOptions,
  facts: BucketFacts | null,
): Promise<CheckedInputs> {
  const client = openS3Client(parseEndpoint(endpoint));
  try {
    const own = facts ?? (await readBucketFacts(client, inputs.bucket));
    const checks = bucketChecks(own, inputs);
    if (inputs.destinationBucket !== null) {
      checks.push(...destinationChecks(await readDestinationFacts(inputs.destinationBucket, endpoint)));
    }
    const days = inputs.noncurrentExpirationDays ?? noncurrentExpirationDays(own, inputs.prefixes);
    return { inputs: { ...inputs, noncurrentExpirationDays: days }, checks };
  } finally {
    client.destroy();
  }
}

/** The destination of copies may be in another store, Region or account than the bucket that is read. */
async function readDestinationFacts(bucket: string, options: DestinationOptions): Promise<BucketFacts> {
  const client = openS3Client(destinationEndpoint(options));
  try {
    return await readBucketFacts(client, bucket);
  } catch (error) {
    throw atDestination(error);
  } finally {
    client.destroy();
  }
}
