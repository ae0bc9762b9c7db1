import type { Command } from 'commander';
import type { BootstrapOptions } from './bootstrap.ts';

const EXAMPLES = `
Examples:
  Write the template, and print the command that deploys it:
    npm run --silent s3-rewind -- bootstrap --repository my-org/my-repo --bucket my-bucket --region eu-west-1

  With the IDs of a repository, so that nobody who takes over its name is trusted:
    npm run --silent s3-rewind -- bootstrap --repository my-org/my-repo --repository-id 456 --owner-id 123 \\
      --bucket my-bucket --bucket 'team-*' --region eu-west-1 --environment s3-rewind --out bootstrap.yaml

Exit status: 0 the template was written; 2 the input was refused; 1 it failed.
`;

export function addBootstrapCommand(program: Command): void {
  program
    .command('bootstrap')
    .summary('write the CloudFormation template of an account; changes nothing')
    .description(
      'Writes the template of the roles that GitHub Actions takes on, what bounds them, and the record bucket: once per account and Region. Sends nothing anywhere: an administrator deploys it with the command that is printed.',
    )
    .requiredOption('--repository <owner/repo>', 'the GitHub repository whose workflow takes on the roles')
    .option('--repository-id <n>', 'its ID; goes with --owner-id')
    .option('--owner-id <n>', 'the ID of its owner')
    .option('--branch <name>', 'the branch that its workflows run from', 'main')
    .option('--environment <name>', 'the environment with required reviewers, for start-jobs', 's3-rewind')
    .option('--plan-environment <name>', 'trust this environment for plan (default: the branch alone)')
    .option('--deploy-environment <name>', 'trust this environment for deploy (default: the branch alone)')
    .option('--cleanup-environment <name>', 'trust this environment for cleanup (default: the branch alone)')
    .option(
      '--freeze-environment <name>',
      'add a role that may freeze and thaw, trusted for this environment alone; give it required reviewers',
    )
    .option(
      '--drill [environment]',
      'add a role for drills in a scratch bucket of their own, trusted for the branch, or for this environment',
    )
    .option(
      '--bucket <name...>',
      'buckets that may be rolled back or copied into; * stands for any characters',
    )
    .option('--region <region>', 'the Region to deploy in')
    .option('--out <file>', 'the file to write; must not exist', 'bootstrap.yaml')
    .option('--json', 'print one JSON object instead of the summary')
    .addHelpText('after', EXAMPLES)
    .action(async (options: BootstrapOptions) => {
      const { runBootstrap } = await import('./bootstrap.ts');
      await runBootstrap(options);
    });
}
