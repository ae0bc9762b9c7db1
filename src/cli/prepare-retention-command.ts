import type { Command } from 'commander';
import { addEndpointOptions, type EndpointOptions } from './endpoint-options.ts';

export type PrepareRetentionOptions = EndpointOptions & {
  bucket: string;
  createInventory?: string;
  scheduleIntervalDays: string;
  addNoncurrentExpiration?: string;
  json?: boolean;
};

const EXAMPLES = `
Examples:
  Have S3 write reports with the Object Lock fields, and remove noncurrent versions 7 days after they were replaced,
  but never before their lock has run out:
    npm run --silent s3-rewind -- prepare-retention --bucket my-bucket --create-inventory s3://my-reports/locks/ \\
      --add-noncurrent-expiration 7

Exit status: 0 the bucket has what was asked for; 2 the input or the bucket was refused; 1 it failed.
`;

export function addPrepareRetentionCommand(program: Command): void {
  addEndpointOptions(program.command('prepare-retention'))
    .summary(
      "add an inventory and a lifecycle rule for extend-retention: this changes the bucket's configuration",
    )
    .description(
      'Adds to the configuration of a bucket what extend-retention works with. What is there is never changed: neither another inventory nor another lifecycle rule.',
    )
    .requiredOption('--bucket <name>', 'the bucket under Object Lock')
    .option(
      '--create-inventory <s3-url>',
      'an inventory of all versions with the Object Lock fields, to s3://BUCKET/PREFIX/',
    )
    .option(
      '--schedule-interval-days <days>',
      'how often extend-retention runs; below 7 the inventory is daily',
      '7',
    )
    .option(
      '--add-noncurrent-expiration <days>',
      'a rule that removes noncurrent versions after so many days',
    )
    .option('--json', 'print one JSON object instead of the summary')
    .addHelpText('after', EXAMPLES)
    .action(async (options: PrepareRetentionOptions) => {
      const { runPrepareRetention } = await import('./prepare-retention.ts');
      await runPrepareRetention(options);
    });
}
