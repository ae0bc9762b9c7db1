import { type ChildProcess, spawn } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** What answers the commands: a sandbox, or a server of another make. */
export type Store = { readonly endpoint: string };

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

export type CommandResult = { status: number | null; stdout: string; stderr: string };

/**
 * What child processes of a test run know of it: where programs are, what Node.js has compiled (test/compile-cache.ts),
 * and where temporary files go (test/temporary-folder.ts).
 */
export function surroundings(): Record<string, string> {
  const { PATH, NODE_COMPILE_CACHE, TMPDIR } = process.env;
  const given = Object.entries({ PATH, NODE_COMPILE_CACHE, TMPDIR });
  return Object.fromEntries(given.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** What a user has set who runs commands against a store on loopback. */
export const ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: 'AKIASANDBOX',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
};

/**
 * A command line with the address of a store.
 * @param store null: the environment alone says where the store is
 */
export function addressCommand(store: Store | null, [command = '', ...rest]: readonly string[]): string[] {
  const isOffline = command === 'undo' || store === null;
  const endpoint = isOffline
    ? []
    : ['--endpoint-url', store.endpoint, '--region', 'us-east-1', '--force-path-style'];
  // Before the test's own options, which win.
  return [command, ...endpoint, ...rest];
}

/** Starts a command line in a process of its own, as a user does. */
export function startCommand(
  store: Store | null,
  args: readonly string[],
  environment: Record<string, string> = {},
): { child: ChildProcess; result: Promise<CommandResult> } {
  const child = spawn(process.execPath, [CLI, ...addressCommand(store, args)], {
    env: {
      ...surroundings(),
      ...ENVIRONMENT,
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

/** Runs a command line in a process of its own, and waits for its end. */
export function runInChild(
  store: Store | null,
  args: readonly string[],
  environment?: Record<string, string>,
): Promise<CommandResult> {
  return startCommand(store, args, environment).result;
}
