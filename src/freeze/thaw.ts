import { RunbookError } from '../errors.ts';
import type { LifecycleDocument } from '../s3/bucket-configuration.ts';
import { formatInstant } from '../s3/point-in-time.ts';
import { confirmWrite, conflict, type FreezeSite } from './bucket-state.ts';
import { type FreezeFile, isExpired } from './freeze-file.ts';
import type { FreezeRecord } from './freeze-record.ts';
import { isSameLifecycle, resumeRules, rulesNotResumed } from './lifecycle.ts';
import {
  type BucketPolicy,
  freezesOf,
  holdsStatement,
  parsePolicy,
  saysTheSame,
  statementsMissing,
  withoutFreeze,
} from './policy.ts';

const ATTEMPTS = 3;
/** The statement denies changes of lifecycle rules for a while after it was taken out. */
const DENIED_LOOKS = 18;
const DENIED_AGAIN_MS = 10_000;

/** `exactly`: put back as it was before the freeze. `own-part`: someone else changed it; only the freeze was taken out. */
export type ThawedPart = 'exactly' | 'own-part' | 'already';

export type Thawing = {
  outcome: 'thawed' | 'already' | 'would-thaw';
  policy: ThawedPart;
  lifecycle: ThawedPart;
  /** what others changed since the freeze, and what was left as they had it; untrusted text */
  differences: string[];
  /** IDs of paused rules that were changed meanwhile, and stay as they are: disabled */
  rulesLeftPaused: string[];
  wasExpired: boolean;
  file: FreezeFile;
};

/**
 * Ends a freeze: takes its statement out of the policy, then enables the lifecycle rules that it paused. The policy
 * comes first, since its statement denies the second. Safe to repeat, also after a kill.
 * @param isTrial only tells what would be done
 * @param bucket that is meant; a record of another one is refused
 * @throws RunbookError FREEZE_NOT_FOUND, INVALID_OPTION, FREEZE_DAMAGED, FREEZE_CONFLICT, POLICY_UNREADABLE, ACCESS_DENIED, …
 */
export async function thawBucket(
  site: FreezeSite,
  record: FreezeRecord,
  options: { isTrial: boolean; bucket?: string | null },
): Promise<Thawing> {
  const file = await record.readFreeze();
  if (file === null) {
    throw new RunbookError('FREEZE_NOT_FOUND', `There is no freeze.json in ${record.name}.`, {
      hint: 'name the record that was given to freeze; what a bucket holds: npm run --silent s3-rewind -- freeze --status --bucket BUCKET',
    });
  }
  if ((options.bucket ?? file.bucket) !== file.bucket) {
    throw new RunbookError(
      'INVALID_OPTION',
      `${record.name} holds the freeze of '${file.bucket}', not of '${options.bucket}'.`,
      { hint: 'name the record that was given to freeze, or the bucket that it froze' },
    );
  }
  const differences: string[] = [];
  const policy = await thawPolicy(site, file, differences, options.isTrial);
  const { part: lifecycle, left } =
    file.state === 'thawed'
      ? // Rules that are disabled since then are somebody's wish.
        { part: 'already' as const, left: [] }
      : await thawLifecycle(site, file, differences, { ...options, mayBeDenied: policy !== 'already' });
  const isDone = policy === 'already' && lifecycle === 'already';
  const thawed: FreezeFile =
    file.state === 'thawed' ? file : { ...file, state: 'thawed', thawedAt: formatInstant(site.now()) };
  if (!options.isTrial && file.state !== 'thawed') await record.writeFreeze(thawed);
  const done = options.isTrial ? 'would-thaw' : 'thawed';
  return {
    outcome: isDone ? 'already' : done,
    policy,
    lifecycle,
    differences,
    rulesLeftPaused: left,
    wasExpired: file.state !== 'thawed' && isExpired(file, site.now()),
    file: options.isTrial ? file : thawed,
  };
}

async function thawPolicy(
  { configurations, ...site }: FreezeSite,
  { bucket, id, policy }: FreezeFile,
  differences: string[],
  isTrial: boolean,
): Promise<ThawedPart> {
  const read = async () => parsePolicy(await configurations.readPolicy(bucket));
  const hasFreeze = (value: BucketPolicy) => freezesOf(value).some((mark) => mark.id === id);
  const before = parsePolicy(policy.before);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const found = await read();
    if (!hasFreeze(found)) return 'already';
    const others = withoutFreeze(found, id);
    const isAsBefore = saysTheSame(others, before);
    const told = isAsBefore ? [] : policyDifferences(before, others);
    if (!isOwnStatementKept(found, policy.after))
      told.push('policy: the statement of the freeze was changed');
    if (!isTrial) {
      if (!saysTheSame(found, await read())) continue;
      await configurations.writePolicy(bucket, isAsBefore ? before.text : others.text);
      await confirmWrite({ configurations, ...site }, bucket, {
        what: 'policy',
        read,
        isInForce: (value) => !hasFreeze(value),
        isBefore: (value) => saysTheSame(value, found),
      });
    }
    differences.push(...told);
    return isAsBefore ? 'exactly' : 'own-part';
  }
  throw conflict(bucket, 'policy');
}

function policyDifferences(before: BucketPolicy, others: BucketPolicy): string[] {
  const told = [
    ...statementsMissing(before, others).map((name) => `policy: ${name} was added or changed; it stays`),
    ...statementsMissing(others, before).map((name) => `policy: ${name} was removed or changed; it stays so`),
  ];
  return told.length > 0 ? told : ['policy: its version or ID was changed; it stays'];
}

function isOwnStatementKept(found: BucketPolicy, written: string): boolean {
  const own = parsePolicy(written).statements.at(-1);
  return own !== undefined && holdsStatement(found, own);
}

async function thawLifecycle(
  site: FreezeSite,
  { bucket, lifecycle }: FreezeFile,
  differences: string[],
  options: { isTrial: boolean; mayBeDenied: boolean },
): Promise<{ part: ThawedPart; left: string[] }> {
  const { configurations } = site;
  if (lifecycle.paused.length === 0) return { part: 'already', left: [] };
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const found = await configurations.readLifecycle(bucket);
    const { changed, removed } = rulesNotResumed(found, lifecycle.paused);
    const told = [
      ...changed.map((id) => `lifecycle: the paused rule ${id} was changed; it stays disabled`),
      ...removed.map((id) => `lifecycle: the paused rule ${id} was removed; it is not put back`),
    ];
    const running = found === null ? null : resumeRules(found, lifecycle.paused);
    const isAsBefore = isSameLifecycle(running, lifecycle.before);
    if (!isAsBefore && told.length === 0) told.push('lifecycle: other rules were changed; they stay');
    if (running === null || isSameLifecycle(found, running)) {
      differences.push(...told);
      return { part: 'already', left: changed };
    }
    if (!options.isTrial) {
      if (!isSameLifecycle(found, await configurations.readLifecycle(bucket))) continue;
      await writeOnceAllowed(site, bucket, running, options.mayBeDenied);
      await confirmWrite(site, bucket, {
        what: 'lifecycle configuration',
        read: () => configurations.readLifecycle(bucket),
        isInForce: (value) => value === null || isSameLifecycle(value, resumeRules(value, lifecycle.paused)),
        isBefore: (value) => isSameLifecycle(value, found),
      });
    }
    differences.push(...told);
    return { part: isAsBefore ? 'exactly' : 'own-part', left: changed };
  }
  throw conflict(bucket, 'lifecycle configuration');
}

async function writeOnceAllowed(
  { configurations, pause }: FreezeSite,
  bucket: string,
  lifecycle: LifecycleDocument,
  mayBeDenied: boolean,
): Promise<void> {
  for (let look = 1; ; look += 1) {
    try {
      await configurations.writeLifecycle(bucket, lifecycle);
      return;
    } catch (error) {
      const isDenied = error instanceof RunbookError && error.code === 'ACCESS_DENIED';
      if (!isDenied || !mayBeDenied || look === DENIED_LOOKS) throw error;
      await pause(DENIED_AGAIN_MS);
    }
  }
}
