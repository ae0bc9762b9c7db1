import type { Command } from 'commander';
import { addEndpointOptions } from './endpoint-options.ts';
import type { InventoryOptions } from './inventory.ts';

const EXAMPLES = `
Examples:
  List every version of a bucket:
    npm run --silent s3-rewind -- inventory --bucket my-bucket --out versions.parquet

  Two prefixes of a bucket in an S3-compatible store, as CSV; then go on after an interruption:
    npm run --silent s3-rewind -- inventory --bucket my-bucket --prefix data/ --prefix logs/ --out versions.csv \\
      --endpoint-url http://127.0.0.1:9000 --force-path-style
    npm run --silent s3-rewind -- inventory --bucket my-bucket --prefix data/ --prefix logs/ --out versions.csv \\
      --endpoint-url http://127.0.0.1:9000 --force-path-style --resume

Exit status: 0 the file was written; 2 the input was refused; 1 it failed, and --resume goes on.
`;

export function addInventoryCommand(program: Command): void {
  const command = program
    .command('inventory')
    .summary('list every object version of a bucket to a file; changes nothing')
    .description(
      "Lists all object versions and delete markers of a bucket, in parallel, each once and in S3's own order, to Parquet or CSV. Checks the bucket's configuration on the way. Costs one LIST request for each 1,000 entries. Changes nothing.",
    )
    .requiredOption('--bucket <name>', 'the bucket to list')
    .requiredOption('--out <file>', 'the file to make, .parquet or .csv; must not exist')
    .option('--prefix <text...>', 'only keys that start with this text, taken literally; several allowed')
    .option('--concurrency <n>', 'most requests at a time (default: 32)')
    .option('--resume', 'go on with what an interrupted run left in <file>.partial')
    .option('--json', 'print one JSON object instead of the summary')
    .option('--quiet', 'show no progress');
  addEndpointOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (options: InventoryOptions) => {
      const { runInventory } = await import('./inventory.ts');
      await runInventory(options);
    });
}
