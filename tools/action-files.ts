import { parse } from 'yaml';
import { CLEANUP } from '../src/actions/contract/cleanup.ts';
import { DEPLOY } from '../src/actions/contract/deploy.ts';
import { DOCTOR } from '../src/actions/contract/doctor.ts';
import { DRILL } from '../src/actions/contract/drill.ts';
import { EXTEND_RETENTION } from '../src/actions/contract/extend-retention.ts';
import { FREEZE } from '../src/actions/contract/freeze.ts';
import { INVENTORY } from '../src/actions/contract/inventory.ts';
import { PLAN } from '../src/actions/contract/plan.ts';
import { RESTORE_ARCHIVED } from '../src/actions/contract/restore-archived.ts';
import { RESUME } from '../src/actions/contract/resume.ts';
import { START_JOBS } from '../src/actions/contract/start-jobs.ts';
import { THAW } from '../src/actions/contract/thaw.ts';
import { UNDO } from '../src/actions/contract/undo.ts';
import { VERIFY } from '../src/actions/contract/verify.ts';
import { type ActionContract, type InputSpec, inputVariable } from '../src/actions/contract.ts';

/** action.yml is made from the contract of an action, and the action's page from its action.yml. */

export const CONTRACTS: readonly ActionContract[] = [
  INVENTORY,
  PLAN,
  DEPLOY,
  START_JOBS,
  RESUME,
  RESTORE_ARCHIVED,
  VERIFY,
  UNDO,
  CLEANUP,
  FREEZE,
  THAW,
  DOCTOR,
  EXTEND_RETENTION,
  DRILL,
];

/** Commit of the tag, as its repository has it. */
const SETUP_NODE = 'actions/setup-node@820762786026740c76f36085b0efc47a31fe5020 # v7.0.0';

/** Text of actions/<name>/action.yml. */
export function renderActionFile(contract: ActionContract): string {
  const inputs = Object.entries(contract.inputs);
  return [
    `# Made by \`npm run docs\` from src/actions/contract/${contract.name}.ts.`,
    `name: ${quote(`s3-rewind ${contract.name}`)}`,
    `description: ${quote(contract.what)}`,
    'branding:',
    '  icon: rewind',
    '  color: blue',
    'inputs:',
    ...inputs.flatMap(([name, spec]) => [
      `  ${name}:`,
      `    description: ${quote(`${spec.what} Type: ${spec.kind}. Example: \`${spec.example}\``)}`,
      `    required: ${spec.required ?? false}`,
      ...(spec.default === undefined ? [] : [`    default: ${quote(spec.default)}`]),
    ]),
    'outputs:',
    ...Object.entries(contract.outputs).flatMap(([name, { what, kind, example }]) => [
      `  ${name}:`,
      `    description: ${quote(`${what} Type: ${kind}. Example: \`${example}\``)}`,
      `    value: \${{ steps.run.outputs.${name} }}`,
    ]),
    'runs:',
    '  using: composite',
    '  steps:',
    '    - name: Set up Node.js',
    `      uses: ${SETUP_NODE}`,
    '      with:',
    "        node-version: '24'",
    '        package-manager-cache: false',
    '    - name: Install s3-rewind',
    '      shell: bash',
    '      env:',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of GitHub.
    '        ACTION_FOLDER: ${{ github.action_path }}',
    '      run: |',
    '        cd "$ACTION_FOLDER/../.."',
    '        [ -e node_modules/.package-lock.json ] || npm ci --omit=dev --ignore-scripts --no-audit --no-fund',
    `    - name: ${quote(`Run ${contract.name}`)}`,
    '      id: run',
    '      shell: bash',
    '      env:',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of GitHub.
    '        ACTION_FOLDER: ${{ github.action_path }}',
    ...inputs.map(([name]) => `        ${inputVariable(name)}: \${{ inputs.${name} }}`),
    '      run: node "$ACTION_FOLDER/../../tools/on-node-24.mjs" "$ACTION_FOLDER/main.ts"',
    '',
  ].join('\n');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

type Described = { description: string; default?: string; required?: boolean };
type ActionFile = {
  description: string;
  inputs: Record<string, Described>;
  outputs: Record<string, Described>;
};

/** Text of actions/<name>/README.md. */
export function renderActionPage(contract: ActionContract, actionFile: string): string {
  const { description, inputs, outputs } = parse(actionFile) as ActionFile;
  const permissions = Object.entries(contract.permissions);
  return [
    `# ${contract.name}`,
    '',
    description,
    '',
    '```yaml',
    ...renderUse(contract),
    '```',
    '',
    ...(permissions.length === 0
      ? ['It needs no `permissions:` of its own.']
      : ['`permissions:` of the job:', '', ...permissions.map(([name, why]) => `- \`${name}\`: ${why}`)]),
    '',
    '## Inputs',
    '',
    '| Input | Type | Default | Example | |',
    '| --- | --- | --- | --- | --- |',
    ...Object.entries(inputs).map(([name, input]) => {
      const { what, kind, example } = readDescription(input.description);
      const standard = input.required ? '**needed**' : formatCell(input.default);
      return `| \`${name}\` | ${kind} | ${standard} | \`${example}\` | ${what} |`;
    }),
    '',
    '## Outputs',
    '',
    '| Output | Type | Example | |',
    '| --- | --- | --- | --- |',
    ...Object.entries(outputs).map(([name, output]) => {
      const { what, kind, example } = readDescription(output.description);
      return `| \`${name}\` | ${kind} | \`${example}\` | ${what} |`;
    }),
    '',
    'The tables are made from [action.yml](action.yml) by `npm run docs`. All actions are in [the overview](../../docs/actions.md).',
    '',
  ].join('\n');
}

function renderUse({ name, inputs }: ActionContract): string[] {
  const needed = Object.entries<InputSpec>(inputs).filter(([, spec]) => spec.required);
  return [
    `- uses: owner/s3-rewind/actions/${name}@v1`,
    ...(needed.length === 0
      ? []
      : ['  with:', ...needed.map(([input, { example }]) => `    ${input}: ${example}`)]),
  ];
}

function formatCell(text: string | undefined): string {
  return text === undefined || text === '' ? '' : `\`${text}\``;
}

/** @throws Error for a description that is not of the form above */
function readDescription(text: string): { what: string; kind: string; example: string } {
  const [, what, kind, example] = /^(.*) Type: (\w+)\. Example: `([^`]+)`$/.exec(text) ?? [];
  if (what === undefined || kind === undefined || example === undefined) throw new Error(`no type: ${text}`);
  return { what, kind, example };
}
