import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { openS3Client } from '../aws/client.ts';
import { openRetentionCalls } from '../aws/retention-calls.ts';
import { openStackCalls, openStackClient } from '../aws/stacks.ts';
import { writeApproval } from '../deploy/write-approval.ts';
import { RunbookError } from '../errors.ts';
import { sleep } from '../execute/backoff.ts';
import { formatRecordUrl, type RecordPlace } from '../execute/batch/record-place.ts';
import { refusalOf } from '../execute/refusals.ts';
import { findSettingsStack } from '../retention/approved-role.ts';
import { readRemoteRetention } from '../retention/remote-record.ts';
import type { RetentionStart } from '../retention/run-files.ts';
import { runOnBatch } from '../retention/run-on-batch.ts';
import { ROLLBACK_TAGS } from '../s3/aws-names.ts';
import { isFulfilled } from '../s3/outcome.ts';
import { openDeploySite } from './deploy-site.ts';
import { parseEndpoint } from './endpoint-options.ts';
import { EXIT_ROWS_LEFT } from './exit-status.ts';
import { watchStop } from './interruption.ts';
import { openRecordCalls } from './open-record.ts';
import { retentionRunSummary } from './retention-summary.ts';
import { type GivenApproval, readApproval } from './run-start-on-aws.ts';
import type { StartJobsOptions } from './start-jobs.ts';
import { openTerminal, writeJson, writeOut } from './terminal.ts';

type Options = Omit<StartJobsOptions, 'destinationRegion'>;

/** The `start-jobs` command over the record of an extension on S3: S3 Batch Operations carries it out. */
export async function runRetentionOnAws(options: Options, place: RecordPlace): Promise<void> {
  const terminal = await openTerminal({ quiet: options.quiet ?? false });
  const stop = watchStop();
  const client = openS3Client(parseEndpoint(options));
  const workFolder = await mkdtemp(join(tmpdir(), 's3-rewind-retention-'));
  try {
    const objects = openRecordCalls(options);
    const plan = await readRemoteRetention({ objects, pause: sleep }, place);
    const consent = await readConsent(options, plan);
    const stacks = openStackCalls(openStackClient(parseEndpoint(options)));
    const stack = await findSettingsStack({ stacks }, place, plan);
    const [, partition = 'aws', , , account = ''] = stack.id.split(':');
    if (consent.text !== null) {
      await writeApproval({ objects, pause: sleep }, place, consent.text);
    }
    const outcome = await runOnBatch({
      site: openDeploySite(options, { partition, account }, terminal.progress),
      calls: openRetentionCalls(client),
      place,
      workFolder,
      startedBy: consent.startedBy,
      approval: consent.approval,
      tags: [ROLLBACK_TAGS.repository, ROLLBACK_TAGS.run].map((key) => ({
        key,
        value: stack.tags[key] ?? 'none',
      })),
      isStopped: stop.isStopped,
    });
    terminal.finish();
    const record = formatRecordUrl(place);
    if (options.json) writeJson({ command: 'start-jobs', record, ...outcome });
    else writeOut(retentionRunSummary(outcome, record));
    if (!isFulfilled(outcome.outcomes)) process.exitCode = EXIT_ROWS_LEFT;
  } catch (error) {
    throw refusalOf(error, place.bucket);
  } finally {
    stop.end();
    terminal.finish();
    client.destroy();
    await rm(workFolder, { recursive: true, force: true });
  }
}

type Consent = { startedBy: RetentionStart['startedBy'] } & GivenApproval;

/**
 * Who lets the run start: the proof of an approval, or, with --unattended, the approval that AWS holds from before.
 * @throws RunbookError INVALID_OPTION, CONFIRMATION_MISSING, APPROVAL_*
 */
async function readConsent(
  options: Options,
  plan: { retentionId: string; digest: string },
): Promise<Consent> {
  if (options.unattended !== true) {
    const given = await readApproval(options, { rollbackId: plan.retentionId, digest: plan.digest });
    return { ...given, startedBy: 'review' };
  }
  if (options.approval !== undefined || options.yes === true) {
    throw new RunbookError('INVALID_OPTION', '--unattended excludes --approval and --yes.', {
      hint: '--approval is for a run that was reviewed, --unattended for a schedule',
    });
  }
  const approval = { reason: 'unattended, within approved settings', tags: [] };
  return { startedBy: 'unattended', approval, text: null };
}
