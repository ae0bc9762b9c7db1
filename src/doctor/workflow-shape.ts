import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';

/** A workflow file as the doctor compares it: what decides how it works, without names, places and other people's pins. */

const permissionsSchema = z.union([z.string(), z.record(z.string(), z.string())]);
export type Permissions = z.infer<typeof permissionsSchema>;

const settings = z.record(z.string(), z.unknown());
const workflowSchema = z.looseObject({
  on: z.unknown(),
  permissions: permissionsSchema.optional(),
  jobs: z.record(
    z.string(),
    z.looseObject({ permissions: permissionsSchema.optional(), steps: z.array(settings).optional() }),
  ),
});
export type Workflow = z.infer<typeof workflowSchema>;

/** `./actions/plan`, or `owner/s3-rewind/actions/plan@REF`. */
const OWN_ACTION = /^(?:\.\/|[\w.-]+\/[\w.-]+\/)actions\/([\w-]+)(?:@(.+))?$/;
/** What a repository may set as it likes. */
const OWN_CHOICE = new Set(['name', 'run-name', 'runs-on', 'timeout-minutes', 'permissions']);

/** @returns null for a text that is no workflow */
export function parseWorkflow(text: string): Workflow | null {
  try {
    return workflowSchema.safeParse(parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** What a job gives its token; undefined: what the setting of the repository says. */
export function permissionsOf(workflow: Workflow, job: string): Permissions | undefined {
  return workflow.jobs[job]?.permissions ?? workflow.permissions;
}

/** By which names of commits, tags or branches a workflow uses actions of ours from another repository. */
export function refsOf({ jobs }: Workflow): string[] {
  const used = Object.values(jobs).flatMap(({ steps = [] }) =>
    steps.flatMap(({ uses }) => OWN_ACTION.exec(String(uses))?.[2] ?? []),
  );
  return [...new Set(used)];
}

/**
 * Where two workflows differ in what decides how they work.
 * @returns such as `on.inputs.bucket`, `concurrency`, `jobs.plan.steps`
 */
export function compareWorkflows(one: Workflow, other: Workflow): string[] {
  const [parts, otherParts] = [partsOf(one), partsOf(other)];
  const paths = new Set([...parts.keys(), ...otherParts.keys()]);
  return [...paths].filter((path) => !isDeepStrictEqual(parts.get(path), otherParts.get(path)));
}

function partsOf({ on, jobs, ...rest }: Workflow): Map<string, unknown> {
  const parts = new Map<string, unknown>();
  for (const [name, input] of Object.entries(inputsOf(on))) {
    const {
      description: _description,
      default: _default,
      ...decisive
    } = settings.safeParse(input).data ?? {};
    parts.set(`on.inputs.${name}`, decisive);
  }
  for (const [key, value] of Object.entries(rest)) if (!OWN_CHOICE.has(key)) parts.set(key, value);
  for (const [job, { steps, ...keys }] of Object.entries(jobs)) {
    for (const [key, value] of Object.entries(keys))
      if (!OWN_CHOICE.has(key)) parts.set(`jobs.${job}.${key}`, value);
    parts.set(`jobs.${job}.steps`, (steps ?? []).filter(isDecisive).map(withoutPlace));
  }
  return parts;
}

/** Inputs of the dispatch. When a workflow runs besides is the business of the repository. */
function inputsOf(on: unknown): Record<string, unknown> {
  const dispatch = z.object({ workflow_dispatch: z.object({ inputs: settings }) });
  return dispatch.safeParse(on).data?.workflow_dispatch.inputs ?? {};
}

/** Only the repository of the actions themselves has to be checked out for them. */
function isDecisive({ uses }: Record<string, unknown>): boolean {
  return !String(uses).startsWith('actions/checkout@');
}

function withoutPlace({ name: _name, uses, ...step }: Record<string, unknown>): Record<string, unknown> {
  if (uses === undefined) return step;
  const own = OWN_ACTION.exec(String(uses))?.[1];
  return { ...step, uses: own === undefined ? String(uses).replace(/@.*$/, '') : `s3-rewind ${own}` };
}
