import type { ServerUnderTest } from '../conformance/server-under-test.ts';
import { runInChild } from '../execute/command.ts';
import { version } from './history.ts';
import { PlayedBucket } from './played-bucket.ts';
import { StoryFailure } from './story.ts';

export type FolderKeyTrial = {
  server: ServerUnderTest;
  /** whether the server keeps versions of keys that end in a slash */
  isKept: boolean;
  /** of the credentials that the commands are given */
  environment: Record<string, string>;
  /** folder of the plan */
  record: string;
};

/**
 * Plans away a key that ends in a slash and came after the point in time. Where the server keeps versions of it, it gets
 * a delete marker; where it does not, the row has to end `refused`; in both cases the object has to be there still.
 * @param timestamp a point in time that has passed
 * @throws StoryFailure
 */
export async function tryFolderKey(trial: FolderKeyTrial, timestamp: string): Promise<string> {
  const { server, isKept, record } = trial;
  const bucket = new PlayedBucket(server, await server.newBucket());
  await bucket.play([{ key: 'folder/', version: version('in the folder') }]);
  const inputs = ['--bucket', bucket.name, '--timestamp', timestamp, '--quiet'];
  await runCommand(trial, ['plan', '--list', ...inputs, '--out', record], 0);
  const start = ['start-jobs', '--record', record, '--yes', '--json', '--quiet'];
  const told = await runCommand(trial, start, isKept ? 0 : 3);
  const { outcomes } = JSON.parse(told) as { outcomes: Record<string, number> };
  const outcome = isKept ? 'done' : 'refused';
  const left = await bucket.versionIds();
  if (outcomes[outcome] !== 1 || left.size !== 1) {
    throw new StoryFailure(`a key that ends in a slash: ${JSON.stringify([outcomes, [...left]])}`);
  }
  return `${outcome}, and its object version is there`;
}

async function runCommand(trial: FolderKeyTrial, args: readonly string[], expected: number): Promise<string> {
  const { status, stdout, stderr } = await runInChild(trial.server, args, trial.environment);
  if (status !== expected) throw new StoryFailure(`${args[0]} ended with status ${status}: ${stderr}`);
  return stdout;
}
