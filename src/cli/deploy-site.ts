import process from 'node:process';
import { openBatchJobCalls } from '../aws/batch-jobs.ts';
import { openS3ControlClient } from '../aws/control-client.ts';
import { openRoleCalls, openRoleClient } from '../aws/roles.ts';
import { openStackCalls, openStackClient } from '../aws/stacks.ts';
import type { Account, DeploySite } from '../deploy/site.ts';
import { RunbookError } from '../errors.ts';
import { sleep } from '../execute/backoff.ts';
import type { Progress } from '../progress.ts';
import type { BatchJobCalls } from '../s3/batch-job.ts';
import { type EndpointOptions, parseEndpoint } from './endpoint-options.ts';
import { openCalls } from './open-calls.ts';
import { openRecordCalls } from './open-record.ts';

/** Between two looks at a job that takes minutes to days. */
const INTERVAL_MS = 10_000;

/** Everything that deploying and starting talk to. @param account that the stack is in */
export function openDeploySite(
  options: EndpointOptions & { pollSeconds?: string },
  account: Account,
  progress: Progress,
): DeploySite {
  const endpoint = parseEndpoint(options);
  return {
    s3: openCalls(options),
    objects: openRecordCalls(options),
    jobs: openJobs(options, account),
    stacks: openStackCalls(openStackClient(endpoint)),
    roles: openRoleCalls(openRoleClient(endpoint)),
    pause: sleep,
    intervalMs: options.pollSeconds === undefined ? INTERVAL_MS : parsePollSeconds(options.pollSeconds),
    progress,
  };
}

/** The calls to the jobs of an account. */
export function openJobs(options: EndpointOptions, { account, partition }: Account): BatchJobCalls {
  const client = openS3ControlClient(parseEndpoint(options), process.env);
  return openBatchJobCalls(client, { accountId: account, partition });
}

/** @throws RunbookError INVALID_OPTION */
function parsePollSeconds(text: string): number {
  const seconds = /^\d{1,4}(\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  if (seconds > 0) return seconds * 1_000;
  throw new RunbookError('INVALID_OPTION', `--poll-seconds '${text}' is not a time in seconds.`, {
    hint: 'give a number such as 10, or leave it out',
  });
}
