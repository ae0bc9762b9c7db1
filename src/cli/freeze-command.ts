import type { Command } from 'commander';
import { addEndpointOptions, type EndpointOptions } from './endpoint-options.ts';

export type FreezeOptions = EndpointOptions & {
  bucket: string;
  record?: string;
  prefix?: string[];
  except?: string[];
  account?: string;
  until?: string;
  denyServices?: boolean;
  keepLifecycle?: boolean;
  status?: boolean;
  dryRun?: boolean;
  json?: boolean;
  quiet?: boolean;
};

export type ThawOptions = EndpointOptions & {
  record: string;
  bucket?: string;
  dryRun?: boolean;
  json?: boolean;
  quiet?: boolean;
};

const FREEZE_EXAMPLES = `
Examples:
  Freeze a bucket for everybody but the role that will run the rollback from this machine:
    npm run --silent s3-rewind -- freeze --bucket my-bucket --record my-freeze \\
      --except arn:aws:iam::111122223333:role/on-call

  Freeze one prefix for a rollback on AWS, until the evening:
    npm run --silent s3-rewind -- freeze --bucket my-bucket --prefix data/2025/ --account 111122223333 \\
      --record s3://my-records/rb-my-bucket-20250830t020000z-1a2b3c4d/ --until 2025-08-31T18:00:00Z

  See whether a bucket is frozen:
    npm run --silent s3-rewind -- freeze --status --bucket my-bucket

Whoever may write the policy of the bucket can always thaw it. S3 takes up to some minutes until a freeze holds everywhere.

Exit status: 0 it is frozen, or the status was read; 2 refused; 1 it failed; 3 the status shows a freeze that is overdue.
`;

const THAW_EXAMPLES = `
Examples:
  See what would be put back, then do it:
    npm run --silent s3-rewind -- thaw --record my-freeze --dry-run
    npm run --silent s3-rewind -- thaw --record my-freeze

Safe to repeat. What others changed since the freeze stays as they have it, and is named.

Exit status: 0 it is thawed; 2 refused; 1 it failed; 3 it is thawed, and a paused lifecycle rule that was changed stays off.
`;

export function addFreezeCommands(program: Command): void {
  addEndpointOptions(program.command('freeze'))
    .usage('--bucket … --record … --except …')
    .summary('deny writes and deletes in a bucket, but by those who roll it back')
    .description(
      'Adds one statement to the policy of the bucket and disables the lifecycle rules that remove or move versions. Notes in freeze.json of the record what was there, before it changes anything. Reading goes on.',
    )
    .requiredOption('--bucket <name>', 'the bucket to freeze')
    .option('--record <where>', 'a folder, or s3://BUCKET/ID/: of the rollback, or of its own')
    .option('--prefix <text...>', 'only keys that start with this text, taken literally; several allowed')
    .option('--except <arn...>', 'a role or user of IAM that may write; * stands for any characters')
    .option('--account <id>', 'except the roles of rollbacks on AWS in this account, 12 digits')
    .option(
      '--until <time>',
      'when to remind of it, RFC 3339 (default: in 24 hours); nothing thaws by itself',
    )
    .option('--deny-services', 'deny AWS services too that write for themselves: logs, inventory reports')
    .option('--keep-lifecycle', 'leave the lifecycle rules alone')
    .option('--status', 'only tell whether the bucket is frozen')
    .option('--dry-run', 'only tell what would be changed')
    .option('--json', 'print one JSON object instead of the summary')
    .option('--quiet', 'show no progress')
    .addHelpText('after', FREEZE_EXAMPLES)
    .action(async (options: FreezeOptions) => {
      const { runFreeze } = await import('./run-freeze.ts');
      await runFreeze(options);
    });
  addEndpointOptions(program.command('thaw'))
    .summary('end a freeze: put policy and lifecycle rules back')
    .description(
      'Takes the statement of the freeze out of the policy of the bucket, and enables the lifecycle rules that it paused: exactly as they were, or only its own part where others changed them meanwhile.',
    )
    .requiredOption('--record <where>', 'the record that was given to freeze')
    .option('--bucket <name>', 'the bucket that is meant; a record of another one is refused')
    .option('--dry-run', 'only tell what would be changed')
    .option('--json', 'print one JSON object instead of the summary')
    .option('--quiet', 'show no progress')
    .addHelpText('after', THAW_EXAMPLES)
    .action(async (options: ThawOptions) => {
      const { runThaw } = await import('./run-freeze.ts');
      await runThaw(options);
    });
}
