import { RunbookError } from '../errors.ts';
import type { LifecycleDocument } from '../s3/bucket-configuration.ts';
import { formatInstant } from '../s3/point-in-time.ts';
import { shellWord } from '../s3/shell-word.ts';
import {
  type BucketState,
  confirmWrite,
  conflict,
  type FreezeSite,
  isSameState,
  readState,
} from './bucket-state.ts';
import type { FreezeFile } from './freeze-file.ts';
import type { FreezeRecord } from './freeze-record.ts';
import { isSameLifecycle, isToBePaused, pauseRules, resumeRules, unionOfRules } from './lifecycle.ts';
import {
  freezesOf,
  hasVariables,
  holdsStatement,
  parsePolicy,
  saysTheSame,
  withFreeze,
  withoutFreeze,
} from './policy.ts';
import type { FreezeSettings } from './settings.ts';
import { type FreezeStatement, freezeStatement } from './statement.ts';

/** How often the bucket is read anew where someone else changes it meanwhile. */
const ATTEMPTS = 3;

export type Freezing = {
  /** `already`: the freeze was in force as it was asked for */
  outcome: 'frozen' | 'already' | 'would-freeze';
  statement: FreezeStatement;
  file: FreezeFile;
};

/**
 * Freezes a bucket: pauses the lifecycle rules that remove or move versions, then adds one statement to the policy. The
 * record comes first, and is enough to thaw after a kill at any moment. Lifecycle comes before the policy, since the
 * statement denies changes of it to whoever freezes, too. Safe to repeat; changed settings change the freeze.
 * @param isTrial only tells what would be done
 * @throws RunbookError FREEZE_EXISTS, FREEZE_CONFLICT, POLICY_TOO_LARGE, POLICY_UNREADABLE, RECORD_*, ACCESS_DENIED, …
 */
export async function freezeBucket(
  site: FreezeSite,
  settings: FreezeSettings,
  record: FreezeRecord,
  options: { rollbackId: string | null; isTrial: boolean },
): Promise<Freezing> {
  const { bucket, pausesLifecycle } = settings;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const known = await record.readFreeze();
    assertOwnBucket(known, settings, record);
    const found = await readState(site, bucket, pausesLifecycle);
    assertNoOtherFreeze(found, settings);
    const statement = freezeStatement(settings, hasVariables(found.policy));
    const file = planFreeze(found, {
      settings,
      statement,
      known,
      rollbackId: options.rollbackId,
      now: site.now(),
    });
    const frozen: Freezing = { outcome: 'frozen', statement, file };
    if (isInForce(found, settings, statement)) {
      if (!options.isTrial && known?.state !== 'frozen')
        await record.writeFreeze({ ...file, state: 'frozen' });
      return { ...frozen, outcome: 'already', file: { ...file, state: 'frozen' } };
    }
    if (options.isTrial) return { ...frozen, outcome: 'would-freeze' };
    // Until the change is in force, what an earlier freeze paused has to be known too.
    const paused = unionOfRules(file.lifecycle.paused, pausedBefore(known));
    await record.writeFreeze({ ...file, lifecycle: { ...file.lifecycle, paused } });
    // Someone may have written since the first look. What is written next rests on what is read now.
    if (!isSameState(found, await readState(site, bucket, pausesLifecycle))) continue;
    await pauseLifecycle(site, bucket, found, settings, file);
    const policy = parsePolicy(await site.configurations.readPolicy(bucket));
    if (!saysTheSame(policy, found.policy)) continue;
    await site.configurations.writePolicy(bucket, file.policy.after);
    await confirmWrite(site, bucket, {
      what: 'policy',
      read: async () => parsePolicy(await site.configurations.readPolicy(bucket)),
      isInForce: (value) => holdsStatement(value, statement),
      isBefore: (value) => saysTheSame(value, found.policy),
    });
    const done: FreezeFile = { ...file, state: 'frozen' };
    await record.writeFreeze(done);
    return { ...frozen, file: done };
  }
  throw conflict(bucket, 'policy or lifecycle configuration');
}

async function pauseLifecycle(
  site: FreezeSite,
  bucket: string,
  found: BucketState,
  settings: FreezeSettings,
  { lifecycle: { after } }: FreezeFile,
): Promise<void> {
  if (after === null || found.lifecycle === null || isSameLifecycle(after, found.lifecycle)) return;
  await writePause(site, found, settings, after);
  await confirmWrite(site, bucket, {
    what: 'lifecycle configuration',
    read: () => site.configurations.readLifecycle(bucket),
    isInForce: (value) => !(value?.rules ?? []).some((rule) => isToBePaused(rule, settings.prefixes)),
    isBefore: (value) => isSameLifecycle(value, found.lifecycle),
  });
}

/** @throws RunbookError ACCESS_DENIED, with the way out where this very freeze denies it */
async function writePause(
  { configurations }: FreezeSite,
  found: BucketState,
  { bucket, id }: FreezeSettings,
  after: LifecycleDocument,
): Promise<void> {
  try {
    await configurations.writeLifecycle(bucket, after);
  } catch (error) {
    const isOn = freezesOf(found.policy).some((mark) => mark.id === id);
    if (!isOn || !(error instanceof RunbookError) || error.code !== 'ACCESS_DENIED') throw error;
    throw new RunbookError('ACCESS_DENIED', error.message, {
      hint: 'the freeze that is in force denies it to you: change it as one of those whom it excepts, or thaw and freeze again',
      cause: error,
    });
  }
}

/** What a freeze writes, and what a thaw will put back: the bucket as it would be without this freeze. */
function planFreeze(
  found: BucketState,
  request: {
    settings: FreezeSettings;
    statement: FreezeStatement;
    known: FreezeFile | null;
    rollbackId: string | null;
    now: Date;
  },
): FreezeFile {
  const { settings, statement, rollbackId } = request;
  const known = request.known?.state === 'thawed' ? null : request.known;
  const others = withoutFreeze(found.policy, settings.id);
  const earlier = known === null ? null : parsePolicy(known.policy.before);
  const isEarlier = earlier !== null && saysTheSame(others, earlier);
  const before = isEarlier ? earlier.text : others.text;

  return {
    schemaVersion: 1,
    id: settings.id,
    rollbackId,
    bucket: settings.bucket,
    partition: settings.partition,
    prefixes: settings.prefixes,
    except: settings.except,
    letsServicesWrite: settings.letsServicesWrite,
    until: formatInstant(settings.until),
    state: 'freezing',
    frozenAt: known?.frozenAt ?? formatInstant(request.now),
    thawedAt: null,
    policy: { before, after: withFreeze(others, statement) },
    lifecycle: settings.pausesLifecycle
      ? planPause(found.lifecycle, known, settings.prefixes)
      : (known?.lifecycle ?? { before: null, after: null, paused: [] }),
  };
}

/** A freeze that has ended tells nothing of the next one. */
function pausedBefore(known: FreezeFile | null): FreezeFile['lifecycle']['paused'] {
  return known === null || known.state === 'thawed' ? [] : known.lifecycle.paused;
}

function planPause(
  found: LifecycleDocument | null,
  known: FreezeFile | null,
  prefixes: readonly string[],
): FreezeFile['lifecycle'] {
  if (found === null) return { before: null, after: null, paused: [] };
  const before = resumeRules(found, pausedBefore(known));
  return { before, ...pauseRules(before, prefixes) };
}

function isInForce(found: BucketState, settings: FreezeSettings, statement: FreezeStatement): boolean {
  const isPaused = !(found.lifecycle?.rules ?? []).some((rule) => isToBePaused(rule, settings.prefixes));
  const own = freezesOf(found.policy).filter(({ id }) => id === settings.id);
  return isPaused && own.length === 1 && holdsStatement(found.policy, statement);
}

function assertOwnBucket(known: FreezeFile | null, { bucket }: FreezeSettings, { name }: FreezeRecord): void {
  if (known === null || known.state === 'thawed' || known.bucket === bucket) return;
  throw new RunbookError('FREEZE_EXISTS', `${name} holds the freeze of '${known.bucket}'.`, {
    hint: `give --record a folder or place of its own, or thaw first: npm run --silent s3-rewind -- thaw --record ${shellWord(name)}`,
  });
}

function assertNoOtherFreeze(found: BucketState, { id, bucket }: FreezeSettings): void {
  const other = freezesOf(found.policy).find((mark) => mark.id !== id);
  if (other === undefined) return;
  throw new RunbookError(
    'FREEZE_EXISTS',
    `'${bucket}' is frozen already, by the freeze ${other.id} until ${other.until}.`,
    {
      hint: `end that one with its own record: npm run --silent s3-rewind -- thaw --record RECORD; the record of a rollback whose ID ends in ${other.id}, or the folder that was given to freeze`,
    },
  );
}
