import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What answers the commands: a sandbox, or a server of another make. */
type Store = { readonly endpoint: string };

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

export type CommandResult = { status: number | null; stdout: string; stderr: string };

/**
 * Starts a command line in a process of its own, as a user does.
 * @param store null: the environment alone says where the store is
 */
export function startCommand(
  store: Store | null,
  args: readonly string[],
  environment: Record<string, string> = {},
): { child: ChildProcess; result: Promise<CommandResult> } {
  const isOffline = args[0] === 'undo' || store === null;
  const endpoint = isOffline
    ? []
    : ['--endpoint-url', store.endpoint, '--region', 'us-east-1', '--force-path-style'];

  const [command = '', ...rest] = args;
  // Before the test's own options, which win.
  const child = spawn(process.execPath, [CLI, command, ...endpoint, ...rest], {
    env: {
      PATH: process.env.PATH ?? '',
      AWS_ACCESS_KEY_ID: 'AKIASANDBOX',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      ...environment,
    },
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const result = new Promise<CommandResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
  return { child, result };
}

export function runCommand(
  store: Store | null,
  args: readonly string[],
  environment?: Record<string, string>,
): Promise<CommandResult> {
  return startCommand(store, args, environment).result;
}
