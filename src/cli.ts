import process from 'node:process';
import { main } from './cli/program.ts';
import { outliveReaders, reportEscapes } from './cli/terminal.ts';

/** The entry of the command line. Everything importable is in src/cli/, so that a test can call it. */
const args = process.argv.slice(2);
outliveReaders();
reportEscapes(args.includes('--json'));
process.exitCode = await main(args);
