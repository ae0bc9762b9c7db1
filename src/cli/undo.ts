import type { Command } from 'commander';

export type UndoOptions = { record: string; out: string; json?: boolean };

const EXAMPLES = `
Examples:
  Plan the way back from a run, read it, run it:
    npm run --silent s3-rewind -- undo --record my-plan --out my-undo
    npm run --silent s3-rewind -- start-jobs --record my-undo --yes

Exit status: 0 a plan was written; 2 the record was refused; 1 it failed. Nothing is written unless it is 0.
`;

export function addUndoCommand(program: Command): void {
  program
    .command('undo')
    .summary('make the plan that takes a run back; changes nothing')
    .description(
      'Works out from a record alone what takes its run back, and writes it as a plan like any other: reviewed, run,\nverified and undoable in turn. Keys that were written since the run are left alone when it runs.',
    )
    .requiredOption('--record <folder>', 'the plan folder of the run')
    .requiredOption('--out <folder>', 'the plan folder to make; must not exist, or be empty')
    .option('--json', 'print one JSON object instead of the summary')
    .addHelpText('after', EXAMPLES)
    .action(async (options: UndoOptions) => {
      const { runUndo } = await import('./run-undo.ts');
      await runUndo(options);
    });
}
