import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { beforeAll, describe, expect, test } from 'vitest';
import { scratchFolder } from '../cli/scratch-folder.ts';
import { type DemoResult, isAnyoneLeft, runDemo } from './run-demo.ts';

const scratch = scratchFolder();

/** Lets two runs of the demo be held against each other: what the clock and the system choose is taken out. */
function withoutChance(text: string): string {
  return text
    .replace(/:\d+$/gm, ':PORT')
    .replace(/(rb-[a-z-]+-\d{8}t\d{6}z)-[0-9a-f]{8}/g, '$1-DIGITS')
    .replace(/sha256:[0-9a-f]{64}/g, 'sha256:DIGEST');
}

describe('npm run demo -- --yes', () => {
  let demo: DemoResult;
  beforeAll(async () => {
    // A pipe or a log has no colours, whatever terminal it was started from.
    demo = await runDemo(scratch, ['--yes'], undefined, { TERM: 'xterm-256color' });
  });

  test('finds all that it claims', () => {
    expect(demo.status, demo.stderr).toBe(0);
    expect(demo.stdout).not.toContain('✗');
    expect([...demo.stdout.matchAll(/^✓ (.*)$/gm)].map(([, text]) => text)).toEqual([
      'a and b read as they did at 11:01, and c is absent',
      'a, b and c read as they did at 11:02',
      'No object version was permanently deleted',
      'The plan accounts for all 20,000 version entries of the bucket',
      'Nothing has changed in the bucket yet',
      'All 15,720 keys read as they did at 14:00, and no others are there',
      'All 14,080 keys read as the deploy left them',
      expect.stringMatching(/^No object version was permanently deleted, in [\d,]+ requests$/),
    ]);
  });

  test('tells part one as it always does', async () => {
    const end = demo.stdout.indexOf('\n━━ Part 2');
    await expect(withoutChance(demo.stdout.slice(0, end))).toMatchFileSnapshot(
      '../golden/demo-three-objects.txt',
    );
  });

  test('prints the commands that it runs', () => {
    const commands = [...demo.stdout.matchAll(/^\$ npm run --silent s3-rewind -- (\S+)/gm)];
    expect(commands.map(([, name]) => name)).toEqual([
      ...['plan', 'start-jobs', 'undo', 'start-jobs'],
      ...['inventory', 'plan', 'start-jobs', 'inventory', 'verify', 'undo', 'start-jobs', 'verify'],
    ]);
  });

  test('fits into 80 columns, and has no colour where there is no terminal', () => {
    expect(demo.stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(demo.stdout).not.toContain('\u001b');
    expect(demo.stdout).not.toContain('xychart');
  });

  test('leaves the records', () => {
    const out = join(scratch, 'out/demo');
    expect(readdirSync(out).toSorted()).toEqual([
      'shop',
      'shop-after.parquet',
      'shop-undo',
      'shop.parquet',
      'three-objects',
      'three-objects-undo',
    ]);
    for (const record of ['shop', 'shop-undo', 'three-objects', 'three-objects-undo']) {
      for (const file of ['plan.json', 'comment.md', 'outcome.json', 'manifests/scenario3b.csv']) {
        expect(existsSync(join(out, record, file)), `${record}/${file}`).toBe(true);
      }
    }
    const outcomes = readFileSync(join(out, 'shop/outcomes/scenario2.csv'), 'utf8');
    expect(outcomes.trimEnd().split('\n')).toHaveLength(1 + 2_400);
  });

  test('leaves no process', () => expect(isAnyoneLeft(demo.processGroup)).toBe(false));
});

test.each([
  ['Ctrl-C, which all processes of a terminal get', (group: number) => -group],
  ['a signal to the demo alone', (group: number) => group],
])('interrupted by %s, it leaves no process', async (_name, target) => {
  let isSent = false;
  const interrupt = (stdout: string, group: number) => {
    if (isSent || !stdout.includes('s3-rewind -- start-jobs')) return;
    isSent = true;
    process.kill(target(group), 'SIGINT');
  };
  // Slow enough to be under way when the interruption comes, on a busy machine too.
  const args = ['--yes', '--latency', '300'];
  const { status, stdout, stderr, processGroup } = await runDemo(scratch, args, interrupt, {
    FORCE_COLOR: '1',
  });
  expect(stderr).toContain('Interrupted. Nothing is left running.');
  expect(status).toBe(130);
  expect(stdout).toContain('\u001b[33m$ npm run --silent s3-rewind -- start-jobs');
  expect(stdout).not.toContain('Rolled back');
  expect(isAnyoneLeft(processGroup)).toBe(false);
});

describe('before it begins', () => {
  const folder = scratchFolder();

  test.each([
    [[], 'The demo asks for an approval, and there is no terminal to ask at.\nNext: npm run demo -- --yes\n'],
    [['--yes', '--latency', '-1'], /^.*--latency.*\nNext: npm run demo -- --help\n$/s],
    [['--yes', '--latency', '1.5'], /^--latency '1\.5' is not a whole number from 0 to 1000\.\nNext: /],
    [['--yse'], /^Unknown option '--yse'.*\nNext: npm run demo -- --help\n$/],
    [['shop'], /^Unexpected argument 'shop'.*\nNext: npm run demo -- --help\n$/],
  ])('it refuses %j', async (args, message) => {
    const { status, stdout, stderr } = await runDemo(folder, args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    if (typeof message === 'string') expect(stderr).toBe(message);
    else expect(stderr).toMatch(message);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('it explains itself, with examples', async () => {
    const { status, stdout, stderr } = await runDemo(folder, ['--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^usage: npm run demo/);
    expect(stdout).toContain('npm run demo -- --latency 30');
    expect(readdirSync(folder)).toEqual([]);
  });
});
