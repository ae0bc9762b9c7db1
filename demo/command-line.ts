import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { devNull } from 'node:os';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { fold, paint, print } from './screen.ts';

const CLI = fileURLToPath(new URL('../src/cli.ts', import.meta.url));
const PROGRAM = 'npm run --silent s3-rewind --';
const COLUMNS = 80;
/** A terminal sends Ctrl-C to the command too, which then ends in good order; only one that does not is told again. */
const SIGNAL_AFTER_MS = 500;
const KILL_AFTER_MS = 5_000;

/** Runs a command of s3-rewind, with all its arguments. */
export type RunCommand = (...args: string[]) => Promise<void>;

/**
 * The command line as a person uses it: each command is printed, then runs in a process of its own, as the npm script
 * does. What it prints is folded; its progress goes straight to the terminal.
 * @param endpoint where S3 is, for all commands
 * @param signal ends the command that runs
 */
export function openCommandLine(endpoint: string, signal: AbortSignal): RunCommand {
  const env = {
    ...withoutAws(process.env),
    ...sandboxSettings(endpoint),
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  return async (...args) => {
    signal.throwIfAborted();
    print(`\n${paint('yellow', formatCommand(args))}`);
    const child = spawn(process.execPath, [CLI, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const stop = () => stopInTime(child);
    signal.addEventListener('abort', stop);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    try {
      const [status] = await once(child, 'close');
      print(fold(output.trimEnd(), COLUMNS, '  '));
      signal.throwIfAborted();
      if (status !== 0) throw new Error(`${args[0]} ended with exit status ${status}.`);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  };
}

/** The settings that make the commands speak to the sandbox, as a shell would set them; any credentials do. */
export function sandboxSettings(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'demo',
    AWS_SECRET_ACCESS_KEY: 'demo',
  };
}

/** Nothing of the user's own AWS settings may reach a command of the demo. */
function withoutAws(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('AWS_')));
}

function stopInTime(child: ChildProcess): void {
  const timers = [
    setTimeout(() => child.kill('SIGTERM'), SIGNAL_AFTER_MS),
    setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS),
  ];
  child.on('close', () => {
    for (const timer of timers) clearTimeout(timer);
  });
}

/** The command as it is typed, over several lines where it is long; an option stays with its value. */
export function formatCommand(args: readonly string[]): string {
  const words = [`$ ${PROGRAM} ${args[0] ?? ''}`];
  for (const argument of args.slice(1)) {
    if (argument.startsWith('--')) words.push(argument);
    else words.push(`${words.pop()} ${argument}`);
  }
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined) lines.push(word);
    else if (last.length + 1 + word.length <= COLUMNS - 2) lines.splice(-1, 1, `${last} ${word}`);
    else lines.push(`    ${word}`);
  }
  return lines.join(' \\\n');
}
