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

/** `destination`: null where there is none */
type KnownFacts = { own: BucketFacts; destination: BucketFacts | null };

/**
 * Reads the configuration of the bucket that receives the copies, which may be in another store, Region or account.
 * Asked before a long listing: where the bucket is missing, an hour would be lost.
 * @returns null where there is none
 */
export async function readDestinationFacts(
  { destinationBucket }: PlanInputs,
  options: DestinationOptions,
): Promise<BucketFacts | null> {
  if (destinationBucket === null) return null;
  const client = openS3Client(destinationEndpoint(options));
  try {
    return await readBucketFacts(client, destinationBucket);
  } catch (error) {
    throw atDestination(error);
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
  options: DestinationOptions,
  known: KnownFacts | null,
): Promise<CheckedInputs> {
  const client = openS3Client(parseEndpoint(options));
  try {
    const own = known?.own ?? (await readBucketFacts(client, inputs.bucket));
    const checks = bucketChecks(own, inputs);
    const destination = known === null ? await readDestinationFacts(inputs, options) : known.destination;
    if (destination !== null) checks.push(...destinationChecks(destination, inputs));
    const days = inputs.noncurrentExpirationDays ?? noncurrentExpirationDays(own, inputs.prefixes);
    return { inputs: { ...inputs, noncurrentExpirationDays: days }, checks };
  } finally {
    client.destroy();
  }
}
