import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CommandResult } from '../execute/command.ts';
import { overwriteArchived } from '../execute/restore-stage.ts';
import { type Account, openAccount } from './account.ts';

/** Archived versions that jobs of S3 Batch Operations left, restored and copied from a machine, in the same record. */

let account: Account;
beforeEach(async () => {
  account = await openAccount();
});
afterEach(async () => {
  expect(account.sandbox.losses).toMatchObject({ permanentDeletions: 0, nullVersionReplacements: 0 });
  await account.end();
});

const answerOf = ({ stdout, stderr }: CommandResult) => {
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Record<string, unknown>;
};

test('what the jobs left as archived is restored and copied; start-jobs and verify know of it', async () => {
  overwriteArchived(account);
  const { folder } = await account.plan();
  const { record } = answerOf(await account.deploy(folder)) as { record: string };
  const left = await account.startJobs(record, '--approval', 'none', '--yes');
  expect(left.status).toBe(3);
  expect(JSON.parse(left.stdout)).toMatchObject({ executor: 'batch', outcomes: { done: 1, archived: 4 } });

  const restore = (...options: string[]) =>
    account.command(
      ...['restore-archived', '--record', record, '--once', '--json', '--quiet', '--copy-with', 'direct'],
      ...options,
    );
  const asked = await restore('--yes');
  expect([asked.status, answerOf(asked)]).toMatchObject([4, { status: 'waiting', requested: 4, waiting: 4 }]);
  account.sandbox.requests.reset();
  const early = await restore();
  expect([early.status, answerOf(early)]).toMatchObject([4, { status: 'waiting', requested: 0 }]);
  expect(account.sandbox.requests.count('HeadObject')).toBe(0);

  account.sandbox.clock.advance(49 * 3_600);
  const copied = await restore();
  expect([copied.status, answerOf(copied)]).toMatchObject([
    0,
    { status: 'copied', outcome: { executor: 'batch', outcomes: { done: 5, archived: 0 } } },
  ]);
  const verified = await account.command('verify', '--record', record, '--json', '--quiet');
  expect(answerOf(verified)).toMatchObject({ agrees: true, live: { compared: 5, differences: 0 } });
  const again = await account.startJobs(record, '--approval', 'none', '--yes');
  expect([again.status, JSON.parse(again.stdout)]).toMatchObject([0, { outcomes: { done: 5, archived: 0 } }]);
});
