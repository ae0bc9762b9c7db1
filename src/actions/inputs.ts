import type { EndpointOptions } from '../cli/endpoint-options.ts';
import { RunbookError } from '../errors.ts';
import type { ENDPOINT_INPUTS } from './contract/endpoint.ts';
import { type ActionContract, type InputSpec, inputVariable } from './contract.ts';

/** Inputs as they were given, or their default; an empty one is as if it were not given. */
export type ActionInputs<C extends ActionContract> = {
  text(name: keyof C['inputs'] & string): string | null;
  isOn(name: keyof C['inputs'] & string): boolean;
  /** A whole number from 1. */
  number(name: keyof C['inputs'] & string): number | null;
  /** What the command line is given: each input that has a flag, as `--flag=value`. */
  arguments(): string[];
};

/**
 * Reads the inputs of an action from the variables that its action.yml sets.
 * @throws RunbookError INVALID_OPTION
 */
export function readInputs<C extends ActionContract>(
  contract: C,
  env: Readonly<Record<string, string | undefined>>,
): ActionInputs<C> {
  const specs: Readonly<Record<string, InputSpec>> = contract.inputs;
  const given = new Map<string, string>();
  for (const [name, spec] of Object.entries(specs)) {
    const text = (env[inputVariable(name)] ?? '').trim();
    const value = text === '' && spec.flag === undefined ? (literalDefault(spec) ?? '') : text;
    checkInput(name, spec, value);
    if (value !== '') given.set(name, value);
  }
  return {
    text: (name) => given.get(name) ?? null,
    isOn: (name) => given.get(name) === 'true',
    number: (name) => {
      const text = given.get(name);
      return text === undefined ? null : Number(text);
    },
    arguments: () =>
      Object.entries(specs).flatMap(([name, spec]) => toArguments(spec, given.get(name) ?? '')),
  };
}

/** The inputs of contract/endpoint.ts, as the command line has them. */
export function readEndpoint(
  inputs: ActionInputs<ActionContract & { inputs: typeof ENDPOINT_INPUTS }>,
): EndpointOptions {
  const endpointUrl = inputs.text('endpoint-url');
  const region = inputs.text('region');
  return {
    ...(endpointUrl === null ? {} : { endpointUrl }),
    ...(region === null ? {} : { region }),
    ...(inputs.isOn('force-path-style') ? { forcePathStyle: true } : {}),
    ...(inputs.isOn('requester-pays') ? { requesterPays: true } : {}),
  };
}

/** An expression of GitHub is filled in by the runner, or by nobody. */
function literalDefault({ default: text }: InputSpec): string | undefined {
  return text?.startsWith('$' + '{{') ? undefined : text;
}

function checkInput(name: string, spec: InputSpec, value: string): void {
  const refuse = (fact: string, hint: string) => new RunbookError('INVALID_OPTION', fact, { hint });
  if (value === '') {
    if (spec.required) throw refuse(`The input "${name}" is empty.`, `give it, for example ${spec.example}`);
    return;
  }
  if (spec.kind === 'switch' && value !== 'true' && value !== 'false') {
    throw refuse(`The input "${name}" is '${value}'.`, 'give true or false');
  }
  if (spec.kind === 'number' && !/^[1-9]\d{0,15}$/.test(value)) {
    throw refuse(`The input "${name}" is '${value}', no whole number from 1.`, `for example ${spec.example}`);
  }
  if (spec.choices !== undefined && !spec.choices.includes(value)) {
    throw refuse(`The input "${name}" is '${value}'.`, `give ${spec.choices.join(', ')}`);
  }
}

function splitValue(kind: InputSpec['kind'], value: string): string[] {
  const isGiven = (text: string) => text.trim() !== '';
  if (kind === 'lines') return value.split(/\r?\n/).filter(isGiven);
  // A name of a bucket has neither commas nor spaces.
  if (kind === 'names')
    return value
      .split(/[\r\n,]+/)
      .filter(isGiven)
      .map((text) => text.trim());
  return [value];
}

/** `--flag=value` in one word: no value can be taken for an option, whatever it begins with. */
function toArguments(spec: InputSpec, value: string): string[] {
  const { flag, kind } = spec;
  if (flag === undefined || value === '') return [];
  if (kind === 'switch') return (value === 'true') !== (spec.inverse === true) ? [flag] : [];
  return splitValue(kind, value).map((one) => `${flag}=${one}`);
}
