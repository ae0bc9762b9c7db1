import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseTemplate } from '../../src/deploy/resolve-template.ts';
import { runCommand } from '../cli/run-command.ts';
import { scratchFolder } from '../cli/scratch-folder.ts';

const scratch = scratchFolder();
const run = (out: string, ...more: string[]) =>
  runCommand('bootstrap', '--repository', 'my-org/my-repo', '--out', join(scratch, out), ...more);

describe('bootstrap', () => {
  test('writes the template and prints the command that deploys it', async () => {
    const { status, stdout } = await run(
      ...['a b.yaml', '--repository-id', '456', '--owner-id', '123', '--region', 'cn-north-1'],
      ...['--bucket', 'my-bucket', '--bucket', 'team-*'],
    );
    expect(status).toBe(0);
    expect(stdout).toContain(
      `--template-file '${join(scratch, 'a b.yaml')}' --stack-name s3-rewind-bootstrap`,
    );
    expect(stdout).toContain('--region cn-north-1 --capabilities CAPABILITY_IAM');
    expect(stdout).toContain("'RollbackBuckets=arn:aws-cn:s3:::my-bucket,arn:aws-cn:s3:::team-*'");
    expect(stdout).not.toContain('Warning');
    const template = parseTemplate(readFileSync(join(scratch, 'a b.yaml'), 'utf8'));
    expect(template).toHaveProperty('Resources.StartJobsRole');
  });

  test('warns of a trust that rests on names alone', async () => {
    const { status, stdout } = await run('names.yaml');
    expect(status).toBe(0);
    expect(stdout).toContain('Warning: trusts the repository by name.');
  });

  test('tells a script the same', async () => {
    const { stdout } = await run('json.yaml', '--json', '--bucket', 'b-1');
    expect(JSON.parse(stdout)).toMatchObject({ command: 'bootstrap', isBoundToNames: true });
  });

  test('overwrites nothing', async () => {
    writeFileSync(join(scratch, 'kept.yaml'), 'mine');
    const { status, stderr } = await run('kept.yaml');
    expect(status).toBe(2);
    expect(stderr).toContain('OUTPUT_NOT_WRITABLE');
    expect(readFileSync(join(scratch, 'kept.yaml'), 'utf8')).toBe('mine');
  });

  /** One line a refusal: its options, and what the message names. */
  test.each([
    [['--repository', 'my-repo'], "'my-repo' is not OWNER/REPO"],
    [['--repository', "o/r:environment:x'"], 'is not OWNER/REPO'],
    [['--repository-id', '456'], 'go together'],
    [['--repository-id', 'x', '--owner-id', '1'], 'are numbers'],
    [['--environment', 'prod*'], "--environment 'prod*' cannot be trusted"],
    [['--environment', `\${aws:username}`], 'cannot be trusted'],
    [['--branch', 'release/*'], "--branch 'release/*' cannot be trusted"],
    [['--environment', 'Go', '--plan-environment', 'go'], "--plan-environment 'go' is the environment"],
    [['--region', 'Ireland'], "'Ireland' is not a Region"],
    [['--bucket', 's3://my-bucket'], "'s3://my-bucket' is not a bucket name"],
  ])('refuses %j', async (options, message) => {
    const { status, stderr } = await run('refused.yaml', ...options);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });
});
