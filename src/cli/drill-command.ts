import { type Command, Option } from 'commander';
import { ENGINES } from './choose-engine.ts';
import { addEndpointOptions, type EndpointOptions } from './endpoint-options.ts';

export type DrillOptions = EndpointOptions & {
  bucket?: string;
  prefix?: string[];
  ago: string;
  inventory?: string[];
  list?: boolean;
  engine: string;
  recordBucket?: string;
  workGroup?: string;
  scratch?: boolean;
  scratchBucket?: string;
  objects: string;
  settle: string;
  history?: string;
  json?: boolean;
  quiet?: boolean;
};

const EXAMPLES = `
Examples:
  Roll an incident back in a scratch bucket, and take that back:
    npm run --silent s3-rewind -- drill --scratch --region eu-west-1 --history drills

  Plan the rollback of a bucket in use to 24 hours ago; nothing of it is started:
    npm run --silent s3-rewind -- drill --bucket my-bucket --prefix data/2025/ --record-bucket my-records

  On a store other than Amazon S3:
    npm run --silent s3-rewind -- drill --scratch --scratch-bucket my-drill --settle 0s \\
      --endpoint-url http://127.0.0.1:9000 --force-path-style

The scratch bucket is made by the first drill and used again by the next ones; its own lifecycle rule empties it. A
bucket without the tag of a drill is refused.

Exit status: 0 it passed; 3 it did not, and says at which step; 2 the input was refused; 1 it failed.
`;

/** @param main runs a command line of this program, as the steps of a drill are commands */
export function addDrillCommand(program: Command, main: (args: readonly string[]) => Promise<number>): void {
  addEndpointOptions(program.command('drill'))
    .usage('--scratch … | --bucket … [--prefix …]')
    .summary('try before the bad day that a rollback works, and how long it takes')
    .description(
      'Plans a bucket in use as it was 24 hours ago, and starts nothing of it. Plays an incident in a scratch bucket of its own, rolls it back, verifies, takes that back and verifies. Tells the times, and how they were in earlier drills.',
    )
    .option('--bucket <name>', 'the bucket in use to plan')
    .option('--prefix <text...>', 'only keys that start with this text, taken literally; several allowed')
    .option('--ago <duration>', 'how far back to plan it', '24h')
    .option(
      '--inventory <path...>',
      'the inventory of that plan, as in plan (default: the best of what there is)',
    )
    .option('--list', 'list the bucket for that plan')
    .addOption(
      new Option('--engine <name>', 'what reads the inventory, as in plan').choices(ENGINES).default('auto'),
    )
    .option(
      '--record-bucket <name>',
      'as in plan; keeps the drills too, under drills/, unless --history says otherwise',
    )
    .option('--work-group <name>', 'athena: the workgroup, as in plan')
    .option('--scratch', 'roll back in the scratch bucket of this account and Region too')
    .option('--scratch-bucket <name>', 'another name for it; made if it is not there')
    .option('--objects <n>', 'objects before the incident', '1000')
    .option('--settle <duration>', 'how long a new bucket waits after its versioning was enabled', '15m')
    .option('--history <where>', 'a folder, or s3://BUCKET/NAME/: keeps a file of every drill')
    .option('--json', 'print one JSON object instead of the summary')
    .option('--quiet', 'show no progress')
    .addHelpText('after', EXAMPLES)
    .action(async (options: DrillOptions) => {
      const { runDrill } = await import('./run-drill.ts');
      await runDrill(options, main);
    });
}
