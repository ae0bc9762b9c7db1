import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import process from 'node:process';
import type { Run } from '../../sandbox/github/repository.ts';
import { type GitHubDouble, startGitHubDouble } from '../../sandbox/github/server.ts';
import { inputVariable } from '../../src/actions/contract.ts';
import { type ActionResult, actionResultSchema } from '../../src/actions/result.ts';
import { parseMarker } from '../../src/review/marker.ts';
import { CONTRACTS } from '../../tools/action-files.ts';
import { type Account, openAccount } from '../aws-end-to-end/account.ts';
import { ALL, REPOSITORY } from '../github/double.ts';

/** Actions as a workflow runs them: each step a process of its own, S3, AWS and GitHub on loopback. */

const ACTIONS = resolve(import.meta.dirname, '../../actions');
export const ENVIRONMENT = 's3-rewind';

export type StepEnd = {
  status: number | null;
  outputs: Record<string, string>;
  result: ActionResult;
  summary: string;
  log: string;
};

type Loss = { operation: string; calls: number };

export type Workplace = {
  account: Account;
  github: GitHubDouble;
  /** A dispatch by alice, whose job waits for bob. */
  dispatch(): Run;
  approve(run: Run, remark?: string): void;
  step(run: Run, action: string, inputs: Record<string, string>): Promise<StepEnd>;
  /** A step whose runner is lost: it is killed after so many calls of an operation, and tells nobody. */
  lose(run: Run, action: string, inputs: Record<string, string>, after: Loss): Promise<void>;
  /** Bodies of the comments that show a rollback. */
  comments(rollbackId: string): string[];
  end(): Promise<void>;
};

export async function openWorkplace(): Promise<Workplace> {
  const account = await openAccount();
  const github = await startGitHubDouble();
  const { state } = github;
  const repository = state.addRepository(REPOSITORY);
  for (const login of ['alice', 'bob', 'carol']) state.addPerson(login);
  state.addWorkflowToken('job', ALL);
  state.addEnvironment(repository, ENVIRONMENT, {
    canAdminsBypass: false,
    reviewers: [{ type: 'User', reviewer: state.account('bob') }],
    preventSelfReview: true,
  });
  return {
    account,
    github,
    dispatch() {
      const run = state.startRun(repository, 'alice');
      state.reachEnvironment(repository, run, ENVIRONMENT);
      return run;
    },
    approve: (run, remark = 'looks right') =>
      state.reviewDeployment(repository, run, { by: 'bob', environment: ENVIRONMENT, comment: remark }),
    step: (run, action, inputs) =>
      runStep({ folder: account.folder, endpoint: account.sandbox.endpoint, github, run }, action, inputs),
    async lose(run, action, inputs, { operation, calls }) {
      const here = { folder: account.folder, endpoint: account.sandbox.endpoint, github, run };
      const { child, end } = await startStep(here, action, inputs);
      let seen = 0;
      account.sandbox.on('after', (name) => {
        seen += name === operation ? 1 : 0;
        if (seen === calls && !child.killed) child.kill('SIGKILL');
      });
      const { status, log } = await end;
      if (status !== null) throw new Error(`${action} was not lost: ${log}`);
    },
    comments: (rollbackId) =>
      repository.comments
        .filter(({ body }) => parseMarker(body)?.rollbackId === rollbackId)
        .map(({ body }) => body),
    async end() {
      await github.stop();
      await account.end();
    },
  };
}

/** Where a step runs: a folder for its files, AWS, GitHub, and the run that it belongs to. */
export type StepPlace = { folder: string; endpoint: string; github: GitHubDouble; run: Run };

/** Inputs that are not given have the default of action.yml, as the runner fills it in. */
export async function runStep(
  place: StepPlace,
  action: string,
  inputs: Record<string, string>,
): Promise<StepEnd> {
  const { files, end } = await startStep(place, action, inputs);
  const { status, log } = await end;
  const outputs = parseOutputs(await readFile(files.GITHUB_OUTPUT, 'utf8'));
  const summary = await readFile(files.GITHUB_STEP_SUMMARY, 'utf8');
  return {
    ...{ status, outputs, summary, log },
    result: actionResultSchema.parse(JSON.parse(outputs.result ?? 'null')),
  };
}

type StartedStep = {
  child: ChildProcess;
  files: { GITHUB_OUTPUT: string; GITHUB_STEP_SUMMARY: string };
  end: Promise<{ status: number | null; log: string }>;
};

async function startStep(
  place: StepPlace,
  action: string,
  inputs: Record<string, string>,
): Promise<StartedStep> {
  const folder = await mkdtemp(join(place.folder, `${action}-`));
  const contract = CONTRACTS.find(({ name }) => name === action);
  if (contract === undefined) throw new TypeError(`there is no action ${action}`);
  const token = 'github-token' in contract.inputs ? { 'github-token': 'job' } : {};
  const given: Record<string, string> = { ...token, ...inputs };
  const unknown = Object.keys(given).filter((name) => !(name in contract.inputs));
  if (unknown.length > 0) throw new TypeError(`${action} has no input ${unknown.join(', ')}`);
  const defaults = Object.entries(contract.inputs).map(([name, spec]) => [name, spec.default ?? '']);
  const variables = Object.entries({ ...Object.fromEntries(defaults), ...given });
  const files = { GITHUB_OUTPUT: join(folder, 'output'), GITHUB_STEP_SUMMARY: join(folder, 'summary') };
  for (const file of Object.values(files)) await writeFile(file, '');
  const temporary = join(folder, 'temp');
  await mkdir(temporary);
  const child = spawn(process.execPath, [join(ACTIONS, action, 'main.ts')], {
    cwd: folder,
    env: {
      PATH: process.env.PATH ?? '',
      AWS_ACCESS_KEY_ID: 'AKIASANDBOX',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_ENDPOINT_URL: place.endpoint,
      AWS_REGION: 'us-east-1',
      RUNNER_TEMP: temporary,
      GITHUB_REPOSITORY: REPOSITORY,
      GITHUB_RUN_ID: String(place.run.id),
      GITHUB_API_URL: place.github.url,
      ...files,
      ...Object.fromEntries(variables.map(([name, value]) => [inputVariable(name), value])),
    },
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      log += chunk;
    });
  }
  const end = new Promise<{ status: number | null; log: string }>((finish, fail) => {
    child.on('error', fail);
    child.on('close', (status) => finish({ status, log }));
  });
  return { child, files, end };
}

/** GITHUB_OUTPUT as @actions/core writes it: name, delimiter, value over several lines, delimiter. */
function parseOutputs(text: string): Record<string, string> {
  const found = text.matchAll(
    /^(?<name>[\w-]+)<<(?<mark>ghadelimiter_\S+)\n(?<value>[\s\S]*?)\n?\k<mark>$/gm,
  );
  return Object.fromEntries([...found].map(({ groups }) => [groups?.name ?? '', groups?.value ?? '']));
}
