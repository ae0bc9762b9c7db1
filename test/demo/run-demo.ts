import { spawn } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { surroundings } from '../execute/command.ts';

const DEMO = fileURLToPath(new URL('../../demo/main.ts', import.meta.url));

export type DemoResult = { status: number | null; stdout: string; stderr: string; processGroup: number };

/**
 * Runs the demo as the npm script does, without a terminal, in a process group of its own.
 * @param folder where out/demo is made
 * @param onOutput is told all of stdout so far
 */
export function runDemo(
  folder: string,
  args: readonly string[],
  onOutput: (stdout: string, processGroup: number) => void = () => {},
  environment: Record<string, string> = {},
): Promise<DemoResult> {
  const child = spawn(process.execPath, [DEMO, ...args], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...surroundings(), ...environment },
  });
  const processGroup = child.pid ?? 0;
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    onOutput(stdout, processGroup);
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr, processGroup }));
  });
}

/** Whether a process of the group is still there. */
export function isAnyoneLeft(processGroup: number): boolean {
  try {
    process.kill(-processGroup, 0);
    return true;
  } catch {
    return false;
  }
}
