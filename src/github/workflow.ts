import process from 'node:process';
import { error, notice, setOutput, setSecret, summary, warning } from '@actions/core';
import { RunbookError } from '../errors.ts';

/** Where a step runs, as the runner's variables tell it. */
export type WorkflowRun = {
  /** `owner/name` */
  repository: string;
  runId: number;
  url: string;
  /** Address of the API, for openGitHub. */
  apiUrl: string;
  serverUrl: string;
  /** Folder that is emptied after the job. */
  temporaryFolder: string;
};

/** GitHub drops a summary above 1 MiB ("Workflow commands for GitHub Actions"). */
const MAX_SUMMARY_BYTES = 1024 * 1024;
const CUT_NOTICE = '\n\n**Cut here: the summary of a step holds 1 MiB at most.**\n';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads where the step runs.
 * @throws RunbookError INVALID_OPTION outside of a workflow
 */
export function readWorkflowRun(env: Variables): WorkflowRun {
  const repository = required(env, 'GITHUB_REPOSITORY');
  const runId = Number(required(env, 'GITHUB_RUN_ID'));
  const serverUrl = env.GITHUB_SERVER_URL || 'https://github.com';
  return {
    repository,
    runId,
    serverUrl,
    url: `${serverUrl}/${repository}/actions/runs/${runId}`,
    apiUrl: env.GITHUB_API_URL || 'https://api.github.com',
    temporaryFolder: required(env, 'RUNNER_TEMP'),
  };
}

function required(env: Variables, name: string): string {
  const value = env[name];
  if (value !== undefined && value !== '') return value;
  throw new RunbookError(
    'INVALID_OPTION',
    `The variable ${name} is not set: this is no step of a workflow.`,
    {
      hint: 'use the action in a workflow, or the command line: npm run --silent s3-rewind -- --help',
    },
  );
}

export function writeOutput(name: string, value: string): void {
  setOutput(name, value);
}

/** Keeps a text out of the log. */
export function maskValue(value: string): void {
  if (value !== '') setSecret(value);
}

/** A line at the top of the run's page. @param title a code of ours */
export function annotate(level: 'error' | 'warning' | 'notice', title: string, message: string): void {
  ({ error, warning, notice })[level](message, { title });
}

/**
 * Adds Markdown to the summary of the run. Does nothing where the runner keeps none.
 * @param overwrite whether it takes the place of what this step has written before
 */
export async function writeSummary(markdown: string, overwrite = false): Promise<void> {
  if ((process.env.GITHUB_STEP_SUMMARY ?? '') === '') return;
  await summary.addRaw(cutToBytes(markdown, MAX_SUMMARY_BYTES), true).write({ overwrite });
}

function cutToBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length < limit) return text;
  const kept = bytes.subarray(0, limit - CUT_NOTICE.length - 1).toString('utf8');
  return `${kept.slice(0, kept.lastIndexOf('\n'))}${CUT_NOTICE}`;
}
