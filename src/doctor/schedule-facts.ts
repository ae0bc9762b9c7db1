import { parse } from 'yaml';
import { z } from 'zod';
import { RunbookError } from '../errors.ts';
import type { Reading } from './check.ts';
import { parseAnswer, takeReading, takeReadingOrNull } from './reading.ts';

/** The calls that schedules are read by. */
export type ScheduleCalls = {
  listWorkflows(): Promise<unknown>;
  /** the newest run that a schedule started */
  readLastScheduledRun(workflowId: number): Promise<unknown>;
  /** text of a file at a branch */
  readFile(path: string, ref: string): Promise<unknown>;
};

const workflowsSchema = z.array(z.object({ id: z.int(), path: z.string(), state: z.string() }));

const runsSchema = z.object({
  workflow_runs: z.array(
    z.object({
      created_at: z.string(),
      status: z.string().nullable(),
      conclusion: z.string().nullable(),
      html_url: z.string(),
    }),
  ),
});
type ScheduledRun = z.infer<typeof runsSchema>['workflow_runs'][number];

/** What a workflow file says of its schedule. `schedule` is left out where nothing is scheduled. */
const scheduleSchema = z.object({
  on: z.object({ schedule: z.array(z.object({ cron: z.string() })).optional() }),
});
/** `on: push` and `on: [push]` have no schedule. */
const unscheduledSchema = z.object({ on: z.union([z.string(), z.array(z.string())]) });

export type WorkflowFacts = {
  /** such as `active`, `disabled_inactivity`, `disabled_manually` (REST API, "List repository workflows") */
  state: string;
  crons: Reading<string[]>;
  lastRun: Reading<ScheduledRun | null>;
};

/** A workflow file, and what GitHub says of it; null: there is none. */
export type ScheduledWorkflow = { file: string; reading: Reading<WorkflowFacts | null> };

/** @param branch schedules run on the default branch alone */
export async function readSchedules(
  calls: ScheduleCalls,
  files: readonly string[],
  branch: string,
): Promise<ScheduledWorkflow[]> {
  const all = await takeReading(async () =>
    parseAnswer('Workflows', workflowsSchema, await calls.listWorkflows()),
  );
  return await Promise.all(
    files.map(async (file): Promise<ScheduledWorkflow> => {
      if (!all.readable) return { file, reading: all };
      const path = `.github/workflows/${file}`;
      const workflow = all.value.find((one) => one.path === path);
      if (workflow === undefined) return { file, reading: { readable: true, value: null } };
      const [text, lastRun] = await Promise.all([
        takeReadingOrNull(async () => readCrons(file, await calls.readFile(path, branch))),
        takeReading(async () => {
          const answer = await calls.readLastScheduledRun(workflow.id);
          return parseAnswer(`Runs of ${file}`, runsSchema, answer).workflow_runs[0] ?? null;
        }),
      ]);
      const crons: Reading<string[]> = text.readable ? { readable: true, value: text.value ?? [] } : text;
      return { file, reading: { readable: true, value: { state: workflow.state, crons, lastRun } } };
    }),
  );
}

/** @throws RunbookError GITHUB_REFUSED for a file that is no workflow */
function readCrons(file: string, text: unknown): string[] {
  let workflow: unknown;
  try {
    workflow = parse(String(text));
  } catch {
    workflow = null;
  }
  const scheduled = scheduleSchema.safeParse(workflow).data;
  if (scheduled !== undefined) return (scheduled.on.schedule ?? []).map(({ cron }) => cron);
  if (unscheduledSchema.safeParse(workflow).success) return [];
  throw new RunbookError('GITHUB_REFUSED', `${file} cannot be read as a workflow.`, {
    hint: `compare ${file} with the one in examples/workflows`,
  });
}
