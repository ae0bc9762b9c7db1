import type { Command } from 'commander';
import { addEndpointOptions, type EndpointOptions } from './endpoint-options.ts';

export type DoctorOptions = EndpointOptions & {
  repository?: string;
  environment: string;
  branch?: string;
  workflow?: string[];
  recordBucket?: string;
  objectLock?: boolean;
  bootstrapStack?: string;
  bucket?: string[];
  horizonDays: string;
  accept?: string[];
  json?: boolean;
  quiet?: boolean;
};

const EXAMPLES = `
Examples:
  Everything, before the bad day:
    export GITHUB_TOKEN=$(gh auth token)
    npm run --silent s3-rewind -- doctor --repository my-org/my-repo --environment s3-rewind \\
      --record-bucket my-records --bucket my-bucket --bucket my-other-bucket --region eu-west-1

  One bucket of an S3-compatible store, which has to reach back 30 days:
    npm run --silent s3-rewind -- doctor --bucket my-bucket --horizon-days 30 \\
      --endpoint-url http://127.0.0.1:9000 --force-path-style

  Somebody looked at a setting that no token of a job can read:
    npm run --silent s3-rewind -- doctor --repository my-org/my-repo \\
      --accept ACTIONS_PULL_REQUESTS --accept ACTIONS_DEFAULT_PERMISSIONS

GitHub is asked with GITHUB_TOKEN or GH_TOKEN. The codes are explained in docs/doctor.md.

Exit status: 0 nothing has to be changed; 1 a check found a problem, or could not be read; 2 the input was refused.
`;

/** The name of the bootstrap stack in docs/bootstrap.md. */
export const DEFAULT_STACK = 's3-rewind-bootstrap';

export function addDoctorCommand(program: Command): void {
  const command = program
    .command('doctor')
    .summary('check before the bad day that a rollback would work; changes nothing')
    .description(
      'Reads the settings that a rollback rests on, on GitHub and on AWS, and says of each what was found and what to change. What was not asked for is listed as not checked. What could not be read never counts as ok. Changes nothing.',
    )
    .option('--repository <owner/name>', 'check gate, token, settings and schedules of this repository')
    .option('--environment <name>', 'the environment that start-jobs waits in', 's3-rewind')
    .option('--branch <name>', 'the branch that the roles trust (default: the default branch)')
    .option('--workflow <file...>', 'workflows that have to run on a schedule; several allowed')
    .option('--record-bucket <name>', 'check the record bucket, and the bootstrap stack with its roles')
    .option('--object-lock', 'the record bucket has to have Object Lock')
    .option(
      '--bootstrap-stack <name>',
      `check this bootstrap stack (default with --record-bucket: ${DEFAULT_STACK})`,
    )
    .option('--bucket <name...>', 'check a bucket that may have to be rolled back; several allowed')
    .option('--horizon-days <n>', 'how far back a rollback has to reach', '7')
    .option('--accept <code...>', 'checks that somebody settled otherwise; they do not fail the command');
  addEndpointOptions(command)
    .option('--json', 'print one JSON object instead of the table')
    .option('--quiet', 'show no progress')
    .addHelpText('after', EXAMPLES)
    .action(async (options: DoctorOptions) => {
      const { runDoctor } = await import('./run-doctor.ts');
      await runDoctor(options);
    });
}
