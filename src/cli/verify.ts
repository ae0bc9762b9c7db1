import type { Command } from 'commander';
import { addDestinationOptions, addEndpointOptions } from './endpoint-options.ts';
import type { DestinationOptions } from './open-calls.ts';

export type VerifyCommandOptions = DestinationOptions & {
  record: string;
  inventory?: string[];
  list?: boolean;
  concurrency?: string;
  planInventory?: string[];
  json?: boolean;
  quiet?: boolean;
};

const EXAMPLES = `
Examples:
  Verify a run against its record and the bucket:
    npm run --silent s3-rewind -- verify --record my-plan

  Compare every key in scope as well, with a listing that is taken now, or with an inventory from after the run:
    npm run --silent s3-rewind -- verify --record my-plan --list
    npm run --silent s3-rewind -- verify --record my-plan --inventory fresh.csv

Exit status: 0 all that was compared agrees; 3 something differs; 2 the record or the bucket was refused; 1 it failed.
`;

export function addVerifyCommand(program: Command): void {
  const command = program
    .command('verify')
    .summary('prove that a run did what its plan promised; changes nothing')
    .description(
      'Compares the outcomes with the manifests row for row, and the current entry of every key that was acted on with what the plan promised: the marker on top, the exposed version, the copy with data, headers and tags.',
    )
    .requiredOption('--record <folder>', 'the record of the run: a plan folder, or s3://BUCKET/ROLLBACK-ID/');
  addDestinationOptions(addEndpointOptions(command))
    .option('--list', 'list the bucket now and compare every key in scope too, not only those acted on')
    .option('--concurrency <n>', 'with --list: most requests at a time (default: 32)')
    .option(
      '--inventory <path...>',
      'the same with an inventory that was taken after the run; local or s3://bucket/key',
    )
    .option(
      '--plan-inventory <path...>',
      'with --list or --inventory: where the inventory of the plan is now (default: where it was)',
    )
    .option('--json', 'print one JSON object instead of the summary')
    .option('--quiet', 'show no progress')
    .addHelpText('after', EXAMPLES)
    .action(async (options: VerifyCommandOptions) => {
      const { runVerify } = await import('./run-verify.ts');
      await runVerify(options);
    });
}
