import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Run } from '../../sandbox/github/repository.ts';
import { type GitHubDouble, startGitHubDouble } from '../../sandbox/github/server.ts';
import { inputVariable } from '../../src/actions/contract.ts';
import { type ActionResult, actionResultSchema } from '../../src/actions/result.ts';
import { parseMarker } from '../../src/review/marker.ts';
import { CONTRACTS } from '../../tools/action-files.ts';
import { type Account, openAccount } from '../aws-end-to-end/account.ts';
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

export type Workplace = {
  account: Account;
  github: GitHubDouble;
  /** A dispatch by alice, whose job waits for bob. */
  dispatch(): Run;
  approve(run: Run, remark?: string): void;
  step(run: Run, action: string, inputs: Record<string, string>): Promise<StepEnd>;
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
  const { status, stdout, stderr } = await runEntry(action, environment, folder);
  const outputs = parseOutputs(await readFile(files.GITHUB_OUTPUT, 'utf8'));
  const summary = await readFile(files.GITHUB_STEP_SUMMARY, 'utf8');
  return {
    ...{ status, outputs, summary, log: `${stdout}${stderr}` },
    result: actionResultSchema.parse(JSON.parse(outputs.result ?? 'null')),
  };
}

/** GITHUB_OUTPUT as @actions/core writes it: name, delimiter, value over several lines, delimiter. */
function parseOutputs(text: string): Record<string, string> {
  const found = text.matchAll(
    /^(?<name>[\w-]+)<<(?<mark>ghadelimiter_\S+)\n(?<value>[\s\S]*?)\n?\k<mark>$/gm,
  );
  return Object.fromEntries([...found].map(({ groups }) => [groups?.name ?? '', groups?.value ?? '']));
}
