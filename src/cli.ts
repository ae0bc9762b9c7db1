import process from 'node:process';
import { main } from './cli/program.ts';
import { outliveReaders } from './cli/terminal.ts';

/** The entry of the command line. Everything importable is in src/cli/, so that a test can call it. */
outliveReaders();
process.exitCode = await main(process.argv.slice(2));
