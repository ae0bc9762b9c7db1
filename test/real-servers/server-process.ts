import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Servers that are started from a program; the sandbox needs none. */
export const PROGRAMS = ['minio', 'ministack'] as const;
export type Program = (typeof PROGRAMS)[number];

export type ServerProcess = {
  endpoint: string;
  /** for the environment of whoever talks to the server */
  credentials: { AWS_ACCESS_KEY_ID: string; AWS_SECRET_ACCESS_KEY: string };
  /** Ends the process and removes what it has stored. */
  stop(): Promise<void>;
};

const LOOPBACK = '127.0.0.1';
const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));
const READY_WITHIN_MS = 60_000;
const POLL_MS = 100;
const KEPT_OUTPUT_CHARACTERS = 4000;
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'real-server', AWS_SECRET_ACCESS_KEY: 'real-server-secret' };

const STARTS: Record<Program, (port: number, folder: string) => { args: string[]; env: NodeJS.ProcessEnv }> =
  {
    minio: (port, folder) => ({
      args: ['server', '--address', `${LOOPBACK}:${port}`, '--quiet', folder],
      env: {
        MINIO_ROOT_USER: CREDENTIALS.AWS_ACCESS_KEY_ID,
        MINIO_ROOT_PASSWORD: CREDENTIALS.AWS_SECRET_ACCESS_KEY,
        MINIO_BROWSER: 'off',
        MINIO_UPDATE: 'off',
      },
    }),
    // It listens on every address unless told otherwise. Functions run on the first `node` of the path, with this
    // project's SDK in place of the runtime's.
    ministack: (port, folder) => ({
      args: [],
      env: {
        ...{ BIND_HOST: LOOPBACK, GATEWAY_PORT: String(port), STATE_DIR: folder, NODE_PATH: MODULES },
        PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`,
      },
    }),
  };

/**
 * Starts a server on a free port of 127.0.0.1, with a folder of its own, and waits until it answers.
 * @param path the program
 * @throws Error with the program's last words, when it ends or does not answer within a minute
 */
export async function startServer(program: Program, path: string): Promise<ServerProcess> {
  const folder = await mkdtemp(join(tmpdir(), `s3-rewind-${program}-`));
  const port = await freePort();
  const { args, env } = STARTS[program](port, folder);
  const child = spawn(path, args, {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', HOME: folder, TMPDIR: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output = (output + chunk).slice(-KEPT_OUTPUT_CHARACTERS);
    });
  }
  let failure: Error | null = null;
  child.on('error', (error) => {
    failure = error;
  });
  const hasEnded = () => failure !== null || child.exitCode !== null || child.signalCode !== null;
  const stop = async () => {
    if (!hasEnded()) {
      const ended = once(child, 'exit');
      // MiniStack does not end for less, and nothing that either has stored is kept.
      child.kill('SIGKILL');
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  };
  const endpoint = `http://${LOOPBACK}:${port}`;
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await answers(endpoint))) {
    if (hasEnded() || Date.now() > deadline) {
      await stop();
      throw new Error(`${path} ${hasEnded() ? 'ended' : 'does not answer'}: ${failure ?? output}`);
    }
    await sleep(POLL_MS);
  }
  return { endpoint, credentials: CREDENTIALS, stop };
}

/** Any answer but a failure of the server: a request without a signature is refused by one that is ready. */
async function answers(endpoint: string): Promise<boolean> {
  try {
    return (await fetch(endpoint, { signal: AbortSignal.timeout(1000) })).status < 500;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}
