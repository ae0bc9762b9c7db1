import type { EndpointOptions } from '../cli/endpoint-options.ts';
import { RunbookError } from '../errors.ts';
import type { RunOutcome } from '../execute/run-files.ts';

export type Executor = RunOutcome['executor'];

/**
 * Who is to carry out a plan, from the inputs of the action that makes it. `auto` takes S3 Batch Operations wherever it
 * can: there AWS itself holds the approval, and a lost runner loses nothing.
 * @throws RunbookError INVALID_OPTION
 */
export function chooseExecutor(
  asked: string | null,
  recordBucket: string | null,
  { endpointUrl }: EndpointOptions,
): Executor {
  const isPossible = recordBucket !== null && endpointUrl === undefined;
  if (asked === 'auto') return isPossible ? 'batch' : 'direct';
  if (asked !== 'batch') return 'direct';
  if (isPossible) return 'batch';
  throw new RunbookError(
    'INVALID_OPTION',
    recordBucket === null
      ? 'The input "executor" is \'batch\', and there is no "record-bucket".'
      : 'The input "executor" is \'batch\', and "endpoint-url" names another store than Amazon S3.',
    {
      hint: 'S3 Batch Operations works from a record bucket on Amazon S3: name the one of the bootstrap stack, or give executor: direct',
    },
  );
}

/**
 * Refuses before anything is planned what start-jobs would refuse after the approval: the runner makes no copies of a job.
 * @throws RunbookError COPY_WITH_NOT_POSSIBLE
 */
export function assertCopiesPossible(executor: Executor, commandArguments: readonly string[]): void {
  if (executor === 'batch' || !commandArguments.includes('--copy-with=s3-batch-copy')) return;
  throw new RunbookError(
    'COPY_WITH_NOT_POSSIBLE',
    'The input "copy-with" asks for a job of S3 Batch Operations, and the runner is to carry this plan out.',
    { hint: 'give executor: batch, with a record-bucket on Amazon S3; or copy-with: guarded' },
  );
}
