import process from 'node:process';
import { Command, CommanderError, Help, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { RunbookError } from '../errors.ts';
import { COPY_CHOICES, MARKER_CHOICES, MODE_SCENARIOS, MODES, UNCERTAIN_CLASSES } from '../s3/rollback.ts';
import { STORAGE_CLASS_CHOICES } from '../s3/storage-class.ts';
import { addBootstrapCommand } from './bootstrap-command.ts';
import { ENGINES } from './choose-engine.ts';
import { addCleanupCommand } from './cleanup.ts';
import { addDeployCommand } from './deploy.ts';
import { addDoctorCommand } from './doctor.ts';
import { addDrillCommand } from './drill-command.ts';
import { addDestinationOptions, addEndpointOptions } from './endpoint-options.ts';
import { addExtendRetentionCommand } from './extend-retention-command.ts';
import { addFreezeCommands } from './freeze-command.ts';
import { addInventoryCommand } from './inventory-command.ts';
import type { PlanSetOptions } from './plan-set.ts';
import { addPrepareRetentionCommand } from './prepare-retention-command.ts';
import { addRestoreArchivedCommand } from './restore-archived.ts';
import { addRetentionReportCommand } from './retention-report-command.ts';
import { addStartJobsCommand } from './start-jobs.ts';
import { reportFailure } from './terminal.ts';
import { rememberCommand } from './told-commands.ts';
import { addUndoCommand } from './undo.ts';
import { addVerifyCommand } from './verify.ts';

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

  Two buckets under one review; or a bucket and its replica, in the right order:
    npm run --silent s3-rewind -- plan --bucket my-bucket --bucket my-tables --timestamp 2025-08-30T02:00:00Z \\
      --inventory my-bucket=versions.csv --inventory my-tables=tables.csv --out my-set
    npm run --silent s3-rewind -- plan --replica my-bucket=my-replica --timestamp 2025-08-30T02:00:00Z \\
      --inventory my-bucket=versions.csv --inventory my-replica=replica.csv --out my-set

Exit status: 0 a plan was written; 2 the input was refused; 1 it failed. Nothing is written unless it is 0.
`;

const CONNECTION_OPTIONS = [
  ...['endpoint-url', 'region', 'force-path-style', 'requester-pays'],
  ...['destination-endpoint-url', 'destination-region', 'destination-profile'],
];

/** Any of these makes a set of plans, also of one bucket. */
const SET_OPTIONS = ['buckets', 'replica', 'withReplicas', 'bucketRegion'] as const;

/**
 * The options of a command in the order of its help: first what it is about, then where the store is, then what it
 * prints. An option is declared where its code is, so its place there says nothing.
 */
function orderedOptions(command: Command): Option[] {
  const all = new Help().visibleOptions(command);
  const rank = ({ long }: Option) => {
    const name = long?.slice(2) ?? '';
    if (CONNECTION_OPTIONS.includes(name)) return 1;
    return ['json', 'quiet', 'help'].includes(name) ? 2 : 0;
  };
  return all.toSorted((one, other) => rank(one) - rank(other));
}

/** Builds the command line; commands throw, the caller reports. */
export function buildProgram(): Command {
  const program = new Command('s3-rewind')
    .description('Roll a dataset in Amazon S3 back to a point in time through S3 Versioning.')
    .version(packageJson.version, '--version', 'print the version')
    .helpCommand('help [command]', 'show the options and examples of a command')
    .showHelpAfterError(false)
    .configureHelp({ visibleOptions: orderedOptions })
    .configureOutput({ writeErr: () => {} })
    .exitOverride();
  addBootstrapCommand(program);
  addDoctorCommand(program);
  addInventoryCommand(program);
  addPlanCommand(program);
  addStartJobsCommand(program);
  addDeployCommand(program);
  addRestoreArchivedCommand(program);
  addVerifyCommand(program);
  addUndoCommand(program);
  addCleanupCommand(program);
  addExtendRetentionCommand(program);
  addPrepareRetentionCommand(program);
  addRetentionReportCommand(program);
  addFreezeCommands(program);
  addDrillCommand(program, main);
  return program;
}

function addPlanCommand(program: Command): void {
  addDestinationOptions(addEndpointOptions(program.command('plan')))
    .usage('[--inventory …|--list] --bucket … --timestamp … --out …')
    .summary('make a plan from an inventory and a point in time; changes nothing')
    .description(
      'Reads a list of object versions and works out what brings the bucket back to a point in time. Writes the plan folder: plan.json, manifests/, review/, comment.md, template.yaml and sql/. Changes nothing in any bucket.',
    )
    .option(
      '--bucket <name...>',
      'the bucket that the inventory describes; given several times: a set of plans',
    )
    .option('--timestamp <time>', 'the point in time, inclusive: RFC 3339, UTC where no offset is given')
    .option('--out <folder>', 'the plan folder to make; must not exist, or be empty')
    .option(
      '--inventory <path...>',
      'CSV files (plain or .gz), Parquet files, a folder of them, or the manifest.json of an S3 Inventory report; local or s3://bucket/key. s3-inventory: the newest report that serves; auto: the best of what there is (default)',
    )
    .option('--list', 'list the bucket now instead, and check its configuration; kept as inventory.parquet')
    .option('--no-use-metadata', 'with auto: leave S3 Metadata tables out')
    .addOption(
      new Option('--engine <name>', 'what reads the inventory: this machine (duckdb), or AWS (athena)')
        .choices(ENGINES)
        .default('auto'),
    )
    .option(
      '--record-bucket <name>',
      'the bucket that takes the record too, for deploy; with athena, tables and manifests as well',
    )
    .option(
      '--no-publish',
      'with --record-bucket: leave a plan of this machine in its folder, unless it is a set; deploy or the action puts it there',
    )
    .option('--work-group <name>', 'athena: the workgroup to run queries in (default: s3-rewind-plan)')
    .option('--concurrency <n>', 'with --list: most requests at a time (default: 32)')
    .option('--resume', 'with --list: go on with the listing that an interrupted run left')
    .option('--buckets <file>', 'a set of plans for the buckets of this file, one a line')
    .option('--replica <pair...>', 'a set: SOURCE=DESTINATION, a pair of S3 Replication; both are planned')
    .option('--with-replicas', 'a set: with what the buckets replicate to, or where they are replicated from')
    .option(
      '--bucket-region <pair...>',
      'a set: BUCKET=REGION, for a bucket in another Region than the command',
    )
    .option('--prefix <text...>', 'only keys that start with this text, taken literally; several allowed')
    .addOption(new Option('--mode <mode>', 'what to do').choices(MODES).default('bucket-rollback'))
    .option(
      '--scenarios <list>',
      `only these scenarios, for example 2,3b (${MODE_SCENARIOS['bucket-rollback'].join(', ')}; 4; 5a, 5b)`,
    )
    .option('--destination-bucket <name>', 'for copy-to-bucket: the bucket that receives the copies')
    .option(
      '--overwrite',
      'for copy-to-bucket: copy over objects that the destination has; they become noncurrent, and undo brings them back',
    )
    .option(
      '--storage-class <class>',
      `class of the copies: ${STORAGE_CLASS_CHOICES.join(', ')}`,
      'as-source',
    )
    .addOption(
      new Option(
        '--copy-with <who>',
        "who copies 3b and 5b: our code, which guards each copy, or a job of S3's own on AWS, which cannot",
      )
        .choices(COPY_CHOICES)
        .default('guarded'),
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
    .action(async (options: PlanSetOptions, command: Command) => {
      // Left out, the inventory is found; an empty one is a shell variable that was not set.
      assertGiven(command, [
        ...(options.inventory === undefined ? [] : ['inventory']),
        ...(options.buckets === undefined && options.replica === undefined ? ['bucket'] : []),
        'timestamp',
        'out',
      ]);
      const { bucket: [bucket = '', ...others] = [], ...one } = options;
      const isSet = others.length > 0 || SET_OPTIONS.some((name) => options[name] !== undefined);
      if (isSet) {
        const { runPlanSet } = await import('./plan-set.ts');
        return await runPlanSet(options);
      }
      const { runPlan } = await import('./plan.ts');
      await runPlan({ ...one, bucket });
    });
}

/**
 * Refuses a command that lacks options it cannot do without, all of them at once. Commander's own check comes before
 * the one for unknown options, and would call `--inventroy` a missing `--inventory`.
 */
function assertGiven(command: Command, names: readonly string[]): void {
  const missing = names.filter((name) => {
    const value: unknown = command.getOptionValue(name);
    // An empty value is a shell variable that was not set.
    return value === undefined || value === '' || (Array.isArray(value) && value.includes(''));
  });
  if (missing.length === 0) return;
  const flags = missing.map((name) => `--${name}`).join(', ');
  throw new RunbookError('INVALID_OPTION', `${command.name()} needs a value for ${flags}.`, {
    hint: `add it; examples: ${helpOf(command.name())}`,
  });
}

/** Runs a command line. @returns the exit status */
export async function main(args: readonly string[]): Promise<number> {
  const json = args.includes('--json');
  const program = buildProgram();
  return await rememberCommand(program, () => runProgram(program, args, json));
}

async function runProgram(program: Command, args: readonly string[], json: boolean): Promise<number> {
  try {
    if (args.length === 0) program.outputHelp();
    else await program.parseAsync(args, { from: 'user' });
    // A command that ended in order may still have left rows undone, and says so there.
    const status = Number(process.exitCode ?? 0);
    process.exitCode = undefined;
    return status;
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportFailure(error, json);
    if (error.exitCode === 0) return 0;
    return reportFailure(usageRefusal(error, program, args), json);
  }
}

/** What Commander found wrong, with its suggestion as the next step. */
function usageRefusal(error: CommanderError, program: Command, args: readonly string[]): RunbookError {
  const words = args.filter((argument) => !argument.startsWith('-'));
  const command = program.commands.find((candidate) => candidate.name() === words[0])?.name() ?? '';
  // `help` answers an unknown command with an error that has no text of its own.
  const text =
    error.code === 'commander.help' ? `unknown command '${words.at(-1) ?? ''}'` : error.message.trim();
  const suggestion = /\s*\((Did you mean .*\?)\)$/.exec(text);
  const fact = text
    .slice(0, suggestion?.index)
    .replace(/^error: /, '')
    .replace(/\.?$/, '.');
  return new RunbookError('INVALID_OPTION', `${fact.slice(0, 1).toUpperCase()}${fact.slice(1)}`, {
    hint: `${suggestion === null ? '' : `${suggestion[1]} All of them: `}${helpOf(command)}`,
  });
}

function helpOf(command: string): string {
  return `npm run --silent s3-rewind -- ${command === '' ? '' : `${command} `}--help`;
}
