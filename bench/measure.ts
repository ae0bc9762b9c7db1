import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import packageJson from '../package.json' with { type: 'json' };
import { USAGE_FILE_VARIABLE, type Usage } from './usage-at-exit.ts';

/** One run of a program: wall time until it ended and until it first wrote something, CPU time, peak memory. */
export type Measurement = {
  wallSeconds: number;
  firstOutputSeconds: number | null;
  cpuSeconds: number;
  peakBytes: number;
  exitCode: number;
  stdout: string;
  stderr: string;
};

const PRELOAD = pathToFileURL(join(import.meta.dirname, 'usage-at-exit.ts')).href;
export const REPOSITORY = join(import.meta.dirname, '..');
/** The options of Node.js that the command line is started with, so that what is measured is what a user runs. */
export const COMMAND_NODE_OPTIONS = packageJson.scripts['s3-rewind']
  .split(' ')
  .filter((word) => word.startsWith('--'));

/**
 * Runs a script of this repository on this Node.js as a process of its own and measures it.
 * @param args the script and its arguments, after options of Node.js if any; the script's path is relative to the repository
 * @throws Error when the process was killed by a signal
 */
export async function measureScript(args: readonly string[]): Promise<Measurement> {
  const folder = await mkdtemp(join(tmpdir(), 's3-rewind-bench-'));
  try {
    const usageFile = join(folder, 'usage.json');
    const run = await runNode(['--import', PRELOAD, ...args], { [USAGE_FILE_VARIABLE]: usageFile });
    const text = await readFile(usageFile, 'utf8').catch(() => {
      throw new Error(`${args.join(' ')} ended without a report of its usage:\n${run.stderr}`);
    });
    const usage = JSON.parse(text) as Usage;
    return { ...run, cpuSeconds: usage.userSeconds + usage.systemSeconds, peakBytes: usage.peakBytes };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs a script as measureScript does, but with nothing loaded before it, for times of a start. */
export function timeScript(args: readonly string[]): Promise<TimedRun> {
  return runNode(args, {});
}

/** Takes the run with the median wall time: its figures belong together. */
export function medianRun(runs: readonly Measurement[]): Measurement {
  const sorted = [...runs].sort((a, b) => a.wallSeconds - b.wallSeconds);
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  if (median === undefined) throw new Error('there is no run to take the median of');
  return median;
}

export type TimedRun = Omit<Measurement, 'cpuSeconds' | 'peakBytes'>;

function runNode(args: readonly string[], env: Record<string, string>): Promise<TimedRun> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const secondsSinceStart = () => (performance.now() - start) / 1000;
    const child = spawn(process.execPath, args, {
      cwd: REPOSITORY,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    let firstOutputSeconds: number | null = null;
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        firstOutputSeconds ??= secondsSinceStart();
        output[name] += text;
      });
    }
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === null) reject(new Error(`${args.join(' ')} was ended by ${signal}`));
      else resolve({ ...output, wallSeconds: secondsSinceStart(), firstOutputSeconds, exitCode: code });
    });
  });
}
