import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import process from 'node:process';

export const ROOT = resolve(import.meta.dirname, '../..');

export type WorkflowRequest = {
  program: string;
  /** Folder of the repository that the workflow is of. */
  repository: string;
  workflow: string;
  event: 'workflow_dispatch' | 'schedule';
  inputs: Record<string, string>;
  runId: number;
  /** Folder for what act and the steps leave. */
  scratch: string;
  /** More arguments of act. */
  args: readonly string[];
  env: Record<string, string>;
  /** Told all that act wrote so far. */
  onLog: (log: string) => void;
};

export type WorkflowEnd = { status: number; log: string };

/** Starts a workflow by act, on this machine itself: no containers. Steps find Node.js 24 first. */
export function runWorkflow(request: WorkflowRequest): Promise<WorkflowEnd> {
  const { program, repository, workflow, event, inputs, runId, scratch, args } = request;
  const home = join(scratch, 'home');
  const env = {
    GITHUB_REPOSITORY: 'acme/data',
    GITHUB_RUN_ID: String(runId),
    STUB_ARTIFACTS: join(scratch, 'artifacts'),
    HOME: home,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    npm_config_cache: process.env.npm_config_cache ?? join(process.env.HOME ?? '', '.npm'),
    // How this machine reaches the registry of npm, which the actions are installed from.
    ...pick(['NODE_EXTRA_CA_CERTS', 'HTTPS_PROXY', 'NO_PROXY', 'npm_config_registry', 'npm_config_cafile']),
    ...request.env,
  };
  const child = spawn(
    program,
    [
      event,
      ...['-W', workflow, '-P', 'ubuntu-24.04=-self-hosted', '--no-cache-server', '--actor', 'alice'],
      ...['--action-cache-path', join(scratch, 'actions'), '-s', 'GITHUB_TOKEN=job'],
      ...Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      ...Object.entries(inputs).flatMap(([name, value]) => ['--input', `${name}=${value}`]),
      ...args,
    ],
    {
      cwd: repository,
      env: {
        PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH ?? ''}`,
        HOME: home,
        XDG_CACHE_HOME: join(scratch, 'cache'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      log += chunk;
      request.onLog(log);
      if (process.env.S3_REWIND_SHOW_ACT === '1') process.stdout.write(chunk);
    });
  }
  return new Promise((finish, fail) => {
    child.on('error', fail);
    child.on('close', (status) => finish({ status: status ?? -1, log }));
  });
}

function pick(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name] ?? '']])),
  );
}
