import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { expect, test } from 'vitest';

/** Runs the command; `onOutput` is called with all output so far. */
async function run(
  args: string[],
  onOutput: (output: string, interrupt: () => void) => void = () => {},
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['sandbox/main.ts', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
    onOutput(stdout, () => child.kill('SIGTERM'));
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [status] = await once(child, 'close');
  return { status, stdout, stderr };
}

test('the command serves until it is interrupted, and ends cleanly', async () => {
  let answer: Promise<Response> | undefined;
  const { status, stdout } = await run(['--port', '0', '--bucket', 'demo'], (output, interrupt) => {
    const [, endpoint] = /at (http:\S+)\n/.exec(output) ?? [];
    if (endpoint === undefined || answer !== undefined) return;
    answer = fetch(`${endpoint}/demo?versioning`, { headers: { authorization: 'Credential=any/' } });
    void answer.finally(interrupt);
  });
  expect(stdout).toMatch(/^S3 sandbox at http:\/\/127\.0\.0\.1:\d+\n$/);
  expect((await answer)?.status).toBe(200);
  expect(status).toBe(0);
});

test('it explains itself', async () => {
  const { status, stdout } = await run(['--help']);
  expect([status, stdout.startsWith('usage: node sandbox/main.ts')]).toEqual([0, true]);
});

test.each([
  [['--port', 'x'], "--port 'x' is not a whole number"],
  [['--nonsense'], "Unknown option '--nonsense'"],
])('it refuses %j', async (args, message) => {
  const { status, stderr } = await run(args);
  expect(status).toBe(2);
  expect(stderr).toContain(message);
});
