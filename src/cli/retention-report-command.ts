import type { Command } from 'commander';
import { addEndpointOptions, type EndpointOptions } from './endpoint-options.ts';

export type RetentionReportOptions = EndpointOptions & {
  bucket: string;
  year: string;
  recordBucket?: string;
  records?: string[];
  csv?: string;
  json?: boolean;
};

const EXAMPLES = `
Examples:
  All runs of a bucket in a year, from the record bucket, also as CSV for the auditor:
    npm run --silent s3-rewind -- retention-report --bucket my-bucket --year 2025 \\
      --record-bucket my-records --csv retention-2025.csv

  From records that lie in folders:
    npm run --silent s3-rewind -- retention-report --bucket my-bucket --year 2025 --records my-extension my-extension-2

Exit status: 0 the report was made; 3 versions were left or a run came late; 2 the input was refused; 1 it failed.
`;

export function addRetentionReportCommand(program: Command): void {
  addEndpointOptions(program.command('retention-report'))
    .summary('add up the runs of extend-retention in a year; changes nothing')
    .description(
      'Reads the records of extend-retention, proves each by its digest, and adds up a year: what was due, what was locked, what was left, and where a run came later than the schedule.',
    )
    .requiredOption('--bucket <name>', 'the bucket under Object Lock')
    .requiredOption('--year <yyyy>', 'the year, of UTC')
    .option('--record-bucket <name>', 'the bucket that the records are in')
    .option('--records <folder...>', 'or folders of records')
    .option('--csv <file>', 'also write one row a run into this new file')
    .option('--json', 'print one JSON object instead of the table')
    .addHelpText('after', EXAMPLES)
    .action(async (options: RetentionReportOptions) => {
      const { runRetentionReport } = await import('./retention-report.ts');
      await runRetentionReport(options);
    });
}
