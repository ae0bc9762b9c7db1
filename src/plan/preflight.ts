import type { BucketFacts, Fact, LifecycleRule } from '../s3/bucket-facts.ts';
import type { Scenario } from '../s3/rollback.ts';
import type { Check, PlanInputs } from './plan-file.ts';

/**
 * What a bucket's configuration means for a rollback. Pure: facts in, checks out. Codes are part of the public
 * contract.
 */

export type PreflightInputs = Pick<
  PlanInputs,
  'mode' | 'markers' | 'prefixes' | 'scenarios' | 'destinationBucket' | 'kmsKeyArn'
>;

/** Scenarios that remove delete markers, which MFA delete forbids (semantics, section 5). */
const MARKER_REMOVALS: readonly Scenario[] = ['2', '4'];
const NO_ENCRYPTION = { algorithm: null, kmsKey: null, mayHoldSseC: false };
const COPIES: readonly Scenario[] = ['3a', '3b', '3c', '5a', '5b'];

/** Checks of the bucket that is rolled back, or read from where copies go to another one. */
export function bucketChecks(facts: BucketFacts, inputs: PreflightInputs): Check[] {
  const rules = factOr(facts.lifecycle, []).filter((rule) => appliesTo(rule, inputs.prefixes));
  return [
    ...(inputs.mode === 'copy-to-bucket' ? readableVersioning(facts) : writtenVersioning(facts)),
    ...mfaDelete(facts, inputs),
    ...lifecycleChecks(facts.bucket, rules),
    ...replicationChecks(facts),
    ...notificationChecks(facts),
    ...objectLockChecks(facts),
    ...encryptionChecks(facts),
    ...(inputs.destinationBucket === null ? copyEncryption(facts, inputs) : []),
    ...requesterPaysChecks(facts),
    ...unreadable(facts),
  ];
}

/** Checks of the bucket that receives the copies. */
export function destinationChecks(facts: BucketFacts, inputs: PreflightInputs): Check[] {
  return [
    ...writtenVersioning(facts),
    ...copyEncryption(facts, inputs),
    ...objectLockChecks(facts),
    ...notificationChecks(facts),
    ...replicationChecks(facts),
    ...unreadable(facts),
  ];
}

/**
 * The smallest NoncurrentDays of the rules that reach the scope: versions older than that may be gone. Suspended rules
 * count: suspending them is the first thing to do on a bad day, and what they deleted before stays deleted.
 */
export function noncurrentExpirationDays(facts: BucketFacts, prefixes: readonly string[]): number | null {
  const days = factOr(facts.lifecycle, [])
    .filter((rule) => appliesTo(rule, prefixes))
    .flatMap((rule) => rule.noncurrentDays ?? []);
  return days.length === 0 ? null : Math.min(...days);
}

/** Versioning of every bucket written to must be `Enabled` (semantics, section 5). */
function writtenVersioning({ bucket, versioning }: BucketFacts): Check[] {
  const state = factOr(versioning, 'Enabled');
  if (state === 'Enabled') return [];
  return [
    blocking(
      'VERSIONING_NOT_ENABLED',
      `Versioning of '${bucket}' ${state === 'never' ? 'was never enabled' : 'is suspended'}; a write would lose what it replaces.`,
      `aws s3api put-bucket-versioning --bucket ${bucket} --versioning-configuration Status=Enabled`,
    ),
  ];
}

function readableVersioning({ bucket, versioning }: BucketFacts): Check[] {
  const state = factOr(versioning, 'Enabled');
  if (state === 'Enabled') return [];
  return [
    warning(
      'VERSIONING_SUSPENDED',
      `Versioning of '${bucket}' ${state === 'never' ? 'was never enabled' : 'is suspended'}; what was overwritten since then is gone.`,
      'check that the point in time lies in a period with versioning enabled',
    ),
  ];
}

function mfaDelete({ bucket, mfaDelete }: BucketFacts, inputs: PreflightInputs): Check[] {
  if (!factOr(mfaDelete, false)) return [];
  const removes =
    inputs.markers === 'remove' && inputs.scenarios.some((scenario) => MARKER_REMOVALS.includes(scenario));
  const message = `MFA delete is on for '${bucket}'; only the root user with a token can remove a delete marker.`;
  if (!removes) return [warning('MFA_DELETE_ENABLED', message, 'nothing to do: this plan removes none')];
  return [
    blocking(
      'MFA_DELETE_ENABLED',
      message,
      'plan again with --markers copy, which copies the version on top instead',
    ),
  ];
}

function lifecycleChecks(bucket: string, rules: readonly LifecycleRule[]): Check[] {
  const checks: Check[] = [];
  const show = `aws s3api get-bucket-lifecycle-configuration --bucket ${bucket}`;
  const noncurrent = rules.filter((rule) => rule.noncurrentDays !== null);
  if (noncurrent.length > 0) {
    const days = Math.min(...noncurrent.map((rule) => rule.noncurrentDays ?? 0));
    const isOn = noncurrent.some((rule) => rule.enabled);
    const kept = noncurrent.flatMap((rule) => rule.newerNoncurrentVersions ?? []);
    checks.push(
      warning(
        'LIFECYCLE_EXPIRES_NONCURRENT',
        `Rule ${names(noncurrent)} ${isOn ? 'deletes' : 'is suspended now; it deleted'} noncurrent versions after ${days} days${kept.length === 0 ? '' : `, keeping ${Math.min(...kept)}`}; what was current at an earlier point in time may be gone.`,
        isOn
          ? `suspend the rule until the rollback is verified: ${show}`
          : `if it never ran, --noncurrent-expiration-days 36500 leaves it out of account; ${show}`,
      ),
    );
  }
  const current = rules.filter((rule) => rule.enabled && rule.expiresCurrent);
  if (current.length > 0) {
    checks.push(
      warning(
        'LIFECYCLE_EXPIRES_CURRENT',
        `Rule ${names(current)} expires current objects; it can delete again what is rolled back, and delete markers after the point in time may be its work.`,
        `see whose deletes they are, and suspend the rule if need be: ${show}`,
      ),
    );
  }
  const markers = rules.filter((rule) => rule.enabled && rule.removesExpiredMarkers);
  if (markers.length > 0) {
    checks.push(
      warning(
        'EXPIRED_MARKER_CLEANUP',
        `Rule ${names(markers)} removes delete markers that have no version below; a key that was deleted at the point in time can show no trace.`,
        show,
      ),
    );
  }
  return checks;
}

/** Replicas keep the source's last_modified; removals of markers are never replicated (semantics, section 8). */
function replicationChecks({ bucket, replication }: BucketFacts): Check[] {
  const { destinations, deleteMarkers } = factOr(replication, { destinations: [], deleteMarkers: false });
  if (destinations.length === 0) return [];
  return [
    warning(
      'REPLICATION_ACTIVE',
      `'${bucket}' replicates to ${destinations.join(', ')}: copies will follow there, ${deleteMarkers ? 'delete markers too' : 'delete markers will not'}, and removed delete markers never do.`,
      'roll the destination back by itself afterwards, scenario 2 only',
    ),
  ];
}

function notificationChecks({ bucket, notifications }: BucketFacts): Check[] {
  const targets = factOr(notifications, []);
  if (targets.length === 0) return [];
  return [
    warning(
      'NOTIFICATIONS_ACTIVE',
      `'${bucket}' sends events to ${targets.join(', ')}; every copy and delete marker of the rollback will be one.`,
      `tell the owners of the targets: aws s3api get-bucket-notification-configuration --bucket ${bucket}`,
    ),
  ];
}

function objectLockChecks({ bucket, objectLock }: BucketFacts): Check[] {
  const { enabled, defaultRetention } = factOr(objectLock, { enabled: false, defaultRetention: null });
  if (!enabled) return [];
  return [
    warning(
      'OBJECT_LOCK_ENABLED',
      `'${bucket}' has Object Lock${defaultRetention === null ? '' : `: copies get its default retention, ${defaultRetention}`}. Delete markers are not protected by it; a retention date in the past is not kept.`,
      `aws s3api get-object-lock-configuration --bucket ${bucket}`,
    ),
  ];
}

/** Neither a listing nor HEAD without the key tells SSE-C; S3 Inventory's EncryptionStatus does. */
function encryptionChecks({ bucket, encryption }: BucketFacts): Check[] {
  if (!factOr(encryption, NO_ENCRYPTION).mayHoldSseC) return [];
  return [
    {
      code: 'SSE_C_POSSIBLE',
      level: 'info',
      message: `'${bucket}' does not block encryption with customers' keys (SSE-C); a listing does not show which versions have it, and such a version cannot be copied.`,
      hint: 'an S3 Inventory report with EncryptionStatus shows them',
    },
  ];
}

/** A copy has the encryption of the bucket it is made in, not that of the version (semantics, section 5). */
function copyEncryption({ bucket, encryption }: BucketFacts, inputs: PreflightInputs): Check[] {
  const { algorithm, kmsKey } = factOr(encryption, NO_ENCRYPTION);
  const isKms = algorithm?.startsWith('aws:kms') ?? false;
  const copies = inputs.markers === 'copy' || inputs.scenarios.some((scenario) => COPIES.includes(scenario));
  if (!isKms || inputs.kmsKeyArn !== null || !copies) return [];
  const key = kmsKey === null ? "the account's AWS managed key aws/s3" : `the key ${kmsKey}`;
  return [
    {
      code: 'COPIES_ENCRYPTED_WITH_KMS',
      level: 'info',
      message: `Copies in '${bucket}' are encrypted with its default, ${algorithm} under ${key}: whoever makes them needs kms:GenerateDataKey and kms:Decrypt on it, whoever reads them kms:Decrypt.`,
      hint: `aws kms describe-key --key-id ${kmsKey ?? 'alias/aws/s3'}`,
    },
  ];
}

function requesterPaysChecks({ bucket, requesterPays }: BucketFacts): Check[] {
  if (!factOr(requesterPays, false)) return [];
  return [
    warning(
      'REQUESTER_PAYS',
      `'${bucket}' is a requester-pays bucket: whoever runs the rollback pays for its requests.`,
      `aws s3api get-bucket-request-payment --bucket ${bucket}`,
    ),
  ];
}

function unreadable(facts: BucketFacts): Check[] {
  const { bucket, ...configurations } = facts;
  const reasons = Object.entries(configurations).flatMap(([name, fact]) =>
    fact.readable ? [] : [`${name} (${fact.reason})`],
  );
  if (reasons.length === 0) return [];
  return [
    warning(
      'BUCKET_FACTS_UNREADABLE',
      `Not readable for '${bucket}': ${reasons.join(', ')}. The plan does not know what they would tell.`,
      'allow the reading of what stands in brackets, or look at the configurations yourself',
    ),
  ];
}

/** A rule reaches the scope when its keys and a prefix of the scope can have any in common. */
function appliesTo({ prefix }: LifecycleRule, prefixes: readonly string[]): boolean {
  return prefixes.length === 0 || prefixes.some((one) => one.startsWith(prefix) || prefix.startsWith(one));
}

function names(rules: readonly LifecycleRule[]): string {
  return rules.map((rule) => (rule.id === '' ? 'without a name' : `'${rule.id}'`)).join(', ');
}

function factOr<Value>(fact: Fact<Value>, otherwise: Value): Value {
  return fact.readable ? fact.value : otherwise;
}

function blocking(code: string, message: string, hint: string): Check {
  return { code, level: 'blocking', message, hint };
}

function warning(code: string, message: string, hint: string): Check {
  return { code, level: 'warning', message, hint };
}
