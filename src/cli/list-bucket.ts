import process from 'node:process';
import { readBucketFacts } from '../aws/bucket-facts.ts';
import { openS3Client, type S3Endpoint } from '../aws/client.ts';
import { openVersionLister } from '../aws/list-versions.ts';
import { RunbookError } from '../errors.ts';
import { DEFAULT_CONCURRENCY, type ListingResult, listBucket } from '../inventory/listing.ts';
import type { Progress } from '../progress.ts';
import type { BucketFacts } from '../s3/bucket-facts.ts';

export type LiveListing = { listing: ListingResult; facts: BucketFacts };

const MAX_CONCURRENCY = 512;

/**
 * Reads a bucket's configuration and lists its versions to a file: what `inventory` does, `plan --list` first, and
 * `verify --list` last.
 * @throws RunbookError VERSIONING_NOT_ENABLED, INVALID_OPTION, and those of the listing
 */
export async function listLiveBucket(
  request: {
    bucket: string;
    prefixes: readonly string[];
    out: string;
    format: 'parquet' | 'csv';
    concurrency: number;
    resume: boolean;
    /** where the unfinished listing lies; `<out>.partial` by default */
    partialPath?: string;
    /** what to run next when the listing is interrupted */
    afterInterrupt: string;
  },
  endpoint: S3Endpoint,
  progress: Progress,
): Promise<LiveListing> {
  const { bucket } = request;
  const client = openS3Client({ ...endpoint, connections: request.concurrency });
  const abort = new AbortController();
  const stop = () => {
    abort.abort(
      new RunbookError('INTERRUPTED', 'The listing was interrupted.', {
        hint: request.afterInterrupt,
      }),
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    progress(`Reading the configuration of ${bucket}`, null);
    const facts = await readBucketFacts(client, bucket);
    assertVersioned(facts);
    const requesterPays =
      endpoint.requesterPays === true || (facts.requesterPays.readable && facts.requesterPays.value);
    const listing = await listBucket(openVersionLister(client, bucket, { requesterPays }), {
      ...request,
      endpoint: endpoint.endpointUrl ?? '',
      now: new Date(),
      progress,
      signal: abort.signal,
    });
    return { listing, facts };
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    client.destroy();
  }
}

/** Prefixes of which none begins with another: a key is listed once, whichever of them it starts with. */
export function outermost(prefixes: readonly string[]): string[] {
  return prefixes.filter((prefix) => !prefixes.some((other) => other !== prefix && prefix.startsWith(other)));
}

/** @throws RunbookError INVALID_OPTION */
export function parseConcurrency(text: string | undefined): number {
  if (text === undefined) return DEFAULT_CONCURRENCY;
  const concurrency = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (concurrency >= 1 && concurrency <= MAX_CONCURRENCY) return concurrency;
  throw new RunbookError('INVALID_OPTION', `--concurrency '${text}' is not a number of requests.`, {
    hint: `give a whole number from 1 to ${MAX_CONCURRENCY}, or leave it out for ${DEFAULT_CONCURRENCY}`,
  });
}

/** A bucket whose versioning was suspended still has the versions of before; one that never had it has none. */
function assertVersioned({ bucket, versioning }: BucketFacts): void {
  if (!versioning.readable || versioning.value !== 'never') return;
  throw new RunbookError(
    'VERSIONING_NOT_ENABLED',
    `Versioning was never enabled for '${bucket}': deleted and overwritten objects are gone.`,
    {
      hint: `for the next time: aws s3api put-bucket-versioning --bucket ${bucket} --versioning-configuration Status=Enabled`,
    },
  );
}
