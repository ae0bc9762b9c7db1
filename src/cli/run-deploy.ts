import process from 'node:process';
import { deploy } from '../deploy/deploy.ts';
import type { StackSetting } from '../deploy/deploy-stack.ts';
import { jobName } from '../deploy/jobs-file.ts';
import { accountOf, type DeploySite } from '../deploy/site.ts';
import { RunbookError } from '../errors.ts';
import { formatRecordUrl, parseRecordUrl, type RecordPlace } from '../execute/batch/record-place.ts';
import { readRecord } from '../execute/record.ts';
import { refusalOf } from '../execute/refusals.ts';
import { deployRetention } from '../retention/deploy-retention.ts';
import { isRetentionPlace } from '../retention/remote-record.ts';
import { formatInstant } from '../s3/point-in-time.ts';
import { SCENARIOS, type Scenario } from '../s3/rollback.ts';
import type { DeployOptions } from './deploy.ts';
import { openDeploySite } from './deploy-site.ts';
import { isSet } from './open-set.ts';
import { publishRecord } from './publish-record.ts';
import { openTerminal, writeJson, writeOut } from './terminal.ts';

const DAY_MS = 86_400_000;
const SERVICE_ROLE = /^arn:aws[a-z-]*:iam::\d{12}:role\/\S+$/;

/** The `deploy` command. */
export async function runDeploy(options: DeployOptions): Promise<void> {
  const account = accountOf(options.boundaryArn);
  if (account === null || !options.boundaryArn.includes(':policy/')) {
    throw invalid(`--boundary-arn '${options.boundaryArn}' is not the ARN of a policy.`);
  }
  if (
    !SERVICE_ROLE.test(options.serviceRoleArn) ||
    accountOf(options.serviceRoleArn)?.account !== account.account
  ) {
    throw invalid(
      `--service-role-arn '${options.serviceRoleArn}' is not the ARN of a role of the same account.`,
    );
  }
  const region = options.region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
  if (region === undefined) {
    throw new RunbookError('WRONG_REGION', 'No AWS Region is set.', {
      hint: "add --region with the bucket's Region, or set AWS_REGION",
    });
  }
  const days = wholeNumber('expires-days', options.expiresDays);
  const concurrency =
    options.reservedConcurrency === undefined
      ? null
      : wholeNumber('reserved-concurrency', options.reservedConcurrency);
  const scenarios = parseScenarios(options.scenarios);
  const setting = {
    boundaryArn: options.boundaryArn,
    serviceRoleArn: options.serviceRoleArn,
    region,
    repository: options.repository,
    runId: options.runId,
    expires: formatInstant(new Date(Date.now() + days * DAY_MS)),
    reservedConcurrency: concurrency === 0 ? '' : (concurrency?.toString() ?? null),
  };
  if (await isSet(options.record)) {
    const { runDeploySet } = await import('./run-deploy-set.ts');
    return await runDeploySet(options, setting, account);
  }
  const terminal = await openTerminal({ quiet: options.quiet ?? false });
  let place: RecordPlace | null = null;
  try {
    place = await placeOf(options);
    const site = openDeploySite(options, account, terminal.progress);
    if (isRetentionPlace(place)) {
      await deploySettings(site, place, setting, options);
      return;
    }
    const { plan, jobs, outputs, renewed } = await deploy(site, place, setting, scenarios);
    terminal.finish();
    const record = formatRecordUrl(place);
    const told = { command: 'deploy', record, ...jobs, outputs, renewed };
    if (options.json) {
      if (!options.start) writeJson(told);
    } else {
      writeOut(
        [
          `Deployed ${plan.rollbackId} (${plan.digest})`,
          ...jobs.jobs.map((job) => `scenario ${jobName(job)}: job ${job.id}, attempt ${job.attempt}`),
          ...renewed.map((scenario) => `The job of scenario ${scenario} was gone and has been made again.`),
          ...(outputs.KmsKeyPolicyStatement === undefined
            ? []
            : [
                `Where objects are encrypted with KMS keys, their policies need:\n${outputs.KmsKeyPolicyStatement}`,
              ]),
          'Nothing has changed yet: the jobs wait, and their roles cannot write before an approval.',
          `Next: npm run --silent s3-rewind -- start-jobs --record ${record}`,
        ].join('\n'),
      );
    }
    if (options.start) {
      process.stderr.write('WARNING: --start: NOBODY APPROVED THIS. It is for test data only.\n');
      const { runJobsOnAws } = await import('./run-start-on-aws.ts');
      await runJobsOnAws({ ...options, record, approval: 'none', yes: true }, place, told);
    }
  } catch (error) {
    throw place === null ? error : refusalOf(error, place.bucket);
  } finally {
    terminal.finish();
  }
}

/** The stack of the settings of an extension; its jobs are made once they may run. */
async function deploySettings(
  site: DeploySite,
  place: RecordPlace,
  setting: StackSetting,
  { json }: DeployOptions,
): Promise<void> {
  const { plan, stack } = await deployRetention(site, place, setting);
  const record = formatRecordUrl(place);
  if (json) {
    writeJson({
      command: 'deploy',
      record,
      retentionId: plan.retentionId,
      planDigest: plan.digest,
      stackId: stack.id,
      outputs: stack.outputs,
    });
    return;
  }
  writeOut(
    [
      `Deployed the settings of ${plan.retentionId} (${plan.settingsFingerprint}): ${stack.name}`,
      'Nothing can be locked yet: the role waits for its approval.',
      `Next: npm run --silent s3-rewind -- start-jobs --record ${record} --approval approval.json`,
    ].join('\n'),
  );
}

/** Where the record is on S3; a plan folder is uploaded first. */
async function placeOf(options: DeployOptions): Promise<RecordPlace> {
  const given = parseRecordUrl(options.record);
  if (given !== null) return given;
  return await publishRecord(options, await readRecord(options.record), recordBucketOf(options));
}

/** @throws RunbookError INVALID_OPTION */
export function recordBucketOf({ recordBucket }: DeployOptions): string {
  if (recordBucket !== undefined) return recordBucket;
  throw invalid('A plan folder needs --record-bucket, the bucket to put it into.');
}

function parseScenarios(text: string | undefined): Scenario[] | null {
  if (text === undefined) return null;
  return text.split(',').map((name) => {
    const known = SCENARIOS.find((scenario) => scenario === name.trim());
    if (known === undefined) throw invalid(`--scenarios: '${name}' is not one of ${SCENARIOS.join(', ')}.`);
    return known;
  });
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw invalid(`--${name} '${text}' is not a whole number.`);
}

function invalid(message: string): RunbookError {
  return new RunbookError('INVALID_OPTION', message, {
    hint: "see the outputs of the bootstrap stack: aws cloudformation describe-stacks --stack-name s3-rewind-bootstrap --query 'Stacks[0].Outputs'; all options: npm run --silent s3-rewind -- deploy --help",
  });
}
