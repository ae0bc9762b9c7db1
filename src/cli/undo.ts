import type { Command } from 'commander';

import { addEndpointOptions, type EndpointOptions } from './endpoint-options.ts';

export type UndoOptions = EndpointOptions & {
  record: string;
  out?: string;
  recordBucket?: string;
  /** false with --no-publish */
  publish?: boolean;
  json?: boolean;
  quiet?: boolean;
};

const EXAMPLES = `
Examples:
  Plan the way back from a run, read it, run it:
    npm run --silent s3-rewind -- undo --record my-plan --out my-undo
    npm run --silent s3-rewind -- start-jobs --record my-undo --yes

  The same where records are kept on S3:
    npm run --silent s3-rewind -- undo --record s3://my-records/rb-my-bucket-20250830t020000z-1a2b3c4d/ \\
      --record-bucket my-records

Exit status: 0 a plan was written; 2 the record was refused; 1 it failed. Nothing is written unless it is 0.
`;

export function addUndoCommand(program: Command): void {
  const command = program
    .command('undo')
    .summary('make the plan that takes a run back; changes nothing')
    .description(
      'Works out from a record alone what takes its run back, and writes it as a plan like any other: reviewed, run, verified and undoable in turn. Keys that were written since the run are left alone when it runs.',
    )
    .requiredOption('--record <folder>', 'the record of the run: a plan folder, or s3://BUCKET/ROLLBACK-ID/')
    .option('--out <folder>', 'the plan folder to make; must not exist, or be empty')
    .option('--record-bucket <name>', 'put the plan into this bucket as well, under its ID')
    .option(
      '--no-publish',
      'with --record-bucket and --out: leave the plan in its folder, unless it is a set',
    );
  addEndpointOptions(command)
    .option('--json', 'print one JSON object instead of the summary')
    .option('--quiet', 'as with the other commands; an undo has no progress to show')
    .addHelpText('after', EXAMPLES)
    .action(async (options: UndoOptions) => {
      const { runUndo } = await import('./run-undo.ts');
      await runUndo(options);
    });
}
