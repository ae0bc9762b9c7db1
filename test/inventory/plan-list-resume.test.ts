import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Bucket } from '../../sandbox/bucket.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { startCommand } from '../execute/command.ts';
import { runCommand } from '../execute/run-command.ts';
import { withFolder } from './listing-store.ts';

const ENTRIES = 40_000;
const P = '2026-01-02T00:00:00Z';

let sandbox: Sandbox;
let bucket: Bucket;
beforeEach(async () => {
  sandbox = await startSandbox();
  bucket = sandbox.createBucket('data', { versioning: 'Enabled' });
  for (let index = 0; index < ENTRIES; index += 1) {
    bucket.put(`k/${String(index).padStart(6, '0')}`, { lastModified: '2026-01-01T00:00:00Z' });
  }
  for (let index = 0; index < ENTRIES; index += 1000) {
    bucket.addDeleteMarker(`k/${String(index).padStart(6, '0')}`, { lastModified: '2026-01-03T00:00:00Z' });
  }
});
afterEach(() => sandbox.stop());

const planArgs = (out: string, ...args: string[]) => [
  ...['plan', '--list', '--bucket', 'data', '--timestamp', P, '--out', out],
  ...['--concurrency', '2', '--quiet', '--json', ...args],
];

/** Lets a plan list some pages, and ends it. */
async function interrupt(args: readonly string[], signal: NodeJS.Signals) {
  sandbox.requests.reset();
  // Slow enough for two notes of how far it got, which are a second apart.
  sandbox.latencyMs = 200;
  const { child, result } = startCommand(sandbox, args);
  while (sandbox.requests.count('ListObjectVersions') < 22 && child.exitCode === null) await sleep(5);
  // On a busy machine the note comes later: what counts is that parts of the listing are on disk.
  const after = (name: string) => args[args.indexOf(name) + 1] ?? '';
  const place = args.includes('--work-dir') ? after('--work-dir') : dirname(after('--out'));
  const state = join(place, 'plan.listing.partial/state.json');
  const notedAt = async () => (await stat(state).catch(() => null))?.mtimeMs ?? 0;
  const seen = Date.now();
  while ((await notedAt()) < seen && child.exitCode === null) await sleep(5);
  child.kill(signal);
  const ended = await result;
  sandbox.latencyMs = 0;
  return ended;
}

test.each([
  ['SIGKILL', null],
  ['SIGINT', 1],
] as const)('a listing that %s ended goes on with --resume', async (signal, status) => {
  await withFolder(async (folder) => {
    const out = join(folder, 'plan');
    const interrupted = await interrupt(planArgs(out), signal);
    expect(interrupted.status).toBe(status);
    if (signal === 'SIGINT') expect(interrupted.stderr).toMatch(/^INTERRUPTED: .*\nNext: .*--resume/);
    expect(await readdir(folder)).toContain('plan.listing.partial');

    const again = await runCommand(sandbox, planArgs(out));
    expect([again.status, again.stderr.split(':')[0]]).toEqual([2, 'LISTING_NOT_RESUMABLE']);
    expect(again.stderr).toMatch(/\nNext: add --resume/);

    sandbox.requests.reset();
    const resumed = await runCommand(sandbox, planArgs(out, '--resume'));
    expect([resumed.status, resumed.stderr]).toEqual([0, '']);
    // A page has 1,000 entries: the pages that were there before are not read again.
    expect(sandbox.requests.count('ListObjectVersions')).toBeLessThan(ENTRIES / 1000);
    expect(JSON.parse(resumed.stdout)).toMatchObject({
      inventory: { location: 'inventory.parquet', entries: ENTRIES + ENTRIES / 1000 },
      classes: expect.arrayContaining([
        expect.objectContaining({ class: 'remove-delete-markers', keys: ENTRIES / 1000 }),
      ]),
    });
    const left = await readdir(folder);
    // What a killed command was writing stays hidden beside the plan.
    expect(left.filter((name) => !name.startsWith('.plan-'))).toEqual(['plan']);
  });
});

test('--work-dir holds the unfinished listing', async () => {
  await withFolder(async (folder) => {
    const args = planArgs(join(folder, 'plan'), '--work-dir', join(folder, 'work'));
    await interrupt(args, 'SIGINT');
    expect(await readdir(folder)).toEqual(['work']);
    expect(await readdir(join(folder, 'work'))).toEqual(['plan.listing.partial']);
    expect((await runCommand(sandbox, [...args, '--resume'])).status).toBe(0);
    expect(await readdir(join(folder, 'work'))).toEqual([]);
  });
});

test('--resume without --list is refused', async () => {
  await withFolder(async (folder) => {
    const args = ['plan', '--inventory', 'versions.csv', '--resume', '--bucket', 'data', '--timestamp', P];
    const { status, stderr } = await runCommand(sandbox, [...args, '--out', join(folder, 'plan')]);
    expect([status, stderr.split(':')[0]]).toEqual([2, 'INVALID_OPTION']);
  });
});
