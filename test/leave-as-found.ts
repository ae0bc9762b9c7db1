import process from 'node:process';
import { afterAll, vi } from 'vitest';

/**
 * Test files share a process (vitest.config.ts), so each of them leaves it as it was: the environment, the folder, the
 * clock, the exit status. What it still listens for would be heard by the next file, so that is an error.
 */
const LISTENED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'uncaughtException', 'unhandledRejection'] as const;
const countListeners = () => LISTENED.map((event) => `${event}: ${process.listenerCount(event)}`);

const environment = { ...process.env };
const folder = process.cwd();
const { exitCode } = process;
const listeners = countListeners().join();

// The first that is registered is the last to run.
afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
  process.chdir(folder);
  process.exitCode = exitCode;
  const left = countListeners().join();
  if (left !== listeners) throw new Error(`listeners are left: ${left}, before: ${listeners}`);
});
