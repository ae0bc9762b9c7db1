import type { Check } from '../plan/plan-file.ts';
import { bucketChecks, noncurrentExpirationDays } from '../plan/preflight.ts';
import type { BucketFacts } from '../s3/bucket-facts.ts';
import { MODE_SCENARIOS } from '../s3/rollback.ts';
import type { BucketReadings } from './bucket-reading.ts';
import { checksOf, type DoctorCheck } from './check.ts';
import { type CheckCode, codesOf } from './codes.ts';
import { checkReach, ofFact } from './reach.ts';
import { checkSources } from './sources.ts';

export type BucketRequest = {
  /** how far back a rollback has to reach, in days */
  horizonDays: number;
  region: string | null;
  now: Date;
};

/** A bucket that may have to be rolled back as a whole. */
export function checkBucket(name: string, readings: BucketReadings, request: BucketRequest): DoctorCheck[] {
  const { facts, listing } = readings;
  const check = checksOf(name);
  const reach = checkReach('BUCKET_ACCESS', name, facts.readable ? listing : facts, request.region);
  if (!facts.readable) {
    const rest = codesOf('bucket').filter((code) => code !== 'BUCKET_ACCESS');
    return [
      reach,
      ...rest.map((code) => check.notChecked(code, 'needs the bucket', 'settle BUCKET_ACCESS first')),
    ];
  }
  const found = bucketChecks(facts.value, {
    mode: 'bucket-rollback',
    markers: 'remove',
    prefixes: [],
    scenarios: [...MODE_SCENARIOS['bucket-rollback']],
    destinationBucket: null,
    kmsKeyArn: null,
  });
  const order = codesOf('bucket');
  return [
    reach,
    checkHorizon(name, facts.value, request.horizonDays),
    ...checkSources(name, readings, request.now),
    ...PREFLIGHT.map((line) => passOn(name, facts.value, found, line)),
  ].toSorted((left, right) => order.indexOf(left.code) - order.indexOf(right.code));
}

type Preflight = {
  code: CheckCode;
  fact: Exclude<keyof BucketFacts, 'bucket'>;
  /** the checks of a plan that it stands for */
  from: readonly string[];
  /** what is told where a plan has nothing to say */
  otherwise: string;
  /** a plan is blocked by it, and there is a way around */
  onlyWarns?: { fix: string };
};

/** Which check of a plan becomes which of the doctor's: one line each. */
const PREFLIGHT: readonly Preflight[] = [
  { code: 'BUCKET_VERSIONING', fact: 'versioning', from: ['VERSIONING_NOT_ENABLED'], otherwise: 'enabled' },
  {
    code: 'BUCKET_LIFECYCLE',
    fact: 'lifecycle',
    from: ['LIFECYCLE_EXPIRES_CURRENT', 'EXPIRED_MARKER_CLEANUP'],
    otherwise: 'no rule expires current objects or removes delete markers',
  },
  {
    code: 'BUCKET_MFA_DELETE',
    fact: 'mfaDelete',
    from: ['MFA_DELETE_ENABLED'],
    otherwise: 'off',
    onlyWarns: { fix: 'on the bad day plan with --markers copy, which copies the version on top instead' },
  },
  {
    code: 'BUCKET_OBJECT_LOCK',
    fact: 'objectLock',
    from: ['OBJECT_LOCK_ENABLED'],
    otherwise: 'no Object Lock',
  },
  { code: 'BUCKET_REPLICATION', fact: 'replication', from: ['REPLICATION_ACTIVE'], otherwise: 'none' },
  { code: 'BUCKET_NOTIFICATIONS', fact: 'notifications', from: ['NOTIFICATIONS_ACTIVE'], otherwise: 'none' },
  {
    code: 'BUCKET_ENCRYPTION',
    fact: 'encryption',
    from: ['SSE_C_POSSIBLE'],
    otherwise: 'encryption with customers’ keys (SSE-C) is blocked',
  },
  {
    code: 'BUCKET_REQUESTER_PAYS',
    fact: 'requesterPays',
    from: ['REQUESTER_PAYS'],
    otherwise: 'the owner pays',
  },
];

function passOn(
  name: string,
  facts: BucketFacts,
  checks: readonly Check[],
  { code, fact, from, otherwise, onlyWarns }: Preflight,
): DoctorCheck {
  const check = checksOf(name);
  const read = facts[fact];
  if (!read.readable) return check.unreadable(code, ofFact(name, read));
  const found = checks.filter((one) => from.includes(one.code));
  if (found.length === 0) return check.ok(code, otherwise);
  const message = found.map((one) => one.message).join(' ');
  const hint = [...new Set(found.map((one) => one.hint))].join('; ');
  if (onlyWarns !== undefined) return check.warning(code, message, onlyWarns.fix);
  if (found.some(({ level }) => level === 'blocking')) return check.problem(code, message, hint);
  return found.some(({ level }) => level === 'warning')
    ? check.warning(code, message, hint)
    : check.ok(code, message);
}

/** How far back a rollback of every key can go: noncurrent versions that a rule deleted are gone. */
function checkHorizon(name: string, facts: BucketFacts, horizonDays: number): DoctorCheck {
  const check = checksOf(name);
  const { lifecycle } = facts;
  if (!lifecycle.readable) return check.unreadable('BUCKET_HORIZON', ofFact(name, lifecycle));
  const days = noncurrentExpirationDays(facts, []);
  if (days === null) {
    return check.ok(
      'BUCKET_HORIZON',
      'no rule deletes noncurrent versions: back to when versioning was enabled',
    );
  }
  const rules = lifecycle.value.filter(({ noncurrentDays }) => noncurrentDays === days);
  const [rule] = rules;
  const kept = rules.flatMap(({ newerNoncurrentVersions }) => newerNoncurrentVersions ?? []);
  const found = [
    `${days} ${days === 1 ? 'day' : 'days'}, by the rule '${rule?.id ?? ''}'`,
    ...(rule?.enabled === false ? ['which is suspended now'] : []),
    ...(rule !== undefined && rule.prefix !== '' ? [`for keys below '${rule.prefix}'`] : []),
    // What is kept by number alone does not widen the horizon: many writes to a key use it up.
    ...(kept.length === 0 ? [] : [`keeping the ${Math.min(...kept)} newest for longer`]),
  ].join(', ');
  return days >= horizonDays
    ? check.ok('BUCKET_HORIZON', found)
    : check.problem(
        'BUCKET_HORIZON',
        `${found}; ${horizonDays} are asked for`,
        `raise NoncurrentDays: aws s3api get-bucket-lifecycle-configuration --bucket ${name}; or ask for less with --horizon-days`,
      );
}
