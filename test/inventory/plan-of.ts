import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../cli/run-command.ts';
import { listAll } from '../cli/scratch-folder.ts';
import { BUCKET, POINT_IN_TIME } from './history.ts';

/** A plan folder in memory: what the command said, and the text of every file. */
export type PlannedFolder = {
  status: number;
  stdout: string;
  stderr: string;
  files: Record<string, string>;
};

let plans = 0;

/** Runs `plan` over an inventory of the history. @param scratch where the plan folder goes, under a name of its own */
export async function planOf(
  scratch: string,
  inventory: readonly string[],
  ...options: string[]
): Promise<PlannedFolder> {
  plans += 1;
  const out = join(scratch, `plan ${plans}`);
  const result = await runCommand(
    'plan',
    '--inventory',
    ...inventory,
    '--bucket',
    BUCKET,
    '--timestamp',
    POINT_IN_TIME,
    '--out',
    out,
    '--quiet',
    '--json',
    ...options,
  );
  return { ...result, files: existsSync(out) ? readPlanFolder(out) : {} };
}

/** The text of every file in a plan folder, by its path. */
function readPlanFolder(folder: string): Record<string, string> {
  const names = listAll(folder).filter((name) => /\.\w+$/.test(name));
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

/** The files that decide what runs, without the inventory's own checksum in them. */
export function manifestsOf(plan: PlannedFolder): Record<string, string> {
  return Object.fromEntries(
    Object.entries(plan.files).filter(
      ([name]) => name.startsWith('manifests/') || name.startsWith('review/'),
    ),
  );
}
