import type { Command } from 'commander';
import { addDestinationOptions, addEndpointOptions } from './endpoint-options.ts';
import type { DestinationOptions } from './open-calls.ts';

export type CleanupOptions = DestinationOptions & {
  record?: string;
  expired?: boolean;
  recordBucket?: string;
  account?: string;
  dryRun?: boolean;
  pollSeconds?: string;
  json?: boolean;
  quiet?: boolean;
};

const EXAMPLES = `
Examples:
  See what one rollback still has on AWS, then remove it:
    npm run --silent s3-rewind -- cleanup --dry-run --record s3://my-records/rb-my-bucket-20250830t020000z-1a2b3c4d/
    npm run --silent s3-rewind -- cleanup --record s3://my-records/rb-my-bucket-20250830t020000z-1a2b3c4d/

  Remove everything that has expired, on a schedule:
    npm run --silent s3-rewind -- cleanup --expired --record-bucket my-records

  Abort the multipart uploads that a run of this machine left unfinished:
    npm run --silent s3-rewind -- cleanup --record my-plan

The record stays, so a run can be verified and undone afterwards. Safe to repeat.

Exit status: 0 it is gone; 2 the record was refused; 1 it failed.
`;

export function addCleanupCommand(program: Command): void {
  const command = program
    .command('cleanup')
    .summary('remove what a rollback has left beside its record')
    .description(
      'Cancels jobs that have not ended, deletes the stack of the rollback with its roles, and empties work/ in the record bucket; drops the Glue databases that lost plans on Athena left there, a day after their last table. For a plan folder: aborts the multipart uploads that its run began and did not finish. The record stays, and of the bucket that was rolled back no object is changed: only a freeze of the record ends.',
    )
    .option('--record <record>', 's3://BUCKET/ROLLBACK-ID/, or the plan folder')
    .option('--expired', 'every rollback of the account and Region whose stack has expired')
    .option('--record-bucket <name>', 'with --expired: the bucket of records')
    .option('--account <id>', 'touch jobs of this AWS account only (default: the one that the record names)')
    .option('--dry-run', 'only tell what would be removed')
    .option('--poll-seconds <n>', 'between two looks at the stack (default: 10)');
  addDestinationOptions(addEndpointOptions(command))
    .option('--json', 'print one JSON object instead of the summary')
    .option('--quiet', 'show no progress')
    .addHelpText('after', EXAMPLES)
    .action(async (options: CleanupOptions) => {
      const { runCleanup } = await import('./run-cleanup.ts');
      await runCleanup(options);
    });
}
