import { openS3Client } from '../aws/client.ts';
import { findReplicationSources, readReplicationRules } from '../aws/replication.ts';
import type { Fact } from '../s3/bucket-facts.ts';
import type { ReplicationRule } from '../s3/replication.ts';
import type { AskedPair } from '../set/arrange.ts';
import { regionsOf } from '../set/members.ts';
import type { SetCheck } from '../set/set-file.ts';
import { type EndpointOptions, parseEndpoint } from './endpoint-options.ts';
import { inMember } from './set-member.ts';

type FoundPairs = {
  /** those that were named first, then those that replication adds */
  buckets: string[];
  pairs: AskedPair[];
  /** of buckets that were found in another Region */
  regions: Map<string, string>;
  checks: SetCheck[];
};

type Options = EndpointOptions & { withReplicas?: boolean; bucketRegion?: string[] };

/**
 * Reads the replication rules of every bucket. With `withReplicas`, the destinations of the buckets join the set; a
 * bucket that replicates nowhere is looked for among the destinations of the account's other buckets.
 * @throws RunbookError BUCKET_NOT_FOUND, WRONG_REGION, ACCESS_DENIED, …
 */
export async function lookForPairs(
  options: Options,
  named: readonly string[],
  replicas: readonly { source: string; destination: string }[],
): Promise<FoundPairs> {
  const given = options.bucketRegion ?? [];
  const regions = new Map<string, string>();
  const clients = new Map<string, ReturnType<typeof openS3Client>>();
  const clientOf = (region: string | undefined) => {
    const key = region ?? '';
    const endpoint = parseEndpoint({ ...options, ...(region !== undefined && { region }) });
    const client = clients.get(key) ?? openS3Client(endpoint);
    clients.set(key, client);
    return client;
  };
  const rules = new Map<string, Fact<ReplicationRule[]>>();
  const read = async (bucket: string) => {
    const own = given.filter((text) => text.startsWith(`${bucket}=`));
    const region = regionsOf(own, [bucket]).get(bucket) ?? regions.get(bucket);
    const answer = await inMember(bucket, () => readReplicationRules(clientOf(region), bucket));
    rules.set(bucket, answer);
    return answer.readable ? answer.value : [];
  };
  try {
    const buckets = new Set(named);
    const checks: SetCheck[] = [];
    for (const bucket of named) {
      const own = await read(bucket);
      if (options.withReplicas !== true) continue;
      for (const { destination } of own) buckets.add(destination);
      if (own.length > 0 || replicas.some((pair) => pair.destination === bucket)) continue;
      const { sources, unasked } = await findReplicationSources(clientOf(undefined), bucket, clientOf);
      for (const source of sources) {
        buckets.add(source.bucket);
        if (source.region !== null) regions.set(source.bucket, source.region);
      }
      if (unasked > 0) checks.push(notAsked(bucket, unasked));
    }
    for (const bucket of buckets) if (!rules.has(bucket)) await read(bucket);
    return { buckets: [...buckets], pairs: pairsBetween([...buckets], rules, replicas), regions, checks };
  } finally {
    for (const client of clients.values()) client.destroy();
  }
}

/** Pairs that were named, and those that the rules tell, between buckets of the set. */
function pairsBetween(
  buckets: readonly string[],
  rules: ReadonlyMap<string, Fact<ReplicationRule[]>>,
  replicas: readonly { source: string; destination: string }[],
): AskedPair[] {
  const pairs = replicas.map((pair) => ({ ...pair, rules: rules.get(pair.source) ?? null }));
  for (const source of buckets) {
    const fact = rules.get(source);
    if (fact === undefined || !fact.readable) continue;
    for (const destination of new Set(fact.value.map((rule) => rule.destination))) {
      const isNamed = pairs.some((pair) => pair.source === source && pair.destination === destination);
      if (!isNamed && buckets.includes(destination)) pairs.push({ source, destination, rules: fact });
    }
  }
  return pairs;
}

function notAsked(bucket: string, count: number): SetCheck {
  return {
    code: 'REPLICATION_SOURCES_UNREAD',
    level: 'warning',
    message: `${count} buckets of the account did not tell whether they replicate to '${bucket}', and those of other accounts cannot be asked.`,
    hint: `if one does, name it: --replica SOURCE=${bucket}`,
  };
}
