import { type Command, Option } from 'commander';
import {
  RESTORE_TIERS,
  RESTORED_COPY_CHOICES,
  type RestoredCopyChoice,
  type RestoreTier,
} from '../s3/restore.ts';
import { addDestinationOptions, addEndpointOptions } from './endpoint-options.ts';
import type { DestinationOptions } from './open-calls.ts';

const RESTORE_CHOICES = ['direct', 's3-batch-restore'] as const;
type RestoreChoice = (typeof RESTORE_CHOICES)[number];

export type RestoreArchivedOptions = DestinationOptions & {
  record: string;
  tier?: RestoreTier;
  days?: string;
  yes?: boolean;
  once?: boolean;
  offer?: boolean;
  look?: boolean;
  prices?: string;
  restoreWith?: RestoreChoice;
  copyWith?: RestoredCopyChoice;
  approval?: string;
  pollSeconds?: string;
  concurrency?: string;
  json?: boolean;
  quiet?: boolean;
};

const EXAMPLES = `
Examples:
  See what it would cost and how long it would take:
    npm run --silent s3-rewind -- restore-archived --record my-plan --offer

  Ask S3 to restore, and come back later; the same line without --yes goes on, by hand or from a schedule:
    npm run --silent s3-rewind -- restore-archived --record my-plan --tier Bulk --yes --once
    npm run --silent s3-rewind -- restore-archived --record my-plan --once

  Stay until everything is copied:
    npm run --silent s3-rewind -- restore-archived --record my-plan --yes

Exit status: 0 every planned row ended done or already; 4 S3 is still restoring, look again at the time that is told;
3 rows were left as they are; 2 refused, nothing was changed; 1 it failed. Stopped at any moment, it goes on.
`;

export function addRestoreArchivedCommand(program: Command): void {
  const command = program
    .command('restore-archived')
    .summary('restore archived versions that a run left, and copy them: this changes the bucket')
    .description(
      'Goes on where start-jobs left rows as archived: asks S3 to restore these versions (RestoreObject), looks after them from time to time, and copies each behind the guards of any other row. Shows cost and waiting time first.',
    )
    .requiredOption('--record <folder>', 'the plan folder, or s3://BUCKET/ROLLBACK-ID/')
    .addOption(
      new Option('--tier <tier>', 'how fast S3 restores (default: Bulk)').choices([...RESTORE_TIERS]),
    )
    .option('--days <n>', 'how long restored copies stay (default: 7, or as long as copying takes)')
    .option('--yes', 'agree to cost and time; needed once, and again for copies that have expired')
    .option('--once', 'make one pass at most, and end')
    .option('--offer', 'print cost and waiting time, and end; changes nothing')
    .option('--look', 'print how many versions are ready, and end; changes nothing')
    .option('--prices <file>', 'price table (JSON) that overrides the built-in one, see docs/estimates.md')
    .addOption(
      new Option(
        '--restore-with <who>',
        "who asks S3: this machine, or jobs of S3's own for a plan that was deployed (default: direct)",
      ).choices([...RESTORE_CHOICES]),
    )
    .addOption(
      new Option(
        '--copy-with <who>',
        "who copies what was restored: this machine, or the task function of the plan's stack (default: the function where there is a stack)",
      ).choices([...RESTORED_COPY_CHOICES]),
    )
    .option('--approval <file>', 'for jobs: the proof, approval.json; none with --yes: test data only')
    .option('--poll-seconds <n>', 'between two looks at jobs (default: 10)')
    .option('--concurrency <n>', 'most requests in flight (default: 64)');
  addDestinationOptions(addEndpointOptions(command))
    .option('--json', 'print one JSON object instead of the summary')
    .option('--quiet', 'show no progress')
    .addHelpText('after', EXAMPLES)
    .action(async (options: RestoreArchivedOptions) => {
      const { runRestoreArchived } = await import('./run-restore-archived.ts');
      await runRestoreArchived(options);
    });
}
