import { appendFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RetentionPlan } from '../../src/retention/retention-plan-file.ts';
import { runCommand } from '../cli/run-command.ts';
import { startCommand } from '../execute/command.ts';
import { lock, openStage, type Stage } from './stage.ts';

/** `extend-retention --list` that was stopped goes on where it was: neither a page nor a lock is asked for twice. */

const VERSIONS = 500;
/** Locks are noted a hundred at a time. */
const NOTED = 100;
/** With --concurrency 4. */
const UNDER_WAY = 4;

let stage: Stage;
beforeEach(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIASANDBOX');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  stage = await openStage();
  for (let index = 0; index < VERSIONS; index += 1) {
    // One key begins with a byte order mark, which readers of text like to drop.
    const key = `${index === 1 ? '\ufeff' : ''}k+ %,"${index}`;
    stage.bucket.put(key, { attributes: lock(stage, 'COMPLIANCE', index) });
  }
});
afterEach(async () => {
  await stage.end();
  vi.unstubAllEnvs();
});

const RULE = ['--bucket', 'locked', '--minimum-retention-days', '90', '--extension-frequency-days', '28'];
const asked = (out: string, ...options: string[]) => [
  ...['extend-retention', ...RULE, '--list', '--concurrency', '4', '--quiet'],
  ...['--out', join(stage.folder, out), ...options],
];
const run = (out: string, ...options: string[]) =>
  runCommand(
    ...asked(out, ...options),
    ...['--endpoint-url', stage.sandbox.endpoint, '--region', 'us-east-1', '--force-path-style'],
  );
const planOf = async (out: string) =>
  JSON.parse(await readFile(join(stage.folder, out, 'retention.json'), 'utf8')) as RetentionPlan;
const count = (name: string) => stage.sandbox.requests.count(name);

/** Calls once, before so many locks were asked for. */
function atLock(number: number, stop: () => void | Promise<void>): void {
  let seen = 0;
  stage.sandbox.on('before', async (name) => {
    if (name !== 'GetObjectRetention') return;
    seen += 1;
    if (seen === number) await stop();
  });
}

async function expectResumed(out: string, atMost: number): Promise<void> {
  const again = await run(out);
  expect([again.status, again.stderr.split(':')[0]]).toEqual([2, 'LISTING_NOT_RESUMABLE']);
  expect(again.stderr).toMatch(/\nNext: add --resume/);
  const other = await run(out, '--resume', '--prefix', 'k');
  expect(other.stderr).toMatch(/^LISTING_NOT_RESUMABLE: .* not an unfinished listing of this bucket/);

  stage.sandbox.requests.reset();
  expect(await run(out, '--resume')).toMatchObject({ status: 0, stderr: '' });
  expect(count('ListObjectVersions')).toBe(0);
  expect(count('GetObjectRetention')).toBeLessThanOrEqual(atMost);
  expect((await readdir(stage.folder)).filter((name) => !name.startsWith('.'))).toEqual([out]);

  expect(await run('whole')).toMatchObject({ status: 0, stderr: '' });
  const [plan, whole] = [await planOf(out), await planOf('whole')];
  expect(plan.classes).toEqual(whole.classes);
  expect(plan.manifests).toEqual(whole.manifests);
  // The listing keeps the time at which it was begun.
  const { sha256, takenAt } = plan.inventory;
  expect(plan.inventory).toEqual({ ...whole.inventory, sha256, takenAt });
  expect(plan.manifests[0]?.rows).toBe(97);
}

test('killed while it reads locks', async () => {
  const { child, result } = startCommand(stage.sandbox, asked('plan'));
  atLock(350, async () => {
    child.kill('SIGKILL');
    await result;
  });
  expect((await result).status).toBeNull();
  // What a crash of the machine may leave behind the last whole line.
  await appendFile(join(stage.folder, 'plan.listing.partial/locks.csv'), 'k%2B%20,half a li');
  // 350 were begun, so that those before are answered but for the ones under way.
  await expectResumed('plan', VERSIONS - (350 - UNDER_WAY - NOTED));
});

test('stopped while it reads locks: every answer is noted', async () => {
  atLock(350, () => void process.emit('SIGTERM'));
  const stopped = await run('plan');
  expect(stopped.status).toBe(1);
  expect(stopped.stderr).toMatch(/^INTERRUPTED: Reading the locks was interrupted\.\nNext: .*--resume/);
  await expectResumed('plan', VERSIONS - (350 - UNDER_WAY));
});

test('a refusal before anything was listed leaves nothing to resume', async () => {
  stage.sandbox.faults.add({
    operation: 'ListObjectVersions',
    effect: { error: { code: 'AccessDenied', status: 403, message: 'Access Denied' } },
    times: 1,
  });
  expect((await run('plan')).stderr).toMatch(/^ACCESS_DENIED/);
  expect(await readdir(stage.folder)).toEqual([]);
});

test('--resume is for --list alone', async () => {
  const report = ['--inventory', 'report.csv', '--resume'];
  const all = ['extend-retention', ...RULE, ...report, '--out', join(stage.folder, 'plan'), '--quiet'];
  expect((await runCommand(...all)).stderr).toMatch(/^INVALID_OPTION: --resume is for --list alone/);
});
