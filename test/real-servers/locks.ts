import { join } from 'node:path';
import {
  GetObjectRetentionCommand,
  ListObjectVersionsCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import type { SeededRandom } from '../../sandbox/random.ts';
import { openRetentionCalls } from '../../src/aws/retention-calls.ts';
import { newHistory } from '../../src/execute/journal.ts';
import { extendRow } from '../../src/retention/extend-row.ts';
import type { RetentionCalls } from '../../src/retention/retention-calls.ts';
import type { RetentionMode } from '../../src/s3/retention.ts';
import type { ServerUnderTest } from '../conformance/server-under-test.ts';
import { runInChild } from '../execute/command.ts';
import type { KnownDifferences } from './known-differences.ts';
import { StoryFailure } from './story.ts';

/** Object Lock on a server on trial: extensions by the commands, while others write, and what a slow look would lose. */

const DAY_MS = 86_400_000;
const KEYS = 40;
const MODES: readonly RetentionMode[] = ['GOVERNANCE', 'COMPLIANCE'];

/** What the runs ask for, one after the other; each is due for other versions. */
const RUNS = [
  { minimum: 1, frequency: 7, mode: 'GOVERNANCE', converts: false },
  { minimum: 30, frequency: 28, mode: 'COMPLIANCE', converts: false },
  { minimum: 100, frequency: 14, mode: 'COMPLIANCE', converts: true },
] as const;
type Run = (typeof RUNS)[number];
const RULE = {
  prefixes: [],
  minimumRetentionDays: 3,
  extensionFrequencyDays: 7,
  convertGovernance: false,
  skipLegalHoldOnly: false,
};

type Lock = { mode: RetentionMode; until: number };
/** Of every object version, by key and version ID. */
type Locks = Map<string, { isCurrent: boolean; lock: Lock | null }>;
type Started = { outcomes: Record<string, number> };

export type LockTrial = {
  server: ServerUnderTest;
  known: KnownDifferences;
  environment: Record<string, string>;
  folder: string;
  random: SeededRandom;
};

/** @returns what was tried @throws StoryFailure */
export async function tryLocks(trial: LockTrial): Promise<string> {
  const bucket = new LockedBucket(trial.server, await trial.server.newBucket({ objectLock: true }));
  await bucket.fill(trial.random);
  let extended = 0;
  for (const [number, run] of RUNS.entries()) extended += await tryRun(trial, bucket, run, number);
  await tryRaces(trial, bucket);
  return `${RUNS.length} runs extended ${extended} versions; no date was ever made earlier, with others at work`;
}

async function tryRun(trial: LockTrial, bucket: LockedBucket, run: Run, number: number): Promise<number> {
  const record = join(trial.folder, `${bucket.name}-extension-${number}`);
  const rule = [
    ...['--minimum-retention-days', String(run.minimum)],
    ...['--extension-frequency-days', String(run.frequency), '--mode', run.mode],
    ...(run.converts ? ['--convert-governance'] : []),
  ];
  const plan = ['extend-retention', '--bucket', bucket.name, '--list', ...rule, '--out', record];
  const { now } = await command<{ now: string }>(trial, [...plan, '--json', '--quiet'], [0]);
  const planned = await bucket.readLocks();
  await bucket.meddle(trial.random);
  const before = await bucket.readLocks();
  const { outcomes } = await command<Started>(
    trial,
    ['start-jobs', '--record', record, '--yes', '--json', '--quiet'],
    [0, 3],
  );
  const after = await bucket.readLocks();

  const days = (count: number) => Date.parse(now) + count * DAY_MS;
  const horizon = days(run.minimum + 7);
  const target = days(run.minimum + run.frequency);
  let extended = 0;
  let notConverted = 0;
  for (const [version, { isCurrent, lock }] of before) {
    const was = planned.get(version);
    const isPlanned = was?.isCurrent === true && (was.lock === null || was.lock.until < horizon);
    const isExtended = isPlanned && isCurrent && (lock === null || lock.until < target);
    const wanted: Lock | null = isExtended ? { mode: modeOf(trial, run, lock), until: target } : lock;
    const found = after.get(version)?.lock ?? null;
    if (found?.mode !== wanted?.mode || found?.until !== wanted?.until) {
      throw failure(`run ${number + 1} left another lock than it should`, { version, lock, wanted, found });
    }
    if (isExtended) extended += 1;
    if (isExtended && run.converts && lock?.mode === 'GOVERNANCE') notConverted += 1;
  }
  if (trial.known.convertsGovernance) notConverted = 0;
  if (
    outcomes.done !== extended - notConverted ||
    outcomes.denied !== notConverted ||
    outcomes.failed !== 0
  ) {
    throw failure(`run ${number + 1} tells other outcomes`, { outcomes, extended, notConverted });
  }
  return extended;
}

function modeOf({ known }: LockTrial, run: Run, lock: Lock | null): RetentionMode {
  if (lock === null) return run.mode;
  return run.converts && known.convertsGovernance ? 'COMPLIANCE' : lock.mode;
}

/** Somebody extends a lock between the look at it and the request, which only the server can see. */
async function tryRaces({ server }: LockTrial, bucket: LockedBucket): Promise<void> {
  const calls = openRetentionCalls(server.clientWith({}));
  for (const mode of MODES) {
    const key = `race/${mode}`;
    const { VersionId: versionId } = await server.put(bucket.name, key);
    const soon = inDays(2);
    const far = inDays(60);
    const version = { bucket: bucket.name, key, versionId };
    await calls.putRetention(version, { mode, retainUntil: soon });
    const raced: RetentionCalls = {
      ...calls,
      async putRetention(one, retention) {
        await calls.putRetention(one, { mode, retainUntil: far });
        await calls.putRetention(one, retention);
      },
    };
    const { outcome } = await extendRow(
      { ...version, currentVersionId: versionId, size: null, storageClass: null },
      {
        ...{ calls: raced, rule: { ...RULE, mode }, target: inDays(10), history: newHistory() },
        ...{ announce: async () => {}, pause: async () => {} },
      },
    );
    const kept = await calls.readRetention(version);
    if (outcome !== 'already' || kept?.retainUntil.getTime() !== far.getTime()) {
      throw failure('a race for a lock was lost', { mode, outcome, kept });
    }
  }
}

/** A bucket with Object Lock, written to and read through the API alone. */
class LockedBucket {
  readonly name: string;
  readonly #server: ServerUnderTest;

  constructor(server: ServerUnderTest, name: string) {
    this.#server = server;
    this.name = name;
  }

  /** Versions with every kind of lock and none, some of them noncurrent, held or under a delete marker. */
  async fill(random: SeededRandom): Promise<void> {
    for (let index = 0; index < KEYS; index += 1) {
      const key = `k ${index}+ü`;
      if (below(random, 4) === 0) await this.#putLocked(key, random);
      const versionId = await this.#putLocked(key, random);
      const place = { Bucket: this.name, Key: key, VersionId: versionId };
      if (below(random, 5) === 0) {
        await this.#server.client.send(
          new PutObjectLegalHoldCommand({ ...place, LegalHold: { Status: 'ON' } }),
        );
      }
      if (below(random, 8) === 0) await this.#server.mark(this.name, key);
    }
  }

  /** What others do between a plan and its run: locks made longer, objects replaced and deleted. */
  async meddle(random: SeededRandom): Promise<void> {
    for (const [version, { isCurrent, lock }] of await this.readLocks()) {
      const [key = '', versionId = ''] = version.split('\n');
      if (!isCurrent || below(random, 5) !== 0) continue;
      const act = below(random, 4);
      if (act === 0) await this.#server.mark(this.name, key);
      else if (act === 1) await this.#putLocked(key, random);
      else await this.#lock(key, versionId, laterThan(lock, random));
    }
  }

  async readLocks(): Promise<Locks> {
    const { client } = this.#server;
    const { Versions = [] } = await client.send(new ListObjectVersionsCommand({ Bucket: this.name }));
    const locks: Locks = new Map();
    for (const { Key = '', VersionId = '', IsLatest = false } of Versions) {
      const { status, body } = await this.#server.exchange(
        new GetObjectRetentionCommand({ Bucket: this.name, Key, VersionId }),
      );
      const [, mode] = /<Mode>(\w+)<\/Mode>/.exec(body) ?? [];
      const [, until] = /<RetainUntilDate>([^<]+)<\/RetainUntilDate>/.exec(body) ?? [];
      const lock = status === 200 ? { mode: mode as RetentionMode, until: Date.parse(until ?? '') } : null;
      locks.set(`${Key}\n${VersionId}`, { isCurrent: IsLatest, lock });
    }
    return locks;
  }

  async #putLocked(key: string, random: SeededRandom): Promise<string> {
    const { VersionId } = await this.#server.put(this.name, key);
    if (below(random, 3) > 0) await this.#lock(key, VersionId, laterThan(null, random));
    return VersionId;
  }

  async #lock(key: string, versionId: string, { mode, until }: Lock): Promise<void> {
    await this.#server.client.send(
      new PutObjectRetentionCommand({
        ...{ Bucket: this.name, Key: key, VersionId: versionId },
        Retention: { Mode: mode, RetainUntilDate: new Date(until) },
      }),
    );
  }
}

/** A lock that a server has to take over this one; whole seconds, as some keep no more. */
function laterThan(lock: Lock | null, random: SeededRandom): Lock {
  const days = 1 + below(random, 150);
  if (lock !== null) return { mode: lock.mode, until: lock.until + days * DAY_MS };
  return { mode: MODES[below(random, 2)] ?? 'GOVERNANCE', until: inDays(days).getTime() };
}

function below(random: SeededRandom, limit: number): number {
  return Math.floor(random.fraction() * limit);
}

function inDays(days: number): Date {
  return new Date(Math.floor(Date.now() / 1000) * 1000 + days * DAY_MS);
}

async function command<T>(
  { server, environment }: LockTrial,
  args: readonly string[],
  statuses: readonly number[],
): Promise<T> {
  const result = await runInChild(server, args, environment);
  if (!statuses.includes(result.status ?? -1)) throw failure(`${args[0]} failed`, result);
  return JSON.parse(result.stdout) as T;
}

function failure(what: string, seen: unknown): StoryFailure {
  return new StoryFailure(`${what}: ${JSON.stringify(seen)?.slice(0, 2000)}`);
}
