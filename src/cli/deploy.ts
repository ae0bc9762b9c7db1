import type { Command } from 'commander';
import { addEndpointOptions, type EndpointOptions } from './endpoint-options.ts';

export type DeployOptions = EndpointOptions & {
  record: string;
  recordBucket?: string;
  boundaryArn: string;
  serviceRoleArn: string;
  scenarios?: string;
  reservedConcurrency?: string;
  expiresDays: string;
  repository: string;
  runId: string;
  start?: boolean;
  pollSeconds?: string;
  json?: boolean;
  quiet?: boolean;
};

const EXAMPLES = `
Examples:
  Deploy a plan that lies in a folder; the ARNs are outputs of the bootstrap stack:
    npm run --silent s3-rewind -- deploy --record my-plan --record-bucket s3-rewind-111122223333-eu-west-1 \\
      --boundary-arn arn:aws:iam::111122223333:policy/s3-rewind/bootstrap/s3-rewind-bootstrap-Boundary-1A2B \\
      --service-role-arn arn:aws:iam::111122223333:role/s3-rewind/bootstrap/s3-rewind-bootstrap-ServiceRole-3C4D

  Deploy a plan that is on S3 already:
    npm run --silent s3-rewind -- deploy --record s3://my-records/rb-my-bucket-20250830t020000z-1a2b3c4d/ \\
      --boundary-arn ARN --service-role-arn ARN

Safe to repeat: it finds the stack and the jobs that are there. The jobs wait for start-jobs, for 30 days at most.

Exit status: 0 the jobs are suspended; 2 the record, the stack or the account was refused; 1 it failed.
`;

export function addDeployCommand(program: Command): void {
  const command = program
    .command('deploy')
    .summary('turn a plan into a stack and suspended jobs on AWS; changes no data')
    .description(
      'Puts the plan into the record bucket, makes the CloudFormation stack of the rollback and one job of S3 Batch Operations a scenario. The jobs wait for their confirmation, and their roles cannot write before an approval.',
    )
    .requiredOption('--record <record>', 'the plan folder, or s3://BUCKET/ROLLBACK-ID/')
    .option('--record-bucket <name>', 'for a plan folder: the record bucket of the bootstrap stack')
    .requiredOption('--boundary-arn <arn>', 'permissions boundary, from the outputs of the bootstrap stack')
    .requiredOption('--service-role-arn <arn>', 'role of CloudFormation, from the same outputs')
    .option('--scenarios <list>', 'only these scenarios of the plan, for example 2,3b')
    .option(
      '--reserved-concurrency <n>',
      'task functions that run at a time at most; 0: no limit (default: as the plan is estimated, 15 to 100)',
    )
    .option('--expires-days <n>', 'after so many days cleanup --expired takes the stack away', '30')
    .option('--repository <name>', 'tag of the stack: where the rollback was started', 'none')
    .option('--run-id <id>', 'tag of the stack: the workflow run', 'none')
    .option('--poll-seconds <n>', 'between two looks at the stack and the jobs (default: 10)')
    .option(
      '--start',
      'TEST DATA ONLY: start at once, with nobody asked; needs the rights of start-jobs too',
    );
  addEndpointOptions(command)
    .option('--json', 'print one JSON object instead of the summary')
    .option('--quiet', 'show no progress')
    .addHelpText('after', EXAMPLES)
    .action(async (options: DeployOptions) => {
      const { runDeploy } = await import('./run-deploy.ts');
      await runDeploy(options);
    });
}
