import { RunbookError } from '../errors.ts';
import type { SetMember } from '../set/set-file.ts';

/**
 * Works on one member of a set. A refusal names the bucket, and of a bucket in another Region the option of a set.
 */
export async function inMember<Answer>(bucket: string, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    const { code, message } = error;
    const region = /--region (\S+)$/.exec(error.hint)?.[1] ?? 'REGION';
    const hint =
      code === 'WRONG_REGION'
        ? `for this bucket of the set alone: plan with --bucket-region ${bucket}=${region}; for all: ${error.hint}`
        : error.hint;
    throw new RunbookError(code, `${bucket}: ${message}`, { hint, cause: error });
  }
}

/** The options of a command for one member: its own Region, where it has one. */
export function memberOptions<Options extends { region?: string }>(
  options: Options,
  { region }: Pick<SetMember, 'region'>,
): Options {
  return region === null ? options : { ...options, region };
}
