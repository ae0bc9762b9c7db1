import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { buildProgram } from '../../src/cli/program.ts';
import { runCommand } from './run-command.ts';

const golden = (name: string) => `../golden/${name}.txt`;

describe('help', () => {
  it.each([
    ['--help', 'help'],
    ['help', 'help'],
    ['', 'help'],
    ['plan --help', 'help-plan'],
    ['help plan', 'help-plan'],
  ])("'%s' goes to stdout", async (line, name) => {
    const { status, stdout, stderr } = await runCommand(...line.split(' ').filter((word) => word !== ''));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot(golden(name));
  });

  it('fits into a terminal of 80 columns, but for commands to copy', async () => {
    const { stdout } = await runCommand('plan', '--help');
    const options = stdout.slice(0, stdout.indexOf('Examples:'));
    for (const line of options.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it.each(buildProgram().commands.map((command) => [command.name(), command] as const))(
    '%s documents every option and has examples',
    async (name, command) => {
      const { stdout } = await runCommand(name, '--help');
      for (const option of command.options) {
        expect(stdout).toContain(option.long ?? '');
        expect(option.description, option.flags).toMatch(/\w{3}/);
      }
      expect(stdout).toMatch(/^Examples:$/m);
      expect(stdout).toContain(`npm run --silent s3-rewind -- ${name} `);
      expect(stdout).toMatch(/^Exit status: 0 /m);
    },
  );

  it.each(buildProgram().commands.map((command) => [command.name()]))(
    '%s names what it is about before where the store is',
    async (name) => {
      const { stdout } = await runCommand(name, '--help');
      const options = [...stdout.matchAll(/^ {2}(?:-h, )?--([a-z-]+)/gm)].map(([, option = '']) => option);
      const connection = /^(endpoint-url|region|force-path-style|requester-pays|destination-(?!bucket).*)$/;
      const kinds = options.map((option) =>
        /^(json|quiet|help)$/.test(option) ? 2 : connection.test(option) ? 1 : 0,
      );
      expect(kinds).toEqual(kinds.toSorted());
    },
  );

  it('gives examples that parse', async () => {
    const { stdout } = await runCommand('plan', '--help');
    const examples = [...stdout.matchAll(/s3-rewind -- (plan(?:.*\\\n)*.*)/g)].map((match) =>
      (match[1] ?? '').replaceAll('\\\n', ' ').trim().split(/\s+/),
    );
    expect(examples.length).toBeGreaterThanOrEqual(3);
    for (const example of examples) {
      // The files of the examples are not there, and that is all that is wrong.
      const { stderr } = await runCommand(...example);
      expect(stderr, example.join(' ')).toMatch(/^INVENTORY_NOT_FOUND: /);
    }
  });
});

describe('version', () => {
  it('is that of the package', async () => {
    expect(await runCommand('--version')).toEqual({
      status: 0,
      stdout: `${packageJson.version}\n`,
      stderr: '',
    });
  });
});

describe('a command line that is wrong', () => {
  const WRONG: [line: string, message: string, hint: string][] = [
    [
      'paln',
      "Unknown command 'paln'.",
      'Did you mean plan? All of them: npm run --silent s3-rewind -- --help',
    ],
    ['frobnicate', "Unknown command 'frobnicate'.", 'npm run --silent s3-rewind -- --help'],
    ['help frobnicate', "Unknown command 'frobnicate'.", 'npm run --silent s3-rewind -- --help'],
    [
      '--versoin',
      "Unknown option '--versoin'.",
      'Did you mean --version? All of them: npm run --silent s3-rewind -- --help',
    ],
    [
      'plan --timestmap x',
      "Unknown option '--timestmap'.",
      'Did you mean --timestamp? All of them: npm run --silent s3-rewind -- plan --help',
    ],
    [
      'plan --bucket',
      "Option '--bucket <name...>' argument missing.",
      'npm run --silent s3-rewind -- plan --help',
    ],
    [
      'plan here',
      "Too many arguments for 'plan'. Expected 0 arguments but got 1: here.",
      'npm run --silent s3-rewind -- plan --help',
    ],
    [
      'plan',
      'plan needs a value for --bucket, --timestamp, --out.',
      'add it; examples: npm run --silent s3-rewind -- plan --help',
    ],
    ['\x1b[2J', "Unknown command '\\x1b[2J'.", 'npm run --silent s3-rewind -- --help'],
  ];

  it.each(WRONG)('%j', async (line, message, hint) => {
    expect(await runCommand(...line.split(' '))).toEqual({
      status: 2,
      stdout: '',
      stderr: `INVALID_OPTION: ${message}\nNext: ${hint}\n`,
    });
  });
});
