import type { Command } from 'commander';
import { addDestinationOptions, addEndpointOptions } from './endpoint-options.ts';
import type { DestinationOptions } from './open-calls.ts';

export type StartJobsOptions = DestinationOptions & {
  record: string;
  yes?: boolean;
  unattended?: boolean;
  approval?: string;
  pollSeconds?: string;
  concurrency?: string;
  printPolicies?: string;
  json?: boolean;
  quiet?: boolean;
};

const EXAMPLES = `
Examples:
  Run a plan from this machine:
    npm run --silent s3-rewind -- start-jobs --record my-plan --yes

  On a store other than Amazon S3:
    npm run --silent s3-rewind -- start-jobs --record my-plan --yes \\
      --endpoint-url http://127.0.0.1:9000 --region us-east-1 --force-path-style

  Start the jobs of a plan that was deployed to AWS:
    npm run --silent s3-rewind -- start-jobs --record s3://my-records/rb-my-bucket-20250830t020000z-1a2b3c4d/ \\
      --approval approval.json

A plan runs once. Stopped at any moment, the same command goes on where it stopped and repeats nothing; rows that
ended denied or failed are tried again.

Exit status: 0 every planned row ended done or already; 3 some rows were left as they are, with the counts;
2 the record or the bucket was refused, nothing was changed; 1 it failed.
`;

export function addStartJobsCommand(program: Command): void {
  const command = program
    .command('start-jobs')
    .summary('run a plan: this changes the bucket')
    .description(
      'Runs the plan of a record: adds and removes delete markers and copies versions, each behind its guard. Never deletes an object version. Leaves one outcome for every planned row in the record.',
    )
    .requiredOption('--record <folder>', 'the plan folder, or s3://BUCKET/ROLLBACK-ID/')
    .option('--yes', 'go ahead; without it nothing is changed')
    .option(
      '--unattended',
      'for extend-retention: go ahead only if the plan needs no review; instead of --yes',
    )
    .option(
      '--approval <file>',
      'for a plan that was deployed: the proof, approval.json; none with --yes: test data only',
    )
    .option('--poll-seconds <n>', 'for a plan that was deployed: between two looks at its jobs (default: 10)')
    .option('--concurrency <n>', 'most requests in flight (default: 64)');
  addDestinationOptions(addEndpointOptions(command))
    .option(
      '--print-policies <principal-arn>',
      'print the bucket policies that a copy to another account needs, and end',
    )
    .option('--json', 'print one JSON object instead of the summary')
    .option('--quiet', 'show no progress')
    .addHelpText('after', EXAMPLES)
    .action(async (options: StartJobsOptions) => {
      const { runStartJobs } = await import('./run-start-jobs.ts');
      await runStartJobs(options);
    });
}
