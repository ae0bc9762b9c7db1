/**
 * What an action takes and gives. action.yml, its `env:` mapping and its page are made from these objects by
 * `npm run docs`; the step reads its inputs by them, and hands those with a `flag` to the command line.
 */

/** `lines`: one value a line. `names`: the same, or separated by commas. `switch`: true or false. */
export type InputKind = 'text' | 'lines' | 'names' | 'switch' | 'number' | 'choice';

export type InputSpec = {
  /** One or two sentences of Markdown. */
  what: string;
  kind: InputKind;
  example: string;
  /** An expression of GitHub, or a text; left out: empty, which is as if it were not given. */
  default?: string;
  required?: true;
  /** For `choice`, where the action itself reads the input. The command line knows its own choices. */
  choices?: readonly string[];
  /** Option of the command that takes the value. Left out: the action itself reads it. */
  flag?: `--${string}`;
  /** The switch is on by default, and the flag turns it off. */
  inverse?: true;
  /** Is kept out of the log. */
  secret?: true;
};

export type OutputSpec = { what: string; kind: 'text' | 'number' | 'JSON'; example: string };

export type ActionContract = {
  name: string;
  /** A sentence for the head of action.yml and of its page. */
  what: string;
  /** Command of the command line whose options the flags are. */
  command: string;
  /** `permissions:` of the job, with the reason. */
  permissions: Readonly<Record<string, string>>;
  inputs: Readonly<Record<string, InputSpec>>;
  outputs: Readonly<Record<string, OutputSpec>>;
};

/** Name of the variable by which action.yml hands an input on. */
export function inputVariable(name: string): string {
  return `INPUT_${name.toUpperCase().replaceAll('-', '_')}`;
}
