import type { Fact } from '../s3/bucket-facts.ts';
import type { ReplicationRule } from '../s3/replication.ts';
import type { Scenario } from '../s3/rollback.ts';
import type { ReplicationPair, SetCheck } from './set-file.ts';

/**
 * In which order the buckets of a set are rolled back, and which scenarios a replica is left with. Pure. Copies are
 * replicated, added delete markers are where a rule says so, removals of delete markers never; and a replica is not
 * replicated on (semantics, section 8; "What does Amazon S3 replicate?", Amazon S3 User Guide).
 */

/** What is known of replication from one bucket to another. */
export type AskedPair = {
  source: string;
  destination: string;
  /** rules of the source that are on; null: nobody looked */
  rules: Fact<ReplicationRule[]> | null;
};

export type Arrangement = { order: string[]; pairs: ReplicationPair[]; checks: SetCheck[] };

/** Removals of delete markers, which are never replicated. */
const MARKER_REMOVALS: readonly Scenario[] = ['2', '4'];

/**
 * @param buckets as they were named; of two that replicate into each other the first is the source
 * @param prefixes of the plan; empty: whole buckets
 */
export function arrangeSet(
  buckets: readonly string[],
  asked: readonly AskedPair[],
  prefixes: readonly string[],
): Arrangement {
  const pairs: ReplicationPair[] = [];
  const checks: SetCheck[] = [];
  for (const one of asked) {
    const isKnown = pairs.some(
      ({ source, destination }) => source === one.source && destination === one.destination,
    );
    if (isKnown) continue;
    const pair = describePair(one, prefixes);
    if (pair === null) checks.push(replicationOff(one));
    else if (pairs.some((other) => other.source === pair.destination && other.destination === pair.source))
      checks.push(twoWay(pair));
    else if (pairs.some((other) => other.destination === pair.source || other.source === pair.destination))
      checks.push(chain(pair));
    else pairs.push(pair);
  }
  for (const pair of pairs) checks.push(...pairChecks(pair));
  const isReplica = (bucket: string) => pairs.some(({ destination }) => destination === bucket);
  return {
    order: [...buckets.filter((bucket) => !isReplica(bucket)), ...buckets.filter(isReplica)],
    pairs,
    checks,
  };
}

/**
 * The scenarios that are left to do in a replica after its sources were rolled back. Where it is not certain that
 * delete markers are replicated, they are added there too: one that has come over already ends `already`.
 * @param pairs those into this bucket; none: it is no replica, and all are
 */
export function scenariosOfReplica(
  scenarios: readonly Scenario[],
  pairs: readonly ReplicationPair[],
): Scenario[] {
  if (pairs.length === 0) return [...scenarios];
  const markersCome = pairs.every(({ deleteMarkers }) => deleteMarkers === true);
  return scenarios.filter(
    (scenario) => MARKER_REMOVALS.includes(scenario) || (scenario === '1' && !markersCome),
  );
}

/** @returns null where the source is known not to replicate there */
function describePair(
  { source, destination, rules }: AskedPair,
  prefixes: readonly string[],
): ReplicationPair | null {
  const unknown = { source, destination, account: null, deleteMarkers: null, isPartial: false };
  if (rules === null || !rules.readable) return unknown;
  const own = rules.value.filter((rule) => rule.destination === destination);
  const [first] = own;
  if (first === undefined) return null;
  const covers = (rule: ReplicationRule, prefix: string) => !rule.byTags && prefix.startsWith(rule.prefix);
  const scope = prefixes.length === 0 ? [''] : prefixes;
  return {
    source,
    destination,
    account: first.account,
    deleteMarkers: own.every(({ deleteMarkers }) => deleteMarkers),
    isPartial: !scope.every((prefix) => own.some((rule) => covers(rule, prefix))),
  };
}

function pairChecks(pair: ReplicationPair): SetCheck[] {
  const { source, destination, deleteMarkers } = pair;
  const checks: SetCheck[] = [
    {
      code: 'REPLICATION_PAIR',
      level: 'info',
      message: `'${source}' replicates to '${destination}': the source is rolled back first and whole; its copies${deleteMarkers === true ? ' and the delete markers that it adds' : ''} follow by themselves. In the destination only what is not replicated is left to do.`,
      hint: 'leave the replication rule on until both have run and replication has caught up',
    },
  ];
  if (deleteMarkers === null) {
    checks.push({
      code: 'REPLICATION_UNKNOWN',
      level: 'warning',
      message: `The replication rules of '${source}' were not looked at, so '${destination}' gets delete markers of its own; those that were replicated already end as 'already'.`,
      hint: `see that the rule is on: aws s3api get-bucket-replication --bucket ${source}`,
    });
  }
  if (deleteMarkers === false) {
    checks.push({
      code: 'REPLICATION_MARKERS_STAY',
      level: 'warning',
      message: `The rule from '${source}' to '${destination}' does not replicate delete markers, so scenario 1 is planned for the destination too.`,
      hint: 'turn the replication of delete markers on where the rule has no tags, and plan again; or run it like this',
    });
  }
  if (pair.isPartial) {
    checks.push({
      code: 'REPLICATION_PARTIAL',
      level: 'warning',
      message: `The rules from '${source}' to '${destination}' leave keys of the scope out, by prefix or tag. What nobody replicates is not copied back in the destination.`,
      hint: `plan with the prefixes of the rule; for the others plan '${destination}' by itself`,
    });
  }
  if (pair.account !== null) {
    checks.push({
      code: 'REPLICATION_CROSS_ACCOUNT',
      level: 'info',
      message: `'${destination}' is in the account ${pair.account} and one set of credentials runs the whole set.`,
      hint: 'the policy of that bucket has to allow them what docs/cross-account.md lists for start-jobs',
    });
  }
  return checks;
}

function replicationOff({ source, destination }: AskedPair): SetCheck {
  return {
    code: 'REPLICATION_OFF',
    level: 'warning',
    message: `No rule of '${source}' that is on replicates to '${destination}', so both are planned whole.`,
    hint: `as it is, nothing follows from one to the other; aws s3api get-bucket-replication --bucket ${source}`,
  };
}

function twoWay({ source, destination }: ReplicationPair): SetCheck {
  return {
    code: 'REPLICATION_TWO_WAY',
    level: 'warning',
    message: `'${destination}' and '${source}' replicate into each other. '${destination}' was named first and is taken as the source.`,
    hint: 'stop the writers of both first; to take the other one as the source, name it first',
  };
}

function chain({ source, destination }: ReplicationPair): SetCheck {
  return {
    code: 'REPLICATION_CHAIN',
    level: 'warning',
    message: `'${source}' replicates to '${destination}', but one of them is the other end of another pair of this set. S3 does not replicate replicas, so this pair does not count.`,
    hint: `plan this pair by itself, or run '${destination}' as it is planned: what replication did first ends 'already' or 'drifted'`,
  };
}
