import { expect } from 'vitest';
import type { CommandResult } from '../execute/command.ts';
import { overwriteArchived } from '../execute/restore-stage.ts';
import type { Account } from './account.ts';

/** What a command answered that said nothing on stderr but that nobody approved it. */
export function answerOf({ stdout, stderr }: CommandResult): Record<string, unknown> {
  expect(stderr.replace(/^NOBODY APPROVED THIS.*\n/, '')).toBe('');
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** Deploys a plan over archived versions and lets its jobs do the rest. @returns its record */
export async function leaveArchived(account: Account, ...options: string[]): Promise<string> {
  overwriteArchived(account);
  const { folder } = await account.plan(...options);
  const { record } = answerOf(await account.deploy(folder)) as { record: string };
  const left = await account.startJobs(record, '--approval', 'none', '--yes');
  expect([left.status, JSON.parse(left.stdout)]).toMatchObject([3, { outcomes: { done: 1, archived: 4 } }]);
  return record;
}
