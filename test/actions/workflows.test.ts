import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { buildProgram } from '../../src/cli/program.ts';
import { CONTRACTS } from '../../tools/action-files.ts';

/** What a dispatch asks for, what the jobs hand on, and what the command line knows hold together. */

const WORKFLOWS = new URL('../../.github/workflows/', import.meta.url);
/** Permissions that an action needs for a step or an input that the job does not use. */
const UNUSED: Record<string, string[]> = {
  // It proves no approval and writes no comment.
  'restore-archived.yml look': ['actions', 'deployments', 'pull-requests'],
  'extend-retention.yml plan': ['actions', 'deployments'],
  // The branch of the pull request is the plan's.
  'extend-retention.yml deploy': ['contents', 'deployments'],
  'extend-retention.yml start': ['contents'],
  // It goes by an earlier approval, and has no comment.
  'extend-retention.yml extend': ['actions', 'contents', 'deployments', 'pull-requests'],
};
/** GitHub's limit of the inputs of a dispatch. */
const MAX_INPUTS = 25;

type Input = { type: string; options?: string[]; default?: string };
type Step = { uses?: string; with?: Record<string, string> };
type Workflow = {
  on: { workflow_dispatch?: { inputs?: Record<string, Input> } | null };
  jobs: Record<string, { permissions: Record<string, string>; steps: Step[] }>;
};

const read = (file: string) => readFileSync(new URL(file, WORKFLOWS), 'utf8');
const dispatched = readdirSync(WORKFLOWS).flatMap((file) => {
  const { on, jobs } = parse(read(file)) as Workflow;
  const inputs = on.workflow_dispatch?.inputs ?? {};
  return Object.keys(inputs).length === 0 ? [] : [{ file, inputs, jobs }];
});

describe.each(dispatched)('$file', ({ file, inputs, jobs }) => {
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  test('asks for no more than GitHub takes, and uses all of it', () => {
    expect(Object.keys(inputs).length).toBeLessThanOrEqual(MAX_INPUTS);
    for (const name of Object.keys(inputs)) expect(read(file)).toContain(`inputs.${name}`);
  });

  test('gives each job what its actions need', () => {
    for (const [name, { permissions, steps: own }] of Object.entries(jobs)) {
      const used = CONTRACTS.filter((one) => own.some(({ uses }) => uses === `./actions/${one.name}`));
      for (const [permission, why] of used.flatMap((one) => Object.entries(one.permissions))) {
        if (UNUSED[`${file} ${name}`]?.includes(permission)) continue;
        const [level = ''] = /^\w+/.exec(why) ?? [];
        expect([level, 'write'], `${permission} of ${name}`).toContain(permissions[permission]);
      }
    }
  });

  test('offers the choices and the default of the command', () => {
    for (const { uses, with: given } of steps) {
      const contract = CONTRACTS.find(({ name }) => uses === `./actions/${name}`);
      if (contract === undefined) continue;
      for (const [name, value] of Object.entries(given ?? {})) {
        expect(Object.keys(contract.inputs), `${contract.name} has no input ${name}`).toContain(name);
        const [, asked] = /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(value) ?? [];
        const options = inputs[asked ?? '']?.options;
        const flag = contract.inputs[name]?.flag;
        if (options === undefined || flag === undefined) continue;
        const command = buildProgram().commands.find((one) => one.name() === contract.command);
        const option = command?.options.find(({ long }) => long === flag);
        if (option?.argChoices !== undefined)
          expect(options, `${name} of ${file}`).toEqual(option.argChoices);
        if (option?.defaultValue === undefined) continue;
        expect(inputs[asked ?? '']?.default, `${name} of ${file}`).toBe(String(option.defaultValue));
      }
    }
  });
});
