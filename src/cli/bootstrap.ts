import { writeFile } from 'node:fs/promises';
import {
  parseBootstrapInputs,
  type RawBootstrapInputs,
  renderBootstrapTemplate,
} from '../bootstrap/template.ts';
import { RunbookError } from '../errors.ts';
import { isSystemError, systemReason } from '../inventory/system-error.ts';
import { partitionOf } from '../s3/partition.ts';
import { printable } from '../s3/printable.ts';
import { writeJson, writeOut } from './terminal.ts';

export type BootstrapOptions = RawBootstrapInputs & {
  bucket?: string[];
  region?: string;
  out: string;
  json?: boolean;
};

const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;
const BUCKET_PATTERN = /^[a-z0-9*][a-z0-9.*-]{0,62}$/;
const STACK_NAME = 's3-rewind-bootstrap';

/** The `bootstrap` command: from a repository to a template and the command that deploys it. */
export async function runBootstrap(options: BootstrapOptions): Promise<void> {
  const inputs = parseBootstrapInputs(options);
  const command = deployCommand(options);
  const template = await renderBootstrapTemplate(inputs);
  try {
    await writeFile(options.out, template, { flag: 'wx' });
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    throw new RunbookError(
      'OUTPUT_NOT_WRITABLE',
      `${options.out} cannot be written: ${systemReason(cause)}.`,
      {
        hint: 'name a file that does not exist yet with --out, in a folder that you may write',
        cause,
      },
    );
  }
  const isBoundToNames = inputs.ids === null;
  if (options.json) {
    writeJson({ command: 'bootstrap', out: options.out, deploy: command, isBoundToNames });
    return;
  }
  const warning = isBoundToNames
    ? [
        'Warning: trusts the repository by name. Whoever takes over the name would be trusted too; and a repository whose',
        'tokens carry IDs is refused. Give --repository-id and --owner-id:',
        `  gh api repos/${inputs.owner}/${inputs.name} --jq '"--repository-id \\(.id) --owner-id \\(.owner.id)"'`,
      ]
    : [];
  writeOut(
    [
      `Written: ${printable(options.out)}`,
      ...warning,
      'Next, as an administrator of the account:',
      command,
    ].join('\n'),
  );
}

/** @throws RunbookError INVALID_OPTION, INVALID_BUCKET */
function deployCommand(options: BootstrapOptions): string {
  const { region, bucket = [] } = options;
  if (region !== undefined && !REGION.test(region)) {
    throw new RunbookError('INVALID_OPTION', `--region '${region}' is not a Region.`, {
      hint: 'for example --region eu-west-1',
    });
  }
  const partition = partitionOf(region ?? '');
  const arns = bucket.map((name) => {
    if (BUCKET_PATTERN.test(name)) return `arn:${partition}:s3:::${name}`;
    throw new RunbookError('INVALID_BUCKET', `'${name}' is not a bucket name, with or without *.`, {
      hint: 'give the name alone, without s3:// and without a path; for several --bucket a --bucket b',
    });
  });
  return [
    `aws cloudformation deploy --template-file ${shellWord(options.out)} --stack-name ${STACK_NAME} \\`,
    `  --region ${region ?? 'REGION'} --capabilities CAPABILITY_IAM \\`,
    `  --parameter-overrides 'RollbackBuckets=${arns.length === 0 ? `arn:${partition}:s3:::BUCKET` : arns.join(',')}'`,
  ].join('\n');
}

/** A word of a POSIX shell that comes out as it stands. */
function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
