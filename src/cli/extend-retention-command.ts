import { type Command, Option } from 'commander';
import type { RawRetentionOptions } from '../retention/settings.ts';
import { ENGINES } from './choose-engine.ts';
import { addEndpointOptions, type EndpointOptions } from './endpoint-options.ts';

export type ExtendRetentionOptions = RawRetentionOptions &
  EndpointOptions & {
    inventory?: string[];
    list?: boolean;
    concurrency?: string;
    resume?: boolean;
    previous?: string;
    engine?: string;
    recordBucket?: string;
    workGroup?: string;
    reportOnly?: boolean;
    prices?: string;
    out: string;
    json?: boolean;
    quiet?: boolean;
  };

const EXAMPLES = `
Examples:
  Keep all current versions immutable for at least 90 days, in steps of 28 days, from an S3 Inventory report:
    npm run --silent s3-rewind -- extend-retention --bucket my-bucket --minimum-retention-days 90 \\
      --extension-frequency-days 28 --inventory ./report/2025-08-31T01-00Z/manifest.json --out my-extension
    npm run --silent s3-rewind -- start-jobs --record my-extension --yes

  The next week, without a review as long as the settings stay and at most 100,000 versions are due:
    npm run --silent s3-rewind -- extend-retention --config retention.json --previous my-extension \\
      --inventory ./report/2025-09-07T01-00Z/manifest.json --out my-extension-2
    npm run --silent s3-rewind -- start-jobs --record my-extension-2 --unattended

  The same on AWS: the record goes to the record bucket, and S3 Batch Operations extends:
    npm run --silent s3-rewind -- extend-retention --config retention.yaml --previous latest \\
      --record-bucket my-records --inventory s3://my-reports/my-bucket/all/2025-09-07T01-00Z/manifest.json --out my-extension-3
    npm run --silent s3-rewind -- start-jobs --record s3://my-records/rt-my-bucket-20250907t030000z-1a2b3c4d/ --unattended

  A report that is too large for this machine: Athena reads it where it lies, and S3 puts the manifests together:
    npm run --silent s3-rewind -- extend-retention --config retention.yaml --engine athena \\
      --record-bucket my-records --inventory s3://my-reports/my-bucket/all/2025-09-07T01-00Z/manifest.json --out my-extension-4

  Look at a small bucket now, and change nothing ever:
    npm run --silent s3-rewind -- extend-retention --bucket my-bucket --prefix important/ --list \\
      --minimum-retention-days 1 --extension-frequency-days 364 --report-only --out my-report

Exit status: 0 a plan was written; 2 the input was refused; 1 it failed. Nothing is written unless it is 0.
`;

export function addExtendRetentionCommand(program: Command): void {
  addEndpointOptions(program.command('extend-retention'))
    .summary('plan how to keep current versions under Object Lock; changes nothing')
    .description(
      'Finds the current versions whose retention would fall below a minimum before the next run, and plans to extend it. Never shortens a date and never weakens a lock. Writes retention.json, manifests/, comment.md and sql/.',
    )
    .option('--bucket <name>', 'the bucket; it has Object Lock enabled')
    .option('--prefix <text...>', 'only keys that start with this text, taken literally; several allowed')
    .option('--minimum-retention-days <days>', 'how long every current version stays immutable, at least')
    .option('--extension-frequency-days <days>', 'how far beyond the minimum a version is extended')
    .option('--schedule-interval-days <days>', 'how often this runs (default: 7)')
    .option('--mode <mode>', 'of versions without a lock: GOVERNANCE or COMPLIANCE (default)')
    .option('--convert-governance', 'turn GOVERNANCE into COMPLIANCE where a version is extended')
    .option('--skip-legal-hold-only', 'leave versions alone that have a legal hold and no retention')
    .option('--config <file>', 'settings as YAML or JSON, with several rules; instead of the options above')
    .option('--budget-tasks <n>', 'versions that a later run may extend without a review')
    .option('--budget-cost <usd>', 'what a later run may cost without a review')
    .option(
      '--previous <record>',
      'the record of the run before, whose settings were reviewed: folder, s3://…, or latest with --record-bucket',
    )
    .option('--record-bucket <name>', 'put the plan there, for S3 Batch Operations to run')
    .option('--report-only', 'make a plan that cannot be started')
    .option(
      '--inventory <path...>',
      'manifest.json of an S3 Inventory report with the Object Lock fields, or its files; local or s3://bucket/key; or the s3://… folder of all reports, for the newest',
    )
    .option('--list', 'for small buckets: list now, and ask for the lock of every current version')
    .addOption(
      new Option('--engine <name>', 'what reads the report: this machine (duckdb), or AWS (athena)')
        .choices(ENGINES)
        .default('auto'),
    )
    .option('--work-group <name>', 'athena: the workgroup to run queries in (default: s3-rewind-plan)')
    .option('--concurrency <n>', 'with --list: most requests at a time (default: 32)')
    .option('--resume', 'with --list: go on with the listing and the locks that an interrupted run left')
    .option('--prices <file>', 'price table (JSON) that overrides the built-in one, see docs/estimates.md')
    .requiredOption('--out <folder>', 'the folder to make; must not exist, or be empty')
    .option('--json', 'print one JSON object instead of the summary')
    .option('--quiet', 'show no progress')
    .addHelpText('after', EXAMPLES)
    .action(async (options: ExtendRetentionOptions) => {
      const { runExtendRetention } = await import('./extend-retention.ts');
      await runExtendRetention(options);
    });
}
