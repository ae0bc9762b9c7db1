import { type CommandEnd, hearAnswer } from '../cli/hear-answer.ts';
import { main } from '../cli/program.ts';
import type { Progress } from '../progress.ts';

/**
 * Runs a command of the command line in this process, with `--json`, and catches what it answers.
 * @throws RunbookError what the command refused or failed with
 */
export async function runCommand(
  args: readonly string[],
  progress: Progress = () => {},
): Promise<CommandEnd> {
  return await hearAnswer(main, args, progress);
}
