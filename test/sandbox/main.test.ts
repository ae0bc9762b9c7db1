import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { expect, test } from 'vitest';
import { parseFault } from '../../sandbox/fault-text.ts';

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

test('the command serves until it is interrupted, and tells what it was asked and what was lost', async () => {
  let answers: Promise<number[]> | undefined;
  const options = [
    '--port',
    '0',
    '--bucket',
    'demo',
    '--watch',
    '--fault',
    'slow-down operation=PutObject times=1',
  ];
  const { status, stdout } = await run(options, (output, interrupt) => {
    const [, endpoint] = /at (http:\S+)\n/.exec(output) ?? [];
    if (endpoint === undefined || answers !== undefined) return;
    const ask = async (path: string, method: string) =>
      (await fetch(endpoint + path, { method, headers: { authorization: 'Credential=any/' } })).status;
    answers = (async () => [
      await ask('/demo/a%1b', 'PUT'),
      await ask('/demo/a%1b', 'PUT'),
      await ask('/demo?versioning', 'GET'),
    ])();
    void answers.finally(interrupt);
  });
  expect(await answers).toEqual([503, 200, 200]);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.shift()).toMatch(/^S3 sandbox at http:\/\/127\.0\.0\.1:\d+$/);
  expect(lines).toEqual([
    '503    PutObject              "demo/a\\u001b"  <- slow-down',
    '200    PutObject              "demo/a\\u001b"',
    '200    GetBucketVersioning    "demo"',
    '  demo: 1 keys, 1 version entries, versioning Enabled',
    '3 requests: PutObject 2, GetBucketVersioning 1',
    'object versions gone for good: 0 permanently deleted, 0 null versions replaced, 0 expired',
  ]);
  expect(status).toBe(0);
});

test('it explains itself, with an example of every fault that it can be told', async () => {
  const { status, stdout } = await run(['--help']);
  expect([status, stdout.startsWith('usage: npm run sandbox -- ')]).toEqual([0, true]);
  const examples = [...stdout.matchAll(/--fault '([^']+)'/g)].map(([, text = '']) => text);
  expect(examples.length).toBeGreaterThan(3);
  for (const example of examples) expect(() => parseFault(example)).not.toThrow();
});

test.each([
  [['--port', 'x'], "--port 'x' is not a whole number"],
  [['--nonsense'], "Unknown option '--nonsense'"],
  [['--fault', 'slowdown'], "There is no fault 'slowdown'. There are: slow-down, "],
])('it refuses %j', async (args, message) => {
  const { status, stderr } = await run(args);
  expect(status).toBe(2);
  expect(stderr).toContain(message);
});
