import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { BUCKET, HISTORY, POINT_IN_TIME, toCsv } from '../inventory/history.ts';
import { expectInert } from './refusal.ts';
import { PACKAGE_FOLDER, runScript } from './run-command.ts';
import { listAll, scratchFolder } from './scratch-folder.ts';

/** The command as it is started by hand: its exit status, its streams, and how little it loads. */

const scratch = scratchFolder();
const inventory = join(scratch, 'inventory.csv');
writeFileSync(inventory, toCsv(HISTORY));

const planArguments = (out: string, ...more: string[]) => [
  ...['plan', '--inventory', inventory, '--bucket', BUCKET, '--timestamp', POINT_IN_TIME],
  ...['--out', join(scratch, out), ...more],
];

/** Prints every module that is loaded to stderr. */
const TRACE = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from 'node:fs';
  import { registerHooks } from 'node:module';
  registerHooks({ load(url, context, next) { writeSync(2, 'loaded ' + url + '\\n'); return next(url, context); } });
`)}`;

/** Puts a bug in the place of the `plan` command. */
function planInstead(body: string): string {
  const source = `const fail = () => { throw new TypeError('unforeseen \\x1b[2J'); };\nexport const runPlan = ${body};`;
  return `data:text/javascript,${encodeURIComponent(`
    import { registerHooks } from 'node:module';
    registerHooks({
      load(url, context, next) {
        if (!url.endsWith('/src/cli/plan.ts')) return next(url, context);
        return { format: 'module', shortCircuit: true, source: ${JSON.stringify(source)} };
      },
    });
  `)}`;
}

async function modulesOf(...args: string[]): Promise<string[]> {
  const { stderr } = await runScript(args, { nodeArgs: ['--import', TRACE] });
  return [...stderr.matchAll(/^loaded (.*)$/gm)].map((match) => match[1] ?? '');
}

describe('exit status and streams', () => {
  it('0: a summary on stdout, the progress on stderr', async () => {
    const { status, stdout, stderr } = await runScript(planArguments('plan 1'));
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Plan rb-example-bucket-20250822t110100z-[0-9a-f]{8}\n/);
    expect(stdout).toContain('Digest: sha256:');
    expect(stderr).toMatch(/^Writing manifests\/scenario2\.csv$/m);
    expect(listAll(join(scratch, 'plan 1'))).toContain('plan.json');
  });

  it('0 with --json and --quiet: one object on stdout, and nothing else', async () => {
    const { status, stdout, stderr } = await runScript(planArguments('plan 2', '--json', '--quiet'));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const plan = JSON.parse(readFileSync(join(scratch, 'plan 2/plan.json'), 'utf8'));
    expect(JSON.parse(stdout)).toMatchObject({
      command: 'plan',
      planDigest: plan.digest,
      manifests: plan.manifests,
    });
    expect(stdout.trimEnd()).not.toContain('\n');
  });

  it('2: bad input, on stderr alone', async () => {
    const { status, stdout, stderr } = await runScript(planArguments('plan 1'));
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^OUTPUT_NOT_EMPTY: .*\nNext: .*\n$/);
  });

  it('2: a command line that is wrong', async () => {
    const { status, stdout, stderr } = await runScript(['plan', '--inventroy', inventory, '--json']);
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'INVALID_OPTION',
        message: "Unknown option '--inventroy'.",
        hint: 'Did you mean --inventory? All of them: npm run --silent s3-rewind -- plan --help',
      },
    });
    expect(stderr).toMatch(/^INVALID_OPTION: Unknown option/);
  });

  it('1: a failure that the input did not cause', async () => {
    const { status, stderr } = await runScript(planArguments('never', '--memory-limit', '1MB'));
    expect(status).toBe(1);
    expect(stderr).toMatch(/^OUT_OF_MEMORY: /m);
  });

  it.each([
    { what: 'throws', body: 'async () => { fail(); }' },
    { what: 'throws outside of the command', body: '() => new Promise(() => setTimeout(fail))' },
  ])('1: a bug that $what, as one object on stdout and the stack on stderr', async ({ body }) => {
    const nodeArgs = ['--import', planInstead(body)];
    const { status, stdout, stderr } = await runScript(planArguments('never', '--json'), { nodeArgs });
    expect(status).toBe(1);
    expect(stdout.trimEnd()).not.toContain('\n');
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'INTERNAL_ERROR',
        message: 'This is a bug in s3-rewind: TypeError: unforeseen \u001b[2J',
        hint: 'report it with the stack on stderr; a command that was interrupted may be run again',
      },
    });
    expectInert(stdout + stderr);
    expect(stderr).toMatch(
      /^INTERNAL_ERROR: .*\nNext: report it .*\nTypeError: unforeseen .*\n +at (?:Timeout\.)?fail /,
    );
  });

  it('a plan is finished when nobody reads what it says', async () => {
    const script = [`${PACKAGE_FOLDER}tools/on-node-24.mjs`, `${PACKAGE_FOLDER}src/cli.ts`];
    const child = spawn(process.execPath, [...script, ...planArguments('unheard')], { stdio: 'pipe' });
    child.stdout.destroy();
    child.stderr.destroy();
    await new Promise((resolve) => child.on('close', resolve));
    expect(listAll(scratch).filter((name) => name.startsWith('.'))).toEqual([]);
    expect(listAll(join(scratch, 'unheard'))).toContain('plan.json');
  });
});

describe('what is loaded', () => {
  const packagesOf = (urls: string[]) =>
    [...new Set(urls.map((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]))].filter(
      (name) => name !== undefined,
    );

  it.each([['--help'], ['plan --help'], ['--version'], ['plan --inventroy x']])(
    '%s: Commander alone',
    async (line) => {
      expect(packagesOf(await modulesOf(...line.split(' ')))).toEqual(['commander']);
    },
  );

  it('for a refusal of an option or a file, no engine, no schema and no template', async () => {
    const missing = [...planArguments('never'), '--quiet', '--inventory', 'nowhere.csv'];
    expect(packagesOf(await modulesOf(...missing))).toEqual(['commander']);
    const future = [...planArguments('never'), '--quiet', '--timestamp', '2999-01-01T00:00:00Z'];
    expect(packagesOf(await modulesOf(...future))).toEqual(['commander']);
  });

  it('for a plan, everything', async () => {
    expect(packagesOf(await modulesOf(...planArguments('all')))).toEqual(
      expect.arrayContaining(['@duckdb/node-api', 'zod', 'handlebars']),
    );
  });
});
