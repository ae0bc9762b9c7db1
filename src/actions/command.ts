import { main } from '../cli/program.ts';
import { hearCommand } from '../cli/terminal.ts';
import { ERROR_KINDS, type ErrorCode, RunbookError } from '../errors.ts';
import type { Progress } from '../progress.ts';

export type CommandEnd = { status: number; answer: Record<string, unknown> };

/**
 * Runs a command of the command line in this process, with `--json`, and catches what it answers.
 * @returns its exit status: 0, 3, 4 of `restore-archived`, or 1 from a doctor that found problems
 * @throws RunbookError what the command refused or failed with
 */
export async function runCommand(
  args: readonly string[],
  progress: Progress = () => {},
): Promise<CommandEnd> {
  let answer: object = {};
  const listener = {
    answer: (value: object) => {
      answer = value;
    },
    progress,
  };
  const status = await hearCommand(listener, () => main([...args, '--json']));
  if ('error' in answer) throw toError(answer.error);
  return { status, answer: { ...answer } };
}

function toError(error: unknown): RunbookError {
  const { code, message, hint } = error as { code: string; message: string; hint: string };
  return new RunbookError(code in ERROR_KINDS ? (code as ErrorCode) : 'INTERNAL_ERROR', message, { hint });
}
