import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { setSchema } from '../../src/set/set-file.ts';
import { type CommandResult, runCommand } from '../cli/run-command.ts';
import { startCommand } from '../execute/command.ts';
import { P } from '../execute/harness.ts';
import { stateOf } from '../execute/histories.ts';
import { openReplicated, REPLICA, type ReplicatedStage } from './replicated.ts';

let stage: ReplicatedStage;
beforeEach(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIASANDBOX');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  stage = await openReplicated();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  expect(stage.sandbox.permanentDeletions).toBe(0);
  await stage.end();
});

/** In this process, which is quicker than one of its own. */
const command = ([name = '', ...args]: string[]): Promise<CommandResult> =>
  runCommand(
    name,
    '--endpoint-url',
    stage.sandbox.endpoint,
    '--region',
    'us-east-1',
    '--force-path-style',
    ...args,
  );

const AT_P = { kept: 'kept old', shown: 'shown old', copied: 'copied old' };

const plan = async (name: string, ...args: string[]) => {
  const out = join(stage.folder, name);
  const result = await command([
    'plan',
    '--list',
    '--timestamp',
    P,
    '--out',
    out,
    '--quiet',
    '--json',
    ...args,
  ]);
  return { ...result, out };
};
const answer = (result: { stdout: string; stderr: string; status: number | null }) => {
  expect([result.stderr, result.status]).toEqual(['', 0]);
  return JSON.parse(result.stdout);
};
const contents = (bucket: ReplicatedStage['bucket']) =>
  Object.fromEntries(
    [...bucket.stacks.from(() => true)].flatMap(([key]) => {
      const entry = bucket.current(key);
      return entry === undefined || entry.isDeleteMarker ? [] : [[key, String(entry.content.bytes)]];
    }),
  );

test('a source and its replica are rolled back by one run, verified, and undone', async () => {
  const before = [stateOf(stage.bucket), stateOf(stage.replica)];
  const planned = await plan('set', '--bucket', 'data', '--with-replicas');
  const { members, pairs } = answer(planned);
  expect(members.map((one: { bucket: string }) => one.bucket)).toEqual(['data', REPLICA]);
  expect(members[1]).toMatchObject({ replicaOf: ['data'], inputs: { scenarios: ['2'] } });
  expect(pairs).toMatchObject([{ source: 'data', destination: REPLICA, deleteMarkers: true }]);
  const args = ['--record', planned.out, '--quiet', '--json'];
  const run = answer(await command(['start-jobs', ...args, '--yes']));
  expect(run).toMatchObject({ outcomes: { done: 4, already: 0, drifted: 0 }, notStarted: [] });
  expect(contents(stage.bucket)).toEqual(AT_P);
  expect(contents(stage.replica)).toEqual(AT_P);
  const verified = answer(await command(['verify', ...args, '--list']));
  expect(verified).toMatchObject({ agrees: true, members: [{ agrees: true }, { agrees: true }] });
  const back = join(stage.folder, 'undo');
  const undone = answer(await command(['undo', '--record', planned.out, '--out', back, '--json']));
  expect(undone.members.map((one: { bucket: string }) => one.bucket)).toEqual([REPLICA, 'data']);
  expect(undone.checks).toMatchObject([{ code: 'REPLICATION_UNDO_PARTIAL' }]);
  // Its marker on `hidden` came from the source, and no removal is replicated: first what the check says.
  const [, timestamp = ''] = /--timestamp (\S+) /.exec(undone.checks[0].hint) ?? [];
  const first = await plan('first', '--bucket', REPLICA, '--timestamp', timestamp, '--scenarios', '2');
  answer(first);
  for (const record of [first.out, back]) {
    answer(await command(['start-jobs', '--record', record, '--yes', '--quiet', '--json']));
  }
  expect([stateOf(stage.bucket), stateOf(stage.replica)]).toEqual(before);
});

test('the destination finds its source, and comes after it', async () => {
  const { members } = answer(await plan('set', '--bucket', REPLICA, '--with-replicas'));
  expect(members).toMatchObject([
    { bucket: 'data', replicaOf: [] },
    { bucket: REPLICA, replicaOf: ['data'] },
  ]);
});

test('a member that was changed after the review does not run, nor does any other', async () => {
  const planned = await plan('set', '--replica', `data=${REPLICA}`);
  answer(planned);
  const other = await plan('other', '--bucket', REPLICA);
  answer(other);
  const args = ['start-jobs', '--record', planned.out, '--yes', '--json', '--quiet'];
  const before = stateOf(stage.bucket);
  const path = join(planned.out, '2-data-replica', 'manifests', 'scenario2.csv');
  const manifest = await readFile(path, 'utf8');
  await writeFile(path, manifest.replace('shown', 'other'));
  const edited = await command(args);
  expect([edited.status, JSON.parse(edited.stdout).error.code]).toEqual([2, 'RECORD_CHANGED']);
  await writeFile(path, manifest);
  // A whole plan in its place, which is sound by itself.
  const own = join(planned.out, '2-data-replica', 'plan.json');
  const text = await readFile(own, 'utf8');
  await writeFile(own, (await readFile(join(other.out, 'plan.json'), 'utf8')).toString());
  const swapped = await command(args);
  expect([swapped.status, JSON.parse(swapped.stdout).error.code]).toEqual([2, 'RECORD_CHANGED']);
  await writeFile(own, text);
  // Another order.
  const set = setSchema.parse(JSON.parse(await readFile(join(planned.out, 'set.json'), 'utf8')));
  await writeFile(
    join(planned.out, 'set.json'),
    JSON.stringify({ ...set, members: set.members.toReversed() }),
  );
  const turned = await command(args);
  expect([turned.status, JSON.parse(turned.stdout).error.code]).toEqual([2, 'RECORD_CHANGED']);
  expect(stateOf(stage.bucket)).toEqual(before);
});

test('killed in the middle, the same command goes on and repeats nothing', async () => {
  const planned = await plan('set', '--bucket', 'data', '--with-replicas');
  answer(planned);
  const args = ['start-jobs', '--record', planned.out, '--yes', '--json', '--quiet'];
  for (const count of [1, 2, 3]) {
    const { child, result } = startCommand(stage.sandbox, args);
    let seen = 0;
    const off = stage.sandbox.on('before', async (name) => {
      if (name !== 'DeleteObjects' && name !== 'CopyObject') return;
      seen += 1;
      if (seen !== count) return;
      child.kill('SIGKILL');
      await result;
    });
    await result;
    off();
  }
  const last = answer(await command(args));
  expect(last).toMatchObject({ outcomes: { done: 4, drifted: 0 }, notStarted: [] });
  expect(contents(stage.bucket)).toEqual(AT_P);
  expect(contents(stage.replica)).toEqual(AT_P);
});

test('a member with denied rows keeps the next from starting', async () => {
  const planned = await plan('set', '--bucket', 'data', '--with-replicas');
  answer(planned);
  const args = ['start-jobs', '--record', planned.out, '--yes', '--json', '--quiet'];
  stage.sandbox.faults.add({
    operation: 'CopyObject',
    effect: { error: { code: 'AccessDenied', status: 403 } },
  });
  const run = await command(args);
  expect(run.status).toBe(3);
  expect(JSON.parse(run.stdout)).toMatchObject({ outcomes: { denied: 1 }, notStarted: [REPLICA] });
});
