import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type GitHubDouble, startGitHubDouble } from '../../sandbox/github/server.ts';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { actionResultSchema } from '../../src/actions/result.ts';
import { PACKAGE_FOLDER } from '../cli/run-command.ts';
import { surroundings } from '../execute/command.ts';

/** The step of the action, in a process of its own, as a runner starts it. */

let github: GitHubDouble;
let sandbox: Sandbox;
let folder: string;

beforeEach(async () => {
  [github, sandbox] = await Promise.all([startGitHubDouble(), startSandbox()]);
  folder = await mkdtemp(join(tmpdir(), 's3-rewind-doctor-'));
  github.state.addRepository('acme/data').isPrivate = true;
  github.state.addWorkflowToken('ghs_secret', {
    actions: 'read',
    contents: 'read',
    deployments: 'read',
    'pull-requests': 'read',
  });
});
afterEach(async () => {
  await Promise.all([github.stop(), sandbox.stop(), rm(folder, { recursive: true })]);
});

async function runStep(inputs: Record<string, string>) {
  const [output, summary] = ['output', 'summary'].map((name) => join(folder, name)) as [string, string];
  await Promise.all([writeFile(output, ''), writeFile(summary, '')]);
  const env = {
    ...surroundings(),
    GITHUB_ACTIONS: 'true',
    GITHUB_API_URL: github.url,
    GITHUB_REPOSITORY: 'acme/data',
    GITHUB_RUN_ID: '7',
    GITHUB_OUTPUT: output,
    GITHUB_STEP_SUMMARY: summary,
    RUNNER_TEMP: folder,
    AWS_ACCESS_KEY_ID: 'AKIASANDBOX',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_REGION: 'us-east-1',
    INPUT_GITHUB_TOKEN: 'ghs_secret',
    INPUT_REPOSITORY: 'acme/data',
    INPUT_ENDPOINT_URL: sandbox.endpoint,
    INPUT_FORCE_PATH_STYLE: 'true',
    INPUT_ACCEPT: 'ACTIONS_PULL_REQUESTS\nACTIONS_DEFAULT_PERMISSIONS',
    ...inputs,
  };
  const entry = [`${PACKAGE_FOLDER}tools/on-node-24.mjs`, `${PACKAGE_FOLDER}actions/doctor/main.ts`];
  const { status, stdout } = await new Promise<{ status: number; stdout: string }>((resolve) => {
    execFile(process.execPath, entry, { env, cwd: folder }, (error, text) =>
      resolve({ status: Number(error?.code ?? 0), stdout: text }),
    );
  });
  const outputs = Object.fromEntries(
    [...(await readFile(output, 'utf8')).matchAll(/^(.+?)<<(\S+)\n([\s\S]*?)\n\2$/gm)].map(
      ([, name = '', , value = '']) => [name, value],
    ),
  );
  return { status, stdout, outputs, summary: await readFile(summary, 'utf8') };
}

test('not ready: outputs, annotations, summary, and a failed step; hostile names stay text', async () => {
  const { status, stdout, outputs, summary } = await runStep({
    INPUT_ENVIRONMENT: '::error::x\n| @all <!-- `',
    INPUT_BUCKET: 'not-there',
  });
  expect(status).toBe(1);
  expect(outputs).toMatchObject({ decision: 'not-ready', 'reason-code': 'NOT_READY', problems: '2' });
  const result = actionResultSchema.parse(JSON.parse(outputs.result ?? ''));
  expect(result).toMatchObject({ action: 'doctor', command: { command: 'doctor', ready: false } });
  expect(stdout).toMatch(/^::error title=GATE_ENVIRONMENT::/m);
  expect(stdout).toMatch(/^::error title=BUCKET_ACCESS::not-there: There is no bucket/m);
  expect(stdout).not.toMatch(/^::error::x/m);
  expect(summary).toContain('### Doctor: not ready');
  expect(summary).toContain('unreadable (accepted)');
  expect(summary).not.toMatch(/(?<!`)@all|<!--/);
  expect(
    summary.split('\n').filter((line) => /^\| problem \| GATE\\_ENVIRONMENT \|.*@all.*\|$/.test(line)),
  ).toHaveLength(1);
});

test('ready', async () => {
  const repository = github.state.repository('acme', 'data');
  const reviewers = ['bob', 'carol'].map((login) => ({
    type: 'User' as const,
    reviewer: github.state.addPerson(login),
  }));
  github.state.addEnvironment(repository, 'gate', {
    reviewers,
    canAdminsBypass: false,
    preventSelfReview: true,
    branchPolicy: ['main'],
  });
  sandbox.createBucket('my-bucket', { versioning: 'Enabled' });
  const { status, outputs, summary } = await runStep({
    INPUT_ENVIRONMENT: 'gate',
    INPUT_BUCKET: 'my-bucket',
  });
  expect(outputs).toMatchObject({ decision: 'ready', 'reason-code': 'OK', problems: '0' });
  expect(status).toBe(0);
  expect(summary).toContain('### Doctor: ready');
});
