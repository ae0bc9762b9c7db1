import { openGlueCalls } from '../aws/glue-calls.ts';
import { openQueryClients } from '../aws/query-clients.ts';
import { type CleanupScope, type CleanupSite, cleanUpAll } from '../cleanup/cleanup.ts';
import { type Account, accountOfStack } from '../deploy/site.ts';
import { RunbookError } from '../errors.ts';
import { parseRecordUrl } from '../execute/batch/record-place.ts';
import { refusalOf } from '../execute/refusals.ts';
import type { Progress } from '../progress.ts';
import { parseBucketName } from '../s3/bucket.ts';
import type { CleanupOptions } from './cleanup.ts';
import { cleanedSummary } from './cleanup-summary.ts';
import { openDeploySite, openJobs } from './deploy-site.ts';
import { parseEndpoint } from './endpoint-options.ts';
import { openCalls } from './open-calls.ts';
import { isSet } from './open-set.ts';
import { openEndFreeze } from './run-freeze.ts';
import { openTerminal, writeJson, writeOut } from './terminal.ts';

/** The `cleanup` command. */
export async function runCleanup(options: CleanupOptions): Promise<void> {
  const { account, record, expired, recordBucket } = options;
  if (account !== undefined && !/^\d{12}$/.test(account))
    throw invalid(`--account '${account}' is not an account ID of 12 digits.`);
  if ((record === undefined) === (expired !== true))
    throw invalid('cleanup needs --record or --expired, one of them.');
  if (expired && recordBucket === undefined) throw invalid('--expired needs --record-bucket.');
  if (record !== undefined && (await isSet(record))) {
    const { runCleanupSet } = await import('./run-cleanup-set.ts');
    return await runCleanupSet(record, options);
  }
  const place = record === undefined ? null : parseRecordUrl(record);
  if (record !== undefined && place === null) {
    const { runFolderCleanup } = await import('./run-folder-cleanup.ts');
    return await runFolderCleanup(record, options);
  }
  const bucket = place?.bucket ?? parseBucketName(recordBucket ?? '');
  const scope: CleanupScope = place === null ? { recordBucket: bucket } : { record: place };
  const dryRun = options.dryRun === true;
  const terminal = await openTerminal({ quiet: options.quiet ?? false });
  try {
    const site = openCleanupSite(options, terminal.progress);
    const result = await cleanUpAll(site, scope, new Date(), dryRun);
    terminal.finish();
    if (options.json) writeJson({ command: 'cleanup', dryRun, ...result });
    else writeOut(cleanedSummary(result, dryRun));
  } catch (error) {
    throw refusalOf(error, bucket);
  } finally {
    terminal.finish();
  }
}

/** Everything that cleaning up on AWS talks to. */
export function openCleanupSite(options: CleanupOptions, progress: Progress): CleanupSite {
  return {
    ...openDeploySite(options, accountOfStack(''), progress),
    openJobs(account) {
      assertAccount(options.account, account);
      return openJobs(options, account);
    },
    markers: openCalls(options),
    endFreeze: openEndFreeze(options),
    catalog: openGlueCalls(openQueryClients(parseEndpoint(options)).glue),
  };
}

/** Somebody who names an account wants no other to be touched. */
function assertAccount(asked: string | undefined, { account }: Account): void {
  if (asked === undefined || asked === account) return;
  throw invalid(`The jobs of the record are of the account ${account}, not of --account ${asked}.`);
}

function invalid(message: string): RunbookError {
  return new RunbookError('INVALID_OPTION', message, {
    hint: 'examples: npm run --silent s3-rewind -- cleanup --help',
  });
}
