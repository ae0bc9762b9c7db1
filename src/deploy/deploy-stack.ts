import { RunbookError } from '../errors.ts';
import type { RecordPlace } from '../execute/batch/record-place.ts';
import { ROLLBACK_TAGS } from '../s3/aws-names.ts';
import type { Stack } from '../s3/stack.ts';
import { accountOf, type DeploySite } from './site.ts';

export type StackSetting = {
  boundaryArn: string;
  serviceRoleArn: string;
  region: string;
  repository: string;
  runId: string;
  /** after this time cleanup takes the stack away; UTC */
  expires: string;
  /** '' for no limit; null for what the plan is estimated with, or where the stack has no function */
  reservedConcurrency: string | null;
};

/** What a stack is made for: the ID that names it, and the digest that an approval has to agree with. */
export type StackOwner = { rollbackId: string; digest: string };

/** Name of the stack of a rollback: stack names have no dots. */
export function stackNameOf(rollbackId: string): string {
  return rollbackId.replaceAll('.', '-');
}

/**
 * Makes the stack of a plan and waits for it, or finds the one that is there. One of another plan is refused; a stack is
 * never updated, so that what start-jobs has checked cannot change.
 * @throws RunbookError STACK_EXISTS, STACK_FAILED, WRONG_REGION, ACCESS_DENIED, …
 */
export async function deployStack(
  site: DeploySite,
  place: RecordPlace,
  plan: StackOwner,
  setting: StackSetting,
): Promise<Stack> {
  const name = stackNameOf(plan.rollbackId);
  const found = await site.stacks.describeStack(name);
  if (found === null) await create(site, place, plan, setting, name);
  const stack = await waitForStack(site, name);
  if (stack.tags[ROLLBACK_TAGS.digest] !== plan.digest) {
    throw new RunbookError(
      'STACK_EXISTS',
      `The stack ${name} is of another plan: ${stack.tags[ROLLBACK_TAGS.digest] ?? 'it has no digest'}.`,
      {
        hint: `if nobody needs it: aws cloudformation delete-stack --stack-name ${name}; then run the same command again`,
      },
    );
  }
  if (stack.status !== 'CREATE_COMPLETE') throw await stackFailed(site, stack);
  const own = accountOf(setting.boundaryArn);
  const [, , , region, account] = stack.id.split(':');
  if (region !== setting.region || account !== own?.account) {
    throw new RunbookError(
      'WRONG_REGION',
      `The stack is in ${region} of the account ${account}; the boundary is of ${own?.account}, and ${setting.region} was asked for.`,
      {
        hint: 'deploy with credentials of the account and Region of the bootstrap stack, and its own outputs',
      },
    );
  }
  return stack;
}

async function create(
  site: DeploySite,
  place: RecordPlace,
  plan: StackOwner,
  setting: StackSetting,
  name: string,
): Promise<void> {
  const { region, repository, runId, expires } = setting;
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  site.progress(`creating the stack ${name}`, null);
  await site.stacks.createStack({
    name,
    token: crypto.randomUUID(),
    templateUrl: `https://${place.bucket}.s3.${region}.${suffix}/${place.prefix}template.yaml`,
    serviceRoleArn: setting.serviceRoleArn,
    parameters: {
      PlanDigest: plan.digest,
      RecordBucket: place.bucket,
      BoundaryArn: setting.boundaryArn,
      ...(setting.reservedConcurrency === null ? {} : { ReservedConcurrency: setting.reservedConcurrency }),
      Repository: repository,
      RunId: runId,
      Expires: expires,
    },
    tags: {
      [ROLLBACK_TAGS.rollback]: plan.rollbackId,
      [ROLLBACK_TAGS.digest]: plan.digest,
      [ROLLBACK_TAGS.repository]: repository,
      [ROLLBACK_TAGS.run]: runId,
      [ROLLBACK_TAGS.expires]: expires,
    },
  });
}

async function waitForStack(site: DeploySite, name: string): Promise<Stack> {
  for (;;) {
    const stack = await site.stacks.describeStack(name);
    if (stack === null) {
      throw new RunbookError('STACK_FAILED', `The stack ${name} is gone.`, {
        hint: 'someone deleted it: run the same command again',
      });
    }
    if (!stack.status.endsWith('_IN_PROGRESS')) return stack;
    site.progress(`stack ${name}: ${stack.status}`, null);
    await site.pause(site.intervalMs);
  }
}

/** The first event that failed tells why; those after it were only cancelled. */
export async function stackFailed(
  { stacks }: Pick<DeploySite, 'stacks'>,
  stack: Stack,
): Promise<RunbookError> {
  const events = await stacks.readEvents(stack.id);
  const first = events.find(({ status }) => status.endsWith('_FAILED'));
  const why = first === undefined ? stack.statusReason : `${first.resource}: ${first.reason}`;
  return new RunbookError('STACK_FAILED', `The stack ${stack.name} is ${stack.status}: ${why}`, {
    hint: `put right what it names, remove the stack (aws cloudformation delete-stack --stack-name ${stack.name}), and run the same command again`,
  });
}
