import { readBucketFacts } from '../aws/bucket-facts.ts';
import { openS3Client } from '../aws/client.ts';
import type { Check, PlanInputs } from '../plan/plan-file.ts';
import { bucketChecks, destinationChecks, noncurrentExpirationDays } from '../plan/preflight.ts';
import type { BucketFacts } from '../s3/bucket-facts.ts';
import { type EndpointOptions, parseEndpoint } from './endpoint-options.ts';

export type CheckedInputs = {
  /** the inputs, with the expiry of noncurrent versions where the bucket's rules tell it and the user did not */
  inputs: PlanInputs;
  checks: Check[];
};

/** `destination`: null where there is none */
type KnownFacts = { own: BucketFacts; destination: BucketFacts | null };

/**
 * Reads the configuration of the bucket that receives the copies, before a long listing: where it is missing, an hour
 * would be lost.
 * @returns null where there is none
 */
export async function readDestinationFacts(
  { destinationBucket }: PlanInputs,
  endpoint: EndpointOptions,
): Promise<BucketFacts | null> {
  if (destinationBucket === null) return null;
  const client = openS3Client(parseEndpoint(endpoint));
  try {
    return await readBucketFacts(client, destinationBucket);
  } finally {
    client.destroy();
  }
}

/**
 * Checks the buckets of a plan by their configuration.
 * @param known facts of the bucket that is rolled back, and of the destination, where they are known already
 */
export async function checkBuckets(
  inputs: PlanInputs,
  endpoint: EndpointOptions,
  known: KnownFacts | null,
): Promise<CheckedInputs> {
  const client = openS3Client(parseEndpoint(endpoint));
  try {
    const own = known?.own ?? (await readBucketFacts(client, inputs.bucket));
    const checks = bucketChecks(own, inputs);
    if (inputs.destinationBucket !== null) {
      const destination = known?.destination ?? (await readBucketFacts(client, inputs.destinationBucket));
      checks.push(...destinationChecks(destination, inputs));
    }
    const days = inputs.noncurrentExpirationDays ?? noncurrentExpirationDays(own, inputs.prefixes);
    return { inputs: { ...inputs, noncurrentExpirationDays: days }, checks };
  } finally {
    client.destroy();
  }
}
