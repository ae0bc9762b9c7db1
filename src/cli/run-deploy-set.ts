import { deploy } from '../deploy/deploy.ts';
import type { StackSetting } from '../deploy/deploy-stack.ts';
import type { Account } from '../deploy/site.ts';
import { RunbookError } from '../errors.ts';
import { parseRecordUrl } from '../execute/batch/record-place.ts';
import { assertNothingBlocks } from '../execute/preflight.ts';
import { refusalOf } from '../execute/refusals.ts';
import { isSetPlace } from '../set/remote-set.ts';
import type { DeployOptions } from './deploy.ts';
import { openDeploySite } from './deploy-site.ts';
import { type OpenedMember, openSet } from './open-set.ts';
import { publishSetFolder } from './publish-set.ts';
import { recordBucketOf } from './run-deploy.ts';
import { type DeployedMember, deploySetSummary } from './set-deploy-summary.ts';
import { inMember } from './set-member.ts';
import { openTerminal, writeJson, writeOut } from './terminal.ts';

/**
 * The `deploy` command for a set: a stack and suspended jobs for each member that has something to change, in the order
 * of the set. Nothing is made unless every member may be. Run again it finds what is there and makes the rest.
 */
export async function runDeploySet(
  options: DeployOptions,
  setting: StackSetting,
  account: Account,
): Promise<void> {
  if (options.start) throw notForSets('--start', 'start it afterwards: start-jobs --approval none --yes');
  if (options.scenarios !== undefined) {
    throw notForSets('--scenarios', 'plan the set with --scenarios, so that the table shows what will run');
  }
  const record = await publishedSet(options);
  const { set, members } = await openSet(record, options);
  for (const own of members) await assertDeployable(own, setting.region);
  const terminal = await openTerminal({ quiet: options.quiet ?? false });
  const deployed: DeployedMember[] = [];
  try {
    for (const { member, plan, place, record: own } of members) {
      const { bucket, rollbackId } = member;
      const told = { bucket, record: own, rollbackId };
      if (place === null || plan.manifests.length === 0) {
        deployed.push({ ...told, stackId: null, jobs: [], outputs: {}, renewed: [] });
        continue;
      }
      const site = openDeploySite(options, account, (step, percent) =>
        terminal.progress(`${bucket}: ${step}`, percent),
      );
      const made = await inMember(bucket, async () => {
        try {
          return await deploy(site, place, setting, null);
        } catch (error) {
          throw refusalOf(error, place.bucket);
        }
      }).catch((error) => {
        throw withResume(error, deployed, record);
      });
      const { jobs, stackId } = made.jobs;
      deployed.push({ ...told, stackId, jobs, outputs: made.outputs, renewed: made.renewed });
    }
  } finally {
    terminal.finish();
  }
  const { setId, digest: setDigest } = set;
  if (options.json) writeJson({ command: 'deploy', record, setId, setDigest, members: deployed });
  else writeOut(deploySetSummary(set, deployed, record));
}

/** The address of the set on S3; a folder is uploaded first. */
async function publishedSet(options: DeployOptions): Promise<string> {
  const place = parseRecordUrl(options.record);
  if (place !== null && isSetPlace(place)) return options.record;
  const recordBucket = recordBucketOf(options);
  const { set } = await openSet(options.record, options);
  return await publishSetFolder(options, options.record, set, recordBucket);
}

/** @throws RunbookError CHECKS_BLOCK, SET_INVALID */
async function assertDeployable({ member, plan }: OpenedMember, region: string): Promise<void> {
  const { bucket } = member;
  await inMember(bucket, async () => assertNothingBlocks(plan));
  if (member.region === null || member.region === region) return;
  throw new RunbookError(
    'SET_INVALID',
    `${bucket} is in ${member.region}: a job of S3 Batch Operations runs in the Region of its bucket, under the bootstrap stack and the record bucket of that Region.`,
    {
      hint: `make a set, or a plan, of each Region; or have this machine run it all: start-jobs without deploy`,
    },
  );
}

function withResume(error: unknown, deployed: readonly DeployedMember[], record: string): unknown {
  if (!(error instanceof RunbookError)) return error;
  const { code, message, hint } = error;
  const done = deployed.filter(({ stackId }) => stackId !== null).map(({ bucket }) => bucket);
  const so = done.length === 0 ? '' : ` Deployed so far, and waiting: ${done.join(', ')}.`;
  return new RunbookError(code, `${message}${so}`, {
    hint: `${hint}; deploy of ${record} then goes on where it stopped`,
    cause: error,
  });
}

function notForSets(option: string, hint: string): RunbookError {
  return new RunbookError('SET_INVALID', `${option} is not for a set.`, { hint });
}
