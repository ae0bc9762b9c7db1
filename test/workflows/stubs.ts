import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Other people's actions, as far as the workflows need them: act has no network to fetch them from. */

const UPLOAD = `
    - shell: bash
      env:
        NAME: \${{ inputs.name }}
        FROM: \${{ inputs.path }}
        TO: \${{ github.run_id }}
      run: mkdir -p "$STUB_ARTIFACTS/$TO/$NAME" && cp -r "$FROM/." "$STUB_ARTIFACTS/$TO/$NAME/"`;

const DOWNLOAD = `
    - shell: bash
      env:
        NAME: \${{ inputs.name }}
        TO: \${{ inputs.path }}
        FROM: \${{ inputs.run-id || github.run_id }}
      run: mkdir -p "$TO" && cp -r "$STUB_ARTIFACTS/$FROM/$NAME/." "$TO/"`;

/** The role's ARN is the access key, so that the store's log shows which job asked. */
const CREDENTIALS = `
    - shell: bash
      env:
        REGION: \${{ inputs.aws-region }}
        ALLOWED: \${{ inputs.allowed-account-ids }}
        ROLE: \${{ inputs.role-to-assume }}
      run: |
        test "$ALLOWED" = 123456789012
        case $ROLE in arn:aws:iam::123456789012:role/*) ;; *) exit 1 ;; esac
        { echo "AWS_REGION=$REGION"; echo AWS_ACCESS_KEY_ID=AKIASANDBOX; echo AWS_SECRET_ACCESS_KEY=secret; } >> "$GITHUB_ENV"`;

const NOTHING = `
    - shell: bash
      run: node --version`;

const STUBS: Record<string, string> = {
  'actions/setup-node': NOTHING,
  'actions/upload-artifact': UPLOAD,
  'actions/download-artifact': DOWNLOAD,
  'aws-actions/configure-aws-credentials': CREDENTIALS,
};

/**
 * Writes a stub for every action of others that the texts use, each at the very commit that they name.
 * @returns arguments of act
 */
export async function writeStubs(folder: string, texts: readonly string[]): Promise<string[]> {
  const used = new Set(
    texts.flatMap((text) =>
      [...text.matchAll(/uses: ([\w-]+\/[\w-]+@[0-9a-f]{40})/g)].map(([, use]) => use ?? ''),
    ),
  );
  const args: string[] = [];
  for (const use of used) {
    const [name = ''] = use.split('@');
    if (name === 'actions/checkout') continue;
    const steps = STUBS[name];
    if (steps === undefined) throw new Error(`there is no stub of ${name}`);
    const path = join(folder, name);
    await mkdir(path, { recursive: true });
    const inputs = ['name', 'path', 'run-id', 'aws-region', 'role-to-assume', 'allowed-account-ids'];
    const described = inputs.map((input) => `  ${input}:\n    required: false`).join('\n');
    await writeFile(
      join(path, 'action.yml'),
      `name: stub\ndescription: stub\ninputs:\n${described}\nruns:\n  using: composite\n  steps:${steps}\n`,
    );
    args.push('--local-repository', `${use}=${path}`);
  }
  return args;
}
