import {
  GetBucketReplicationCommand,
  paginateListBuckets,
  type S3Client,
  type ReplicationRule as SdkReplicationRule,
} from '@aws-sdk/client-s3';
import { RunbookError } from '../errors.ts';
import type { Fact } from '../s3/bucket-facts.ts';
import type { ReplicationRule } from '../s3/replication.ts';
import { mapFact, readFact } from './bucket-facts.ts';

const PERMISSION = 's3:GetReplicationConfiguration';
/** Buckets of an account that are asked at a time, and at most. */
const ASKED_AT_A_TIME = 10;
const MAX_BUCKETS = 1000;

/**
 * Reads the rules of S3 Replication that are on.
 * @throws RunbookError BUCKET_NOT_FOUND, CREDENTIALS_MISSING, ENDPOINT_UNREACHABLE, WRONG_REGION, ACCESS_DENIED when
 * the store does not know the credentials
 */
export async function readReplicationRules(
  client: S3Client,
  bucket: string,
): Promise<Fact<ReplicationRule[]>> {
  const fact = await readFact(
    bucket,
    PERMISSION,
    () => client.send(new GetBucketReplicationCommand({ Bucket: bucket })),
    'ReplicationConfigurationNotFoundError',
  );
  return mapFact(fact, (answer) =>
    (answer?.ReplicationConfiguration?.Rules ?? []).filter(({ Status }) => Status === 'Enabled').map(toRule),
  );
}

/**
 * Looks for the buckets of the account that replicate into one: S3 does not tell a bucket who does.
 * @param clientOf opens a client for the Region of a bucket; undefined: the store does not say
 * @returns the sources, and how many buckets could not be asked
 * @throws RunbookError ACCESS_DENIED without `s3:ListAllMyBuckets`, CREDENTIALS_MISSING, …
 */
export async function findReplicationSources(
  client: S3Client,
  destination: string,
  clientOf: (region: string | undefined) => S3Client,
): Promise<{ sources: { bucket: string; region: string | null }[]; unasked: number }> {
  const buckets = await listBuckets(client);
  const others = buckets.filter(({ name }) => name !== destination);
  const sources: { bucket: string; region: string | null }[] = [];
  let unasked = Math.max(0, others.length - MAX_BUCKETS);
  for (let start = 0; start < Math.min(others.length, MAX_BUCKETS); start += ASKED_AT_A_TIME) {
    const asked = others.slice(start, Math.min(start + ASKED_AT_A_TIME, MAX_BUCKETS));
    const answers = await Promise.all(
      asked.map(({ name, region }) => askReplication(clientOf(region ?? undefined), name)),
    );
    for (const [index, rules] of answers.entries()) {
      const bucket = asked[index];
      if (rules === null) unasked += 1;
      else if (bucket !== undefined && rules.some((rule) => rule.destination === destination)) {
        sources.push({ bucket: bucket.name, region: bucket.region });
      }
    }
  }
  return { sources, unasked };
}

async function listBuckets(client: S3Client): Promise<{ name: string; region: string | null }[]> {
  const buckets: { name: string; region: string | null }[] = [];
  const pages = await readFact('', 's3:ListAllMyBuckets', async () => {
    buckets.length = 0;
    for await (const page of paginateListBuckets({ client, pageSize: MAX_BUCKETS }, {})) {
      for (const { Name, BucketRegion } of page.Buckets ?? []) {
        if (Name !== undefined) buckets.push({ name: Name, region: BucketRegion ?? null });
      }
    }
    return null;
  });
  if (pages.readable) return buckets;
  throw new RunbookError('ACCESS_DENIED', `The buckets of the account cannot be listed: ${pages.reason}.`, {
    hint: 'allow s3:ListAllMyBuckets, or name the source: --replica SOURCE=DESTINATION',
  });
}

/** @returns null where a bucket does not tell */
async function askReplication(client: S3Client, bucket: string): Promise<ReplicationRule[] | null> {
  try {
    const fact = await readReplicationRules(client, bucket);
    return fact.readable ? fact.value : null;
  } catch (error) {
    if (error instanceof RunbookError) return null;
    throw error;
  }
}

/**
 * Rules of the first version have a prefix beside the filter, and replicate the delete markers that people add; those
 * with a filter say it, and cannot where the filter has tags ("Replicating delete markers between buckets").
 */
function toRule(rule: SdkReplicationRule): ReplicationRule {
  const { Filter, Destination, DeleteMarkerReplication } = rule;
  const byTags = Filter?.Tag !== undefined || (Filter?.And?.Tags ?? []).length > 0;
  const isFirstVersion = Filter === undefined;
  return {
    destination: (Destination?.Bucket ?? '').split(':').at(-1) ?? '',
    account: Destination?.Account ?? null,
    prefix: Filter?.And?.Prefix ?? Filter?.Prefix ?? rule.Prefix ?? '',
    byTags,
    deleteMarkers: isFirstVersion || (!byTags && DeleteMarkerReplication?.Status === 'Enabled'),
  };
}
