import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type InputSpec, inputVariable } from '../../src/actions/contract.ts';
import { readInputs } from '../../src/actions/inputs.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { CONTRACTS } from '../../tools/action-files.ts';

/** action.yml, the variables it sets, the parser, the command line and the pages hold together. */

const ACTIONS = resolve(import.meta.dirname, '../../actions');
const program = buildProgram();

type Step = { id?: string; uses?: string; run?: string; env?: Record<string, string>; shell?: string };
type ActionFile = {
  inputs: Record<string, { description: string; required: boolean; default?: string }>;
  outputs: Record<string, { description: string; value: string }>;
  runs: { using: string; steps: Step[] };
};

const read = (name: string, file: string) => readFileSync(join(ACTIONS, name, file), 'utf8');
const actionFile = (name: string) => parse(read(name, 'action.yml')) as ActionFile;
const inputs = CONTRACTS.flatMap((contract) =>
  Object.entries<InputSpec>(contract.inputs).map(([input, spec]) => ({
    action: contract.name,
    contract,
    input,
    spec,
  })),
);

test('every folder of actions/ has a contract, and every contract a folder', () => {
  expect(readdirSync(ACTIONS).toSorted()).toEqual(CONTRACTS.map(({ name }) => name).toSorted());
});

describe.each(CONTRACTS.map((contract) => ({ name: contract.name, contract })))(
  '$name',
  ({ name, contract }) => {
    const file = actionFile(name);
    const run = file.runs.steps.find(({ id }) => id === 'run');

    test('sets one variable for each input, from that input', () => {
      const { ACTION_FOLDER, ...env } = run?.env ?? {};
      expect(ACTION_FOLDER).toBe('$' + '{{ github.action_path }}');
      expect(env).toEqual(
        Object.fromEntries(
          Object.keys(contract.inputs).map((input) => [inputVariable(input), `\${{ inputs.${input} }}`]),
        ),
      );
      expect(Object.keys(file.inputs)).toEqual(Object.keys(contract.inputs));
    });

    test('splices nothing into a shell, and pins what it uses', () => {
      for (const step of file.runs.steps) {
        expect(step.run ?? '').not.toContain('${' + '{');
        if (step.uses !== undefined) expect(step.uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
      }
      expect(read(name, 'action.yml')).toMatch(/@[0-9a-f]{40} # v\d+\.\d+\.\d+\n/);
    });

    test('gives each output that it names', () => {
      expect(Object.entries(file.outputs).map(([output, { value }]) => [output, value])).toEqual(
        Object.keys(contract.outputs).map((output) => [output, `\${{ steps.run.outputs.${output} }}`]),
      );
    });

    test('names every input and output on its page', () => {
      const page = read(name, 'README.md');
      for (const each of [...Object.keys(contract.inputs), ...Object.keys(contract.outputs)]) {
        expect(page).toContain(`| \`${each}\` |`);
      }
    });

    test('has an entry that runs this contract', () => {
      expect(existsSync(join(ACTIONS, name, 'main.ts'))).toBe(true);
      expect(read(name, 'main.ts')).toContain(`src/actions/contract/${name}.ts`);
    });

    test('refuses to run without what it needs', () => {
      const needed = Object.values<InputSpec>(contract.inputs).some(({ required }) => required);
      if (needed)
        expect(() => readInputs(contract, {})).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
      else expect(() => readInputs(contract, {})).not.toThrow();
    });
  },
);

describe('inputs with a flag', () => {
  test.each(inputs.filter(({ spec }) => spec.flag !== undefined))(
    '$action: $input is an option of the command',
    ({ contract, input, spec }) => {
      const command = program.commands.find((one) => one.name() === contract.command);
      const option = command?.options.find(({ long }) => long === spec.flag);
      expect(option, `${contract.command} has no ${spec.flag}`).toBeDefined();
      const takesValue = option?.required === true || option?.optional === true;
      expect(takesValue, `${input} is a switch, ${spec.flag} is not, or the other way round`).toBe(
        spec.kind !== 'switch',
      );
      expect(option?.variadic, `${input}: one value or several`).toBe(
        spec.kind === 'lines' || spec.kind === 'names',
      );
      expect(option?.negate).toBe(spec.inverse === true);
      if (spec.default === undefined || spec.kind === 'switch' || option?.defaultValue === undefined) return;
      expect(spec.default, `${input} has another default than ${spec.flag}`).toBe(
        String(option.defaultValue),
      );
    },
  );

  test.each(inputs.filter(({ spec }) => spec.required && spec.flag !== undefined))(
    '$action: $input is given as one word',
    ({ contract, input, spec }) => {
      const all = Object.fromEntries(
        Object.entries<InputSpec>(contract.inputs)
          .filter(([, one]) => one.required)
          .map(([name]) => [inputVariable(name), '--out=/etc/passwd; $(id) `id`']),
      );
      expect(readInputs(contract, all).arguments()).toContain(`${spec.flag}=--out=/etc/passwd; $(id) \`id\``);
      expect(readInputs(contract, { ...all, [inputVariable(input)]: ' x ' }).text(input)).toBe('x');
    },
  );
});

describe('values', () => {
  const [plan] = CONTRACTS.filter(({ name }) => name === 'plan');
  const given = (env: Record<string, string>) => {
    if (plan === undefined) throw new Error('no plan');
    return readInputs(plan, { INPUT_BUCKET: 'b', INPUT_TIMESTAMP: 't', ...env });
  };

  test.each<[env: Record<string, string>, expected: string[]]>([
    [{}, []],
    [{ INPUT_LIST: 'true' }, ['--list']],
    [{ INPUT_LIST: 'false' }, []],
    [{ INPUT_USE_METADATA: 'false' }, ['--no-use-metadata']],
    [{ INPUT_USE_METADATA: 'true' }, []],
    [{ INPUT_PREFIX: 'a/\n\n-b\r\n' }, ['--prefix=a/', '--prefix=-b']],
    [{ INPUT_GITHUB_TOKEN: 'secret' }, []],
  ])('%j', (env, expected) => {
    expect(given(env).arguments()).toEqual(['--bucket=b', '--timestamp=t', ...expected]);
  });

  test.each([{ INPUT_LIST: 'yes' }, { INPUT_CONCURRENCY: '0' }, { INPUT_CONCURRENCY: '1; id' }])(
    '%j is refused',
    (env) => {
      expect(() => given(env as Record<string, string>)).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION' }),
      );
    },
  );
});
