import process from 'node:process';
import { runCommand } from '../../src/actions/command.ts';
import { exitCodeOf, RunbookError } from '../../src/errors.ts';
import type { CommandResult } from '../execute/command.ts';

const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'AKIASANDBOX',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
};

/** A command of the command line in this process, as the actions run it: starting one of its own takes seconds. */
export async function runHere(endpoint: string, [command = '', ...args]: string[]): Promise<CommandResult> {
  Object.assign(process.env, CREDENTIALS);
  const reach = ['--endpoint-url', endpoint, '--region', 'us-east-1', '--force-path-style'];
  try {
    const { status, answer } = await runCommand([command, ...reach, ...args]);
    return { status, stdout: JSON.stringify(answer), stderr: '' };
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    return {
      status: exitCodeOf(error),
      stdout: '',
      stderr: `${error.code}: ${error.message}\nNext: ${error.hint}`,
    };
  }
}
