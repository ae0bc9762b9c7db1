import { spawn } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { main } from '../../src/cli/program.ts';
import { borrowProcess, type ProcessEnd } from './borrowed-process.ts';

/** What a command left behind: its exit status and all that it wrote. */
export type CommandResult = ProcessEnd;

/** The folder of the package, from which the documented commands run. */
export const PACKAGE_FOLDER = fileURLToPath(new URL('../../', import.meta.url));

/** Runs a command line in this process. */
export async function runCommand(...args: string[]): Promise<CommandResult> {
  return await borrowProcess({}, () => main(args));
}

/** Runs a command line as the `s3-rewind` script does, in a process of its own. */
export function runScript(
  args: readonly string[],
  options: { nodeArgs?: string[] } = {},
): Promise<CommandResult> {
  const script = [`${PACKAGE_FOLDER}tools/on-node-24.mjs`, `${PACKAGE_FOLDER}src/cli.ts`];
  const child = spawn(process.execPath, [...(options.nodeArgs ?? []), ...script, ...args], {
    cwd: PACKAGE_FOLDER,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    // A process that a signal ended has no status.
    child.on('close', (status) => resolve({ status: status ?? -1, stdout, stderr }));
  });
}
