import { z } from 'zod';
import type { BucketFacts, Fact, LifecycleRule } from '../s3/bucket-facts.ts';
import { checksOf, type DoctorCheck } from './check.ts';
import { codesOf } from './codes.ts';
import { checkReach, ofFact } from './reach.ts';
import type { RecordFacts } from './record-facts.ts';

/** Where work files lie, which expire, and what the folder of each record begins with. */
const WORK = 'work/';
const RECORDS = 'rb-';
const BOOTSTRAP = 'deploy the bootstrap stack again: npm run --silent s3-rewind -- bootstrap --help';

/** @param wantsLock whether Object Lock was asked for */
export function checkRecordBucket(
  name: string,
  { bucket, publicAccess, policy }: RecordFacts,
  { wantsLock, region }: { wantsLock: boolean; region: string | null },
): DoctorCheck[] {
  const reach = checkReach('RECORD_BUCKET', name, bucket, region);
  if (!bucket.readable) {
    const check = checksOf(name);
    const rest = codesOf('record').filter((code) => code !== 'RECORD_BUCKET');
    return [
      reach,
      ...rest.map((code) => check.notChecked(code, 'needs the bucket', 'settle RECORD_BUCKET first')),
    ];
  }
  const facts = bucket.value;
  return [
    reach,
    checkVersioning(name, facts),
    checkPrivate(name, publicAccess),
    checkTls(name, policy),
    checkLifecycle(name, facts.lifecycle),
    checkLock(name, facts.objectLock, wantsLock),
  ];
}

function checkVersioning(name: string, { versioning }: BucketFacts): DoctorCheck {
  const check = checksOf(name);
  if (!versioning.readable) return check.unreadable('RECORD_VERSIONING', ofFact(name, versioning));
  return versioning.value === 'Enabled'
    ? check.ok('RECORD_VERSIONING', 'enabled')
    : check.problem(
        'RECORD_VERSIONING',
        versioning.value === 'never' ? 'it was never enabled' : 'it is suspended',
        `aws s3api put-bucket-versioning --bucket ${name} --versioning-configuration Status=Enabled`,
      );
}

function checkPrivate(name: string, reading: RecordFacts['publicAccess']): DoctorCheck {
  const check = checksOf(name);
  if (!reading.readable) return check.unreadable('RECORD_PRIVATE', reading);
  const off = Object.entries(reading.value ?? { 'all of them': false })
    .filter(([, on]) => !on)
    .map(([setting]) => setting);
  return off.length === 0
    ? check.ok('RECORD_PRIVATE', 'public access is blocked')
    : check.problem(
        'RECORD_PRIVATE',
        `public access is not blocked: ${off.join(', ')}`,
        `aws s3api put-public-access-block --bucket ${name} --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true`,
      );
}

const texts = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const policySchema = z.object({
  Statement: z.array(
    z.object({
      Effect: z.string(),
      Principal: z.unknown(),
      Action: texts.optional(),
      Resource: texts.optional(),
      Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
    }),
  ),
});

/** "Enforce TLS", as S3 documents it: a denial of everything to everybody where aws:SecureTransport is false. */
function checkTls(name: string, reading: RecordFacts['policy']): DoctorCheck {
  const check = checksOf(name);
  if (!reading.readable) return check.unreadable('RECORD_TLS_ONLY', reading);
  const statements = policySchema.safeParse(reading.value).data?.Statement ?? [];
  const isDenied = statements.some(
    ({ Effect, Principal, Action = [], Resource = [], Condition = {} }) =>
      Effect === 'Deny' &&
      ['"*"', '{"AWS":"*"}'].includes(JSON.stringify(Principal)) &&
      Action.some((action) => action === 's3:*' || action === '*') &&
      Resource.some((arn) => arn.endsWith(`:::${name}`)) &&
      Resource.some((arn) => arn.endsWith(`:::${name}/*`)) &&
      Object.keys(Condition).join() === 'Bool' &&
      isWithoutTls(Condition.Bool ?? {}),
  );
  return isDenied
    ? check.ok('RECORD_TLS_ONLY', 'requests without TLS are denied')
    : check.problem('RECORD_TLS_ONLY', 'its policy does not deny requests without TLS', BOOTSTRAP);
}

function isWithoutTls(condition: Record<string, unknown>): boolean {
  const [[name = '', value] = [], ...others] = Object.entries(condition);
  const values = [value].flat().map(String);
  return others.length === 0 && name.toLowerCase() === 'aws:securetransport' && values.join() === 'false';
}

function checkLifecycle(name: string, lifecycle: Fact<LifecycleRule[]>): DoctorCheck {
  const check = checksOf(name);
  if (!lifecycle.readable) return check.unreadable('RECORD_LIFECYCLE', ofFact(name, lifecycle));
  const rules = lifecycle.value.filter(({ enabled }) => enabled);
  const expiring = rules.find(
    ({ prefix, expiresCurrent, noncurrentDays }) =>
      (expiresCurrent || noncurrentDays !== null) &&
      (prefix.startsWith(RECORDS) || RECORDS.startsWith(prefix)),
  );
  const show = `aws s3api get-bucket-lifecycle-configuration --bucket ${name}`;
  if (expiring !== undefined) {
    return check.problem(
      'RECORD_LIFECYCLE',
      `the rule '${expiring.id}' reaches records: without its record a rollback cannot be undone`,
      `limit the rule to ${WORK}: ${show}`,
    );
  }
  return rules.some(({ prefix, expiresCurrent }) => expiresCurrent && WORK.startsWith(prefix))
    ? check.ok('RECORD_LIFECYCLE', `${WORK} expires, records do not`)
    : check.warning(
        'RECORD_LIFECYCLE',
        `no rule expires ${WORK}: tables and results of plans pile up`,
        BOOTSTRAP,
      );
}

function checkLock(name: string, lock: BucketFacts['objectLock'], wantsLock: boolean): DoctorCheck {
  const check = checksOf(name);
  if (!wantsLock) return check.notChecked('RECORD_OBJECT_LOCK', 'not asked for', 'add --object-lock');
  if (!lock.readable) return check.unreadable('RECORD_OBJECT_LOCK', ofFact(name, lock));
  const { enabled, defaultRetention } = lock.value;
  const fix = 'make the bootstrap stack with ObjectLockDays: docs/bootstrap.md';
  if (!enabled) return check.problem('RECORD_OBJECT_LOCK', 'the bucket has no Object Lock', fix);
  return defaultRetention === null
    ? check.problem('RECORD_OBJECT_LOCK', 'it has no default retention, so nothing is kept', fix)
    : check.ok('RECORD_OBJECT_LOCK', defaultRetention);
}
