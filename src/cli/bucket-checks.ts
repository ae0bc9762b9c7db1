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

/**
 * Checks the buckets of a plan by their configuration.
 * @param facts of the bucket that is rolled back, where they are known already
 */
export async function checkBuckets(
  inputs: PlanInputs,
  endpoint: EndpointOptions,
  facts: BucketFacts | null,
): Promise<CheckedInputs> {
  const client = openS3Client(parseEndpoint(endpoint));
  try {
    const own = facts ?? (await readBucketFacts(client, inputs.bucket));
    const checks = bucketChecks(own, inputs);
    if (inputs.destinationBucket !== null) {
      checks.push(...destinationChecks(await readBucketFacts(client, inputs.destinationBucket)));
    }
    const days = inputs.noncurrentExpirationDays ?? noncurrentExpirationDays(own, inputs.prefixes);
    return { inputs: { ...inputs, noncurrentExpirationDays: days }, checks };
  } finally {
    client.destroy();
  }
}
