import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { SeededRandom } from '../../sandbox/random.ts';
import type { Mode } from '../../src/s3/rollback.ts';
import type { ServerUnderTest } from '../conformance/server-under-test.ts';
import { type CommandResult, runInChild } from '../execute/command.ts';
import { EXPIRING_KEY, foldWrites, type History, promisedState, type State } from './history.ts';
import { killRuns } from './killed-runs.ts';
import type { KnownDifferences } from './known-differences.ts';
import { PlayedBucket } from './played-bucket.ts';

export type StoryOptions = {
  name: string;
  mode: Mode;
  history: History;
  server: ServerUnderTest;
  known: KnownDifferences;
  /** of the credentials that the commands are given */
  environment: Record<string, string>;
  /** for inventories and records */
  folder: string;
  /** Kills runs at random before each is let run to its end; undefined: none is killed. */
  kills?: SeededRandom;
};

type PlanFile = {
  inputs: { timestamp: string };
  classes: { class: string; keys: number }[];
  manifests: { scenario: string; rows: number; sha256: string }[];
};
type Started = { rows: number; outcomes: { done: number; already: number } };
type Verified = {
  live: { differences: number };
  examples: { key: string; expected: string }[];
  state: { agrees: boolean; compared: number } | null;
};

/** A story that did not go as the commands promise, with what was seen. */
export class StoryFailure extends Error {}

/**
 * Plays a history into a bucket of a server and takes it through every command: inventory, plan (of a file and by
 * listing), start-jobs, verify on all three levels, undo, start-jobs, verify. What the API shows is compared with what
 * the writes alone say.
 */
export class Story {
  readonly name: string;
  readonly #options: StoryOptions;
  readonly #source: PlayedBucket;
  readonly #written: PlayedBucket;
  readonly #keys: string[];
  #kills = 0;

  static async open(options: StoryOptions): Promise<Story> {
    const { server, mode } = options;
    const source = new PlayedBucket(server, await server.newBucket({ versioning: false }));
    const isCopy = mode === 'copy-to-bucket';
    return new Story(options, source, isCopy ? new PlayedBucket(server, await server.newBucket()) : source);
  }

  private constructor(options: StoryOptions, source: PlayedBucket, written: PlayedBucket) {
    this.#options = options;
    this.name = options.name;
    this.#source = source;
    this.#written = written;
    const { unversioned, before, after } = options.history;
    this.#keys = [...unversioned, ...before, ...after].map(({ key }) => key);
  }

  async playUntilP(): Promise<void> {
    const { history, server } = this.#options;
    await this.#source.play(history.unversioned);
    await server.setVersioning(this.#source.name, 'Enabled');
    await this.#source.play(history.before);
  }

  async playAfterP(): Promise<void> {
    await this.#source.play(this.#options.history.after);
  }

  /** @throws StoryFailure */
  async rollBackAndForth(timestamp: string): Promise<string> {
    const { history, mode, known } = this.#options;
    const { unversioned, before, after } = history;
    const original = foldWrites([...unversioned, ...before, ...after]);
    await this.#expectState('before the rollback', this.#source, original);
    const versions = await this.#source.versionIds();
    const record = await this.#plan(timestamp);

    const { rows, outcomes } = await this.#start(record);
    if (rows === 0 || outcomes.done !== rows) this.#fail('not every row was carried out', outcomes);
    const isExpiring = known.copyLosesExpires && this.#keys.includes(EXPIRING_KEY);
    const lost = isExpiring && mode !== 'delete-marker-removal' ? [EXPIRING_KEY] : [];
    const compared = await this.#verify(record, ['--list'], lost);
    await this.#expectState('after the rollback', this.#written, promisedState(history, mode));

    // Undo goes by the times of the store, which are whole seconds.
    await sleep(1100);
    const undo = this.#path('undo');
    await this.#run(['undo', '--record', record, '--out', undo, '--json']);
    const undone = await this.#start(undo);
    // A key that was deleted twice is deleted still when one marker is gone: nothing has to be added.
    const { done, already } = undone.outcomes;
    if (undone.rows === 0 || done + already !== undone.rows) this.#fail('not every row was undone', undone);
    await this.#verify(undo, [], []);
    const isCopy = mode === 'copy-to-bucket';
    await this.#expectState('after the undo', this.#written, isCopy ? new Map() : original);

    const left = await this.#source.versionIds();
    const gone = [...versions].filter((id) => !left.has(id));
    if (gone.length > 0) this.#fail('object versions are gone', gone.slice(0, 5));
    const told = `${rows} rows carried out and undone, ${compared} keys compared`;
    if (this.#options.kills === undefined) return told;
    if (this.#kills === 0) this.#fail('no run was killed', { rows });
    return `${told}, ${this.#kills} runs killed`;
  }

  /** Plans from a file and by listing: both have to come to the same. @returns the record */
  async #plan(timestamp: string): Promise<string> {
    const { mode } = this.#options;
    const inventory = this.#path('versions.csv');
    await this.#run(['inventory', '--bucket', this.#source.name, '--out', inventory]);
    const inputs = ['--bucket', this.#source.name, '--timestamp', timestamp, '--mode', mode];
    if (mode === 'copy-to-bucket') inputs.push('--destination-bucket', this.#written.name);
    const [fromFile, byListing] = [this.#path('plan-of-file'), this.#path('plan')];
    await this.#run(['plan', '--inventory', inventory, ...inputs, '--out', fromFile]);
    await this.#run(['plan', '--list', ...inputs, '--out', byListing]);
    const [one, other] = await Promise.all([fromFile, byListing].map(readPlan));
    if (!isDeepStrictEqual(one, other)) this.#fail('the plans differ', [one, other]);
    return byListing;
  }

  async #start(record: string): Promise<Started> {
    const { server, environment, kills } = this.#options;
    const args = ['start-jobs', '--record', record, '--yes', '--json'];
    const before = await this.#written.entryIds();
    if (kills !== undefined) this.#kills += await killRuns(server, [...args, '--quiet'], environment, kills);
    const started = await this.#run<Started>(args);
    await this.#expectOneEntryEach(before);
    return started;
  }

  /** However often a run was begun, it adds one delete marker to a key, or one copy. */
  async #expectOneEntryEach(before: ReadonlySet<string>): Promise<void> {
    const added = [...(await this.#written.entryIds())].filter((entry) => !before.has(entry));
    const byKey = Map.groupBy(added, (entry) => entry.slice(entry.indexOf(' ') + 1));
    const more = [...byKey.values()].filter((entries) => entries.length > 1);
    if (more.length > 0) this.#fail('keys got more than one entry', more.slice(0, 5));
  }

  /** @param lost keys whose copies the server is known to have made without Expires */
  async #verify(record: string, args: readonly string[], lost: readonly string[]): Promise<number> {
    const status = lost.length === 0 ? 0 : 3;
    const command = ['verify', '--record', record, '--json', ...args];
    const { live, examples, state } = await this.#run<Verified>(command, status);
    const found = examples.map(({ key, expected }) => [key, /^expires\b/i.test(expected)]);
    const foreseen = lost.map((key) => [key, true]);
    if (live.differences !== lost.length || !isDeepStrictEqual(found, foreseen)) {
      this.#fail('verify tells other differences than are known', examples);
    }
    if (args.length > 0 && state?.agrees !== true) this.#fail('the state does not agree', state);
    return state?.compared ?? 0;
  }

  async #expectState(when: string, bucket: PlayedBucket, expected: State): Promise<void> {
    const found = await bucket.readState(this.#keys);
    const differing = [...new Set(this.#keys)].filter(
      (key) => !isDeepStrictEqual(this.#comparable(key, found), this.#comparable(key, expected)),
    );
    if (differing.length === 0) return;
    const [key = ''] = differing;
    this.#fail(`${differing.length} keys are wrong ${when}`, [key, expected.get(key), found.get(key)]);
  }

  #comparable(key: string, state: State) {
    const version = state.get(key);
    if (version === undefined || !this.#options.known.copyLosesExpires) return version;
    return { ...version, expires: null };
  }

  async #run<T>(args: readonly string[], status = 0): Promise<T> {
    const { server, environment } = this.#options;
    const result = await runInChild(
      server,
      [...args, ...(args[0] === 'undo' ? [] : ['--quiet'])],
      environment,
    );
    if (result.status !== status) this.#fail(`${args[0]} ended with status ${result.status}`, result);
    return parseResult<T>(result);
  }

  #path(name: string): string {
    return join(this.#options.folder, `${this.#source.name}-${name}`);
  }

  #fail(what: string, seen: unknown): never {
    throw new StoryFailure(`${what}: ${JSON.stringify(seen)?.slice(0, 2000)}`);
  }
}

/** What a command printed with --json; commands without it print text. */
function parseResult<T>({ stdout }: CommandResult): T {
  return (stdout.startsWith('{') ? JSON.parse(stdout) : {}) as T;
}

/** What a plan says, without what names its inventory. */
async function readPlan(folder: string): Promise<PlanFile> {
  const { inputs, classes, manifests } = JSON.parse(
    await readFile(join(folder, 'plan.json'), 'utf8'),
  ) as PlanFile;
  return { inputs, classes, manifests };
}
