import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { summary } from '@actions/core';
// It keeps the folder that it is loaded in, which must not be that of a step.
import 'esbuild';
import { borrowProcess, type ProcessEnd } from '../cli/borrowed-process.ts';
import { PACKAGE_FOLDER } from '../cli/run-command.ts';
import { ENVIRONMENT } from '../execute/command.ts';

let entries = 0;

/**
 * Runs the entry of an action in this process, as a runner runs it in one of its own.
 * @param environment what the runner sets, beside credentials
 * @param folder where the step runs
 */
export async function runEntry(
  action: string,
  environment: Readonly<Record<string, string>>,
  folder: string,
): Promise<ProcessEnd> {
  entries += 1;
  const entry = `${join(PACKAGE_FOLDER, 'actions', action, 'main.ts')}?run=${entries}`;
  // It keeps the file of the first step that it wrote for.
  Reflect.set(summary, '_filePath', undefined);
  return await borrowProcess({ environment: { ...ENVIRONMENT, ...environment }, folder }, async () => {
    await import(/* @vite-ignore */ entry);
    return undefined;
  });
}

export type LoneStepEnd = { status: number; output: string; summary: string };

/**
 * Runs a step that asks nothing of GitHub.
 * @param inputs as the runner sets them, `INPUT_BUCKET` for example
 * @returns GITHUB_OUTPUT and the summary as they were written
 */
export async function runLoneStep(
  action: string,
  { folder, endpoint }: { folder: string; endpoint: string },
  inputs: Readonly<Record<string, string>>,
): Promise<LoneStepEnd> {
  const own = mkdtempSync(join(folder, `${action}-`));
  const files = { output: join(own, 'output'), summary: join(own, 'summary') };
  for (const file of Object.values(files)) writeFileSync(file, '');
  const environment = {
    GITHUB_OUTPUT: files.output,
    GITHUB_STEP_SUMMARY: files.summary,
    GITHUB_REPOSITORY: 'acme/data',
    GITHUB_RUN_ID: '1',
    RUNNER_TEMP: folder,
    INPUT_ENDPOINT_URL: endpoint,
    INPUT_FORCE_PATH_STYLE: 'true',
    ...inputs,
  };
  const { status } = await runEntry(action, environment, folder);
  return { status, output: readFileSync(files.output, 'utf8'), summary: readFileSync(files.summary, 'utf8') };
}
