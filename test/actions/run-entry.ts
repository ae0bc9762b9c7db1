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
