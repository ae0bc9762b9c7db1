import { type Cleaned, cleanUp, expiredRollbacks } from '../cleanup/cleanup.ts';
import { RunbookError } from '../errors.ts';
import { parseRecordUrl, type RecordPlace } from '../execute/batch/record-place.ts';
import { refusalOf } from '../execute/refusals.ts';
import { formatCount } from '../review/figures.ts';
import { parseBucketName } from '../s3/bucket.ts';
import type { CleanupOptions } from './cleanup.ts';
import { openDeploySite } from './deploy-site.ts';
import { freezeNote } from './freeze-summary.ts';
import { openCalls } from './open-calls.ts';
import { openEndFreeze } from './run-freeze.ts';
import { openTerminal, writeJson, writeOut } from './terminal.ts';

/** The `cleanup` command. */
export async function runCleanup(options: CleanupOptions): Promise<void> {
  const { account, record, expired, recordBucket } = options;
  if (!/^\d{12}$/.test(account)) throw invalid(`--account '${account}' is not an account ID of 12 digits.`);
  if ((record === undefined) === (expired !== true))
    throw invalid('cleanup needs --record or --expired, one of them.');
  if (expired && recordBucket === undefined) throw invalid('--expired needs --record-bucket.');
  const one = record === undefined ? null : parseRecordUrl(record);
  if (record !== undefined && one === null) {
    throw invalid(`--record '${record}' is a folder: a run of this machine leaves nothing on AWS.`);
  }
  const bucket = one?.bucket ?? parseBucketName(recordBucket ?? '');
  const terminal = await openTerminal({ quiet: options.quiet ?? false });
  try {
    const region = options.region ?? '';
    const partition = region.startsWith('cn-')
      ? 'aws-cn'
      : region.startsWith('us-gov-')
        ? 'aws-us-gov'
        : 'aws';
    const site = {
      ...openDeploySite(options, { account, partition }, terminal.progress),
      markers: openCalls(options),
      endFreeze: openEndFreeze(options),
    };
    const places: RecordPlace[] =
      one === null
        ? (await expiredRollbacks(site, new Date())).map((id) => ({ bucket, prefix: `${id}/` }))
        : [one];
    const cleaned: Cleaned[] = [];
    for (const place of places) cleaned.push(await cleanUp(site, place, options.dryRun === true));
    terminal.finish();
    if (options.json) writeJson({ command: 'cleanup', dryRun: options.dryRun === true, cleaned });
    else writeOut(summary(cleaned, options.dryRun === true));
  } catch (error) {
    throw refusalOf(error, bucket);
  } finally {
    terminal.finish();
  }
}

function summary(cleaned: readonly Cleaned[], isTrial: boolean): string {
  if (cleaned.length === 0) return 'Nothing has expired.';
  return cleaned
    .map(
      ({ rollbackId, jobs, stack, workObjects, freeze }) =>
        `${rollbackId}: ${isTrial ? 'would remove' : 'removed'} ${formatCount(jobs.length)} unfinished jobs, ${stack === null ? 'no stack' : `the stack ${stack}`}, ${formatCount(workObjects)} work files; the record stays${freezeNote(freeze)}`,
    )
    .join('\n');
}

function invalid(message: string): RunbookError {
  return new RunbookError('INVALID_OPTION', message, {
    hint: 'examples: npm run --silent s3-rewind -- cleanup --help',
  });
}
