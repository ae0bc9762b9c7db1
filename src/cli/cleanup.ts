import type { Command } from 'commander';
import { addEndpointOptions, type EndpointOptions } from './endpoint-options.ts';

export type CleanupOptions = EndpointOptions & {
  record?: string;
  expired?: boolean;
  recordBucket?: string;
  account: string;
  dryRun?: boolean;
  pollSeconds?: string;
  json?: boolean;
  quiet?: boolean;
};

const EXAMPLES = `
Examples:
  See what one rollback still has on AWS, then remove it:
    npm run --silent s3-rewind -- cleanup --account 111122223333 --dry-run \\
      --record s3://my-records/rb-my-bucket-20250830t020000z-1a2b3c4d/
    npm run --silent s3-rewind -- cleanup --account 111122223333 \\
      --record s3://my-records/rb-my-bucket-20250830t020000z-1a2b3c4d/

  Remove everything that has expired, on a schedule:
    npm run --silent s3-rewind -- cleanup --account 111122223333 --expired --record-bucket my-records

The record stays, so a run can be verified and undone afterwards. Safe to repeat.

Exit status: 0 it is gone; 2 the record was refused; 1 it failed.
`;

export function addCleanupCommand(program: Command): void {
  const command = program
    .command('cleanup')
    .summary('remove the stack, jobs and work files of a rollback from AWS; keeps the record')
    .description(
      'Cancels jobs that have not ended, deletes the stack of the rollback with its roles, and empties work/ in the\nrecord bucket. Changes no bucket that was rolled back, but for ending a freeze that the record holds.',
    )
    .requiredOption('--account <id>', 'the AWS account of the stack, 12 digits')
    .option('--record <url>', 's3://BUCKET/ROLLBACK-ID/')
    .option('--expired', 'every rollback of the account and Region whose stack has expired')
    .option('--record-bucket <name>', 'with --expired: the bucket of records')
    .option('--dry-run', 'only tell what would be removed')
    .option('--poll-seconds <n>', 'between two looks at the stack (default: 10)');
  addEndpointOptions(command)
    .option('--json', 'print one JSON object instead of the summary')
    .option('--quiet', 'show no progress')
    .addHelpText('after', EXAMPLES)
    .action(async (options: CleanupOptions) => {
      const { runCleanup } = await import('./run-cleanup.ts');
      await runCleanup(options);
    });
}
