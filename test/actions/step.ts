import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Run } from '../../sandbox/github/repository.ts';
import { type GitHubDouble, startGitHubDouble } from '../../sandbox/github/server.ts';
import { inputVariable } from '../../src/actions/contract.ts';
import { type ActionResult, actionResultSchema } from '../../src/actions/result.ts';
import { parseMarker } from '../../src/review/marker.ts';
import { CONTRACTS } from '../../tools/action-files.ts';
import { type Account, openAccount } from '../aws-end-to-end/account.ts';
import { PACKAGE_FOLDER } from '../cli/run-command.ts';
import { ENVIRONMENT as CREDENTIALS, surroundings } from '../execute/command.ts';
import { ALL, REPOSITORY } from '../github/double.ts';
import { runEntry } from './run-entry.ts';

/** Actions as a workflow runs them: each step from its entry, S3, AWS and GitHub on loopback. */

export const ENVIRONMENT = 's3-rewind';

export type StepEnd = {
  status: number;
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
    lose: (run, action, inputs, after) =>
      loseStep(
        { folder: account.folder, endpoint: account.sandbox.endpoint, github, run, account },
        action,
        inputs,
        after,
      ),
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

/** In the test's own process. Inputs that are not given have the default of action.yml, as the runner fills it in. */
export async function runStep(
  place: StepPlace,
  action: string,
  inputs: Record<string, string>,
): Promise<StepEnd> {
  const { folder, environment, files } = await prepareStep(place, action, inputs);
  const { status, stdout, stderr } = await runEntry(action, environment, folder);
  const outputs = parseOutputs(await readFile(files.GITHUB_OUTPUT, 'utf8'));
  const summary = await readFile(files.GITHUB_STEP_SUMMARY, 'utf8');
  return {
    ...{ status, outputs, summary, log: `${stdout}${stderr}` },
    result: actionResultSchema.parse(JSON.parse(outputs.result ?? 'null')),
  };
}

/** In a process of its own, which is killed once AWS has answered so many calls. */
async function loseStep(
  place: StepPlace & { account: Account },
  action: string,
  inputs: Record<string, string>,
  { operation, calls }: Loss,
): Promise<void> {
  const { folder, environment } = await prepareStep(place, action, inputs);
  const child = spawn(process.execPath, [join(PACKAGE_FOLDER, 'actions', action, 'main.ts')], {
    cwd: folder,
    env: { ...surroundings(), ...CREDENTIALS, ...environment },
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      log += chunk;
    });
  }
  let seen = 0;
  place.account.sandbox.on('after', (name) => {
    seen += name === operation ? 1 : 0;
    if (seen === calls && !child.killed) child.kill('SIGKILL');
  });
  const status = await new Promise<number | null>((finish, fail) => {
    child.on('error', fail);
    child.on('close', finish);
  });
  if (status !== null) throw new Error(`${action} was not lost: ${log}`);
}

type PreparedStep = {
  folder: string;
  environment: Record<string, string>;
  files: { GITHUB_OUTPUT: string; GITHUB_STEP_SUMMARY: string };
};

async function prepareStep(
  place: StepPlace,
  action: string,
  inputs: Record<string, string>,
): Promise<PreparedStep> {
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
  const environment = {
    AWS_ENDPOINT_URL: place.endpoint,
    AWS_REGION: 'us-east-1',
    RUNNER_TEMP: temporary,
    GITHUB_REPOSITORY: REPOSITORY,
    GITHUB_RUN_ID: String(place.run.id),
    GITHUB_API_URL: place.github.url,
    ...files,
    ...Object.fromEntries(variables.map(([name, value]) => [inputVariable(name), value])),
  };
  return { folder, environment, files };
}

/** GITHUB_OUTPUT as @actions/core writes it: name, delimiter, value over several lines, delimiter. */
function parseOutputs(text: string): Record<string, string> {
  const found = text.matchAll(
    /^(?<name>[\w-]+)<<(?<mark>ghadelimiter_\S+)\n(?<value>[\s\S]*?)\n?\k<mark>$/gm,
  );
  return Object.fromEntries([...found].map(({ groups }) => [groups?.name ?? '', groups?.value ?? '']));
}
