import process from 'node:process';
import { Command, CommanderError, Option } from 'commander';
import { addEndpointOptions } from './cli/endpoint-options.ts';
import { addInventoryCommand } from './cli/inventory-command.ts';
import type { PlanOptions } from './cli/plan.ts';
import { reportFailure } from './cli/terminal.ts';
import { EXIT_BAD_INPUT, RunbookError } from './errors.ts';
import { MARKER_CHOICES, MODE_SCENARIOS, MODES, UNCERTAIN_CLASSES } from './s3/rollback.ts';
import { STORAGE_CLASS_CHOICES } from './s3/storage-class.ts';

/**
 * The command line. Only names and help live here; a command is loaded when it is run, so that help and a refusal
 * come at once.
 */

const PLAN_EXAMPLES = `
Examples:
  Plan the rollback of a whole bucket from a listing of its versions:
    npm run --silent s3-rewind -- plan --inventory versions.csv --bucket my-bucket \\
      --timestamp 2025-08-30T02:00:00Z --out my-plan

  One prefix, from an S3 Inventory report that was synchronised here, with a lifecycle rule of 30 days:
    npm run --silent s3-rewind -- plan --inventory ./report/2025-08-31T01-00Z/manifest.json --bucket my-bucket \\
      --timestamp 2025-08-30T04:00:00+02:00 --prefix data/2025/ --noncurrent-expiration-days 30 --out my-plan

  Recreate the state in another bucket:
    npm run --silent s3-rewind -- plan --inventory versions/*.parquet --bucket my-bucket \\
      --timestamp 2025-08-30T02:00:00Z --mode copy-to-bucket --destination-bucket my-copy --out my-plan

Exit status: 0 a plan was written; 2 the input was refused; 1 it failed. Nothing is written unless it is 0.
`;

/** Builds the command line; commands throw, the caller reports. */
export function buildProgram(): Command {
  const program = new Command('s3-rewind')
    .description('Roll a dataset in Amazon S3 back to a point in time through S3 Versioning.')
    .helpCommand('help [command]', 'show the options and examples of a command')
    .showHelpAfterError(false)
    .configureOutput({ writeErr: () => {} })
    .exitOverride();
  addInventoryCommand(program);
  addPlanCommand(program);
  program.option('--version', 'print the version').action(async (options: { version?: boolean }) => {
    if (!options.version) program.help();
    const { packageVersion } = await import('./cli/plan.ts');
    process.stdout.write(`${await packageVersion()}\n`);
  });
  return program;
}

function addPlanCommand(program: Command): void {
  const command = program.command('plan');
  addEndpointOptions(command)
    .summary('make a plan from an inventory and a point in time; changes nothing')
    .description(
      'Reads a list of object versions and works out what brings the bucket back to a point in time.\nWrites the plan folder: plan.json, manifests/, review/, comment.md, template.yaml and sql/. Changes nothing in any bucket.',
    )
    .option(
      '--inventory <path...>',
      'CSV files (plain or .gz), Parquet files, a folder of them, or the manifest.json of an S3 Inventory report; local or s3://bucket/key',
    )
    .option('--list', 'list the bucket now instead, and check its configuration; kept as inventory.parquet')
    .option('--concurrency <n>', 'with --list: most requests at a time (default: 32)')
    .requiredOption('--bucket <name>', 'the bucket that the inventory describes')
    .requiredOption(
      '--timestamp <time>',
      'the point in time, inclusive: RFC 3339, UTC where no offset is given',
    )
    .requiredOption('--out <folder>', 'the plan folder to make; must not exist, or be empty')
    .option('--prefix <text...>', 'only keys that start with this text, taken literally; several allowed')
    .addOption(new Option('--mode <mode>', 'what to do').choices(MODES).default('bucket-rollback'))
    .option(
      '--scenarios <list>',
      `only these scenarios, for example 2,3b (${MODE_SCENARIOS['bucket-rollback'].join(', ')}; 4; 5a, 5b)`,
    )
    .option('--destination-bucket <name>', 'for copy-to-bucket: the bucket that receives the copies')
    .option(
      '--storage-class <class>',
      `class of the copies: ${STORAGE_CLASS_CHOICES.join(', ')}`,
      'as-source',
    )
    .option('--kms-key-arn <arn>', "KMS key for the copies (default: the bucket's own encryption)")
    .addOption(
      new Option(
        '--markers <how>',
        'undo deletes by removing delete markers, or by copying the version on top',
      )
        .choices(MARKER_CHOICES)
        .default('remove'),
    )
    .option(
      '--multipart-window <duration>',
      'how long a multipart upload may have been in flight at the point in time',
      '24h',
    )
    .option(
      '--noncurrent-expiration-days <days>',
      "NoncurrentDays of the bucket's lifecycle rule, if it has one",
    )
    .option('--inventory-time <time>', 'when the inventory was taken, if it does not say so itself')
    .option('--include-uncertain <list>', `act on these classes too: ${UNCERTAIN_CLASSES.join(', ')}`)
    .option('--prices <file>', 'price table (JSON) that overrides the built-in one, see docs/estimates.md')
    .option('--memory-limit <size>', 'memory for the query engine; more spills to disk', '2GB')
    .option('--threads <n>', 'threads for the query engine (default: every core)')
    .option('--work-dir <folder>', 'where spill files go (default: beside the plan folder)')
    .option('--json', 'print one JSON object instead of the summary')
    .option('--quiet', 'show no progress')
    .addHelpText('after', PLAN_EXAMPLES)
    .action(async (options: PlanOptions) => {
      const { runPlan } = await import('./cli/plan.ts');
      await runPlan(options);
    });
}

/** Runs a command line. @returns the exit status */
export async function main(args: readonly string[]): Promise<number> {
  const json = args.includes('--json');
  try {
    await buildProgram().parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportFailure(error, json);
    if (error.exitCode === 0) return 0;
    const command = args.find((argument) => !argument.startsWith('-')) ?? '';
    const refusal = new RunbookError(
      'INVALID_OPTION',
      error.message.replace(/^error: /, '').replace(/\.?$/, '.'),
      {
        hint: `npm run --silent s3-rewind -- ${command === '' ? '' : `${command} `}--help`,
      },
    );
    reportFailure(refusal, json);
    return EXIT_BAD_INPUT;
  }
}

process.exitCode = await main(process.argv.slice(2));
