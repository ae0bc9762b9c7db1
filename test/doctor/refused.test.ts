import { afterEach, expect, test, vi } from 'vitest';
import { runCommand } from '../cli/run-command.ts';

const REPOSITORY = 'my-org/my-repo';
const BUCKET = 'my-bucket';

afterEach(() => vi.unstubAllEnvs());

test.each<[args: string[], message: RegExp]>([
  [[], /not told what to look at/],
  [['--bucket', 'B_'], /not a bucket name/],
  [['--bucket', BUCKET, '--horizon-days', '0'], /no number of days/],
  [['--bucket', BUCKET, '--accept', 'EVERYTHING'], /is no check/],
  [['--repository', 'nobody'], /not owner\/name/],
  [['--repository', REPOSITORY, '--workflow', '../x.yml'], /not the name of a workflow file/],
  [['--repository', REPOSITORY, '--environment', ''], /--environment is empty/],
])('%j', async (args, message) => {
  vi.stubEnv('GITHUB_TOKEN', 'any');
  const { status, stderr } = await runCommand('doctor', '--quiet', ...args);
  expect(status).toBe(2);
  expect(stderr).toMatch(message);
});

test('without a token, with the way to have one', async () => {
  vi.stubEnv('GITHUB_TOKEN', '');
  vi.stubEnv('GH_TOKEN', '');
  const { status, stderr } = await runCommand('doctor', '--quiet', '--repository', REPOSITORY);
  expect(status).toBe(2);
  expect(stderr).toMatch(/gh auth token/);
});
